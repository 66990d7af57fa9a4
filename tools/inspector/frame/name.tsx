/** An address in two parts: the end is bold and never cut, and the head gives way. */
import type { ComponentChildren, JSX } from 'preact'
import { go, hashOf, type Place, placeBy } from '../state/place.ts'
import { partsOf } from '../text/names.ts'

export function Name({ address }: { readonly address: string }): JSX.Element {
  return (
    <span class="name" title={address}>
      <Parted name={address} />
    </span>
  )
}

/** The two parts of a name, for a place that has its tooltip. */
export function Parted({ name }: { readonly name: string }): JSX.Element {
  const { head, end } = partsOf(name)
  return (
    <>
      <span class="name-head">{head}</span>
      <b class="name-end">{end}</b>
    </>
  )
}

/** A name of a field or a path of names. It wraps between its words, which the stylesheet parts only if one has no room. */
export function FieldName({ name }: { readonly name: string }): JSX.Element {
  return <Wrapping text={name} at={/(?<=[a-z0-9])(?=[A-Z])|(?<=[./_])/} />
}

/** A value. An address wraps between its parts. */
export function FieldValue({ text }: { readonly text: string }): JSX.Element {
  return <Wrapping text={text} at={/(?<=[/:])/} />
}

function Wrapping({ text, at }: { readonly text: string; readonly at: RegExp }): JSX.Element {
  return <span>{text.split(at).flatMap((part, i) => (i === 0 ? [part] : [<wbr key={i} />, part]))}</span>
}

interface ToProps {
  readonly place: Partial<Place>
  readonly children: ComponentChildren
  /** Classes of the link. */
  readonly kind?: string
  readonly label?: string
  readonly isCurrent?: boolean
  /** True for one of many links to what the keyboard reaches otherwise: Tab passes it over. */
  readonly isPassed?: boolean
}

/** A link to a place of the page. The browser opens it in a tab of its own as it does every link. */
export function To({ place, children, label, kind, isCurrent, isPassed }: ToProps): JSX.Element {
  const to = placeBy(place)
  const onClick = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    go(to)
  }
  return (
    <a
      href={hashOf(to)}
      class={kind}
      aria-label={label}
      tabIndex={isPassed ? -1 : undefined}
      aria-current={isCurrent ? 'page' : undefined}
      onClick={onClick}
    >
      {children}
    </a>
  )
}

/** A link to an actor at the moment. */
export function ActorLink({ address, at }: { readonly address: string; readonly at?: number }): JSX.Element {
  const place: Partial<Place> = { view: 'actor', choice: address, ...(at !== undefined && { moment: at }) }
  return (
    <To place={place} kind="link mono" label={address}>
      <Name address={address} />
    </To>
  )
}
