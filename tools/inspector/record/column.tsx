/** The column beside the chart: the record at the moment, in the order of the question: what came, changed, followed. */
import type { ComponentChildren, JSX } from 'preact'
import type { ActorView, TransitionRecord } from '../../../src/client/index.ts'
import { Sign } from '../actors/list.tsx'
import { ActorLink, FieldName, FieldValue, To } from '../frame/name.tsx'
import { Notice } from '../frame/notice.tsx'
import { queryOf } from '../history/asked.ts'
import { History } from '../history/panel.tsx'
import { type Change, chosen, links, record } from '../log/chosen.ts'
import { moment, panel, query } from '../state/place.ts'
import { eventText, partsOf, shortState } from '../text/names.ts'
import { countText } from '../text/numbers.ts'
import { lengthText, timeText } from '../text/time.ts'
import { family } from './family.ts'
import { linesOf, pathText, textOf } from './values.ts'

/** Most changes that are shown at once. */
const CHANGES_MAX = 40

/** The column: the record at the moment, or the history. */
export function RecordColumn(): JSX.Element {
  const isHistory = query.value !== ''
  return (
    <div id="column">
      <nav class="tabs" aria-label="Beside the chart">
        <To place={{ query: '' }} isCurrent={!isHistory}>
          Record
        </To>
        <To place={{ query: isHistory ? query.value : 'history' }} isCurrent={isHistory}>
          History
        </To>
      </nav>
      {isHistory ? <History /> : <RecordPart />}
    </div>
  )
}

function RecordPart(): JSX.Element {
  const is = chosen.value.value
  const of = record.value
  const actor = is?.actor
  return (
    <section id="record" tabIndex={0} aria-label="Record and context">
      <Notice of={chosen} lines={8} />
      {is !== undefined && actor === undefined && <NotThere first={is.life.first} />}
      {is !== undefined && actor !== undefined && of !== undefined && (
        <>
          <Came of={of} />
          <Changed changed={is.changed} />
          <Followed of={of} />
          <Family />
          <Children actor={actor} />
          <Timers actor={actor} />
          <Context actor={actor} />
        </>
      )}
    </section>
  )
}

function Part({
  title,
  count,
  children,
}: {
  readonly title: string
  readonly count?: number
  readonly children: ComponentChildren
}): JSX.Element {
  return (
    <div class="part">
      <h3>
        {title}
        {count !== undefined && <span class="dim"> {countText(count)}</span>}
      </h3>
      {children}
    </div>
  )
}

function NotThere({ first }: { readonly first: TransitionRecord | undefined }): JSX.Element {
  return (
    <Part title={first === undefined ? 'No such actor' : 'Not there yet'}>
      {first === undefined ? (
        <p>The log has no record of it. It may come later: the page waits.</p>
      ) : (
        <p>
          It begins at{' '}
          <To place={{ moment: first.seq }} kind="link">
            {timeText(first.at)}
          </To>
          .
        </p>
      )}
    </Part>
  )
}

function Came({ of }: { readonly of: TransitionRecord }): JSX.Element {
  const known = links.value.value
  const cause = known?.record.seq === of.seq ? known.cause : undefined
  const lines = linesOf(of.event, ['type', 'at'])
  return (
    <Part title={`Record ${countText(of.rev)}`}>
      <p class="mono type">{eventText(of.event.type)}</p>
      <p class="dim">
        {timeText(of.at)}, seq {countText(of.seq)}
      </p>
      <Lines lines={lines} />
      {of.cause === null ? (
        <p class="dim because">{originText(of)}</p>
      ) : (
        <div class="because">
          <span class="dim">because of </span>
          {cause ? (
            <>
              <span class="mono">{eventText(cause.type)}</span>
              <span class="dim"> at</span>
              <ActorLink address={cause.actor} at={cause.seq} />
            </>
          ) : (
            <span class="dim">seq {countText(of.cause)}</span>
          )}
        </div>
      )}
      {panel.value !== 'why' && (
        <p>
          <To place={{ panel: 'why' }} kind="link why-to">
            Why, step by step
          </To>
        </p>
      )}
      {of.unhandled && <p class="chip warn">Nothing comes of it in this state</p>}
      {of.stashed && <p class="chip warn">It waits until the actor takes messages again</p>}
    </Part>
  )
}

function originText({ origin, request, key }: TransitionRecord): string {
  if (origin !== undefined) return `from outside: ${origin.source}, ${countText(origin.position)}`
  if (request !== undefined || key !== undefined) return `from outside: request ${request ?? key}`
  return 'from outside'
}

function Lines({
  lines,
}: {
  readonly lines: readonly { readonly name: string; readonly text: string }[]
}): JSX.Element {
  return (
    <dl class="lines">
      {lines.map(({ name, text }) => (
        <div key={name}>
          <dt>
            <FieldName name={name} />
          </dt>
          <dd class="mono">
            <FieldValue text={text} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Changed({ changed }: { readonly changed: readonly Change[] }): JSX.Element {
  return (
    <Part title="What changed" count={changed.length}>
      {changed.length === 0 && <p class="dim">Nothing but its place in the log.</p>}
      {changed.slice(0, CHANGES_MAX).map(({ path, ...sides }) => (
        <div key={path.join('/')} class="change mono">
          <Where path={path[0] === 'context' ? path.slice(1) : path} />
          {'was' in sides && <p class="was">− {textOf(sides.was)}</p>}
          {'is' in sides && <p class="is">+ {textOf(sides.is)}</p>}
        </div>
      ))}
      {changed.length > CHANGES_MAX && <p class="dim">and {countText(changed.length - CHANGES_MAX)} more</p>}
    </Part>
  )
}

/** A path of the state, as a link to the records that changed it. `name` stands for it in the tree of the context. */
function Where({ path, name }: { readonly path: readonly string[]; readonly name?: string }): JSX.Element {
  const text = name ?? pathText(path)
  return (
    <To
      place={{ query: queryOf({ changed: pathText(path) }) }}
      kind="where"
      label={`${text}: where did it change?`}
      isPassed={name !== undefined}
    >
      <FieldName name={text} />
    </To>
  )
}

function Followed({ of }: { readonly of: TransitionRecord }): JSX.Element {
  const known = links.value.value
  const effects = known?.record.seq === of.seq ? known.effects.records : []
  const { emitted = [], scheduled = [], canceled = [], intents = [], sent = [] } = of
  const reached = new Set(effects.map(({ actor }) => actor))
  const others = sent.filter((address) => !reached.has(address) && !address.startsWith('port/'))
  const isQuiet = [emitted, scheduled, canceled, intents, effects, others].every((list) => list.length === 0)
  return (
    <Part title="What followed">
      {isQuiet && <p class="dim">Nothing.</p>}
      <dl class="lines followed">
        {emitted.length > 0 && (
          <div>
            <dt>told</dt>
            <dd class="mono">{emitted.map(({ type }) => type).join(', ')}</dd>
          </div>
        )}
        {intents.map(({ id, port, event }) => (
          <div key={id}>
            <dt>asked {port}</dt>
            <dd class="mono">{event.type}</dd>
          </div>
        ))}
        {scheduled.map(({ id, dueAt }) => (
          <div key={id}>
            <dt>timer</dt>
            <dd>
              <span class="mono">{eventText(id)}</span> in {lengthText(dueAt - of.at)}
            </dd>
          </div>
        ))}
        {canceled.length > 0 && (
          <div>
            <dt>timer</dt>
            <dd>{countText(canceled.length)} stopped</dd>
          </div>
        )}
        {(effects.length > 0 || others.length > 0) && (
          <div>
            <dt>led to</dt>
            <dd class="links">
              {effects.map(({ seq, actor, type }) => (
                <span key={seq}>
                  <ActorLink address={actor} at={seq} />
                  <small class="mono dim">{eventText(type)}</small>
                </span>
              ))}
              {others.map((address) => (
                <ActorLink key={address} address={address} />
              ))}
            </dd>
          </div>
        )}
      </dl>
    </Part>
  )
}

function Family(): JSX.Element | null {
  const members = family.value.value
  if (members === undefined || members.length === 0) return null
  return (
    <Part title={moment.value === undefined ? 'Its list' : 'Its list, at this moment'}>
      <ul class="family">
        {members.map(({ address, value, sign }) => (
          <li key={address}>
            <To place={{ choice: address }} label={address}>
              <Sign is={sign} />
              <b class="mono">
                {address.startsWith('list/') ? `list ${partsOf(address).end}` : partsOf(address).end}
              </b>
              <span class="dim">{value === undefined ? 'not there yet' : shortState(value)}</span>
            </To>
          </li>
        ))}
      </ul>
    </Part>
  )
}

function Children({ actor }: { readonly actor: ActorView }): JSX.Element | null {
  if (actor.children.length === 0) return null
  return (
    <Part title="Children" count={actor.children.length}>
      <div class="links">
        {actor.children.map((address) => (
          <ActorLink key={address} address={address} />
        ))}
      </div>
    </Part>
  )
}

function Timers({ actor }: { readonly actor: ActorView }): JSX.Element | null {
  if (actor.timers.length === 0) return null
  return (
    <Part title="Timers" count={actor.timers.length}>
      <dl class="lines">
        {actor.timers.slice(0, 20).map(({ id, dueAt }) => (
          <div key={id}>
            <dt class="mono">{eventText(id)}</dt>
            <dd>due {timeText(dueAt, actor.at).slice(0, -4)}</dd>
          </div>
        ))}
      </dl>
    </Part>
  )
}

/** Parts of the context with more entries are closed until they are opened. */
const OPEN_MAX = 8
/** Most entries of a part that are shown. */
const ENTRIES_MAX = 200

function Context({ actor }: { readonly actor: ActorView }): JSX.Element {
  const entries = Object.entries(Object(actor.context))
  return (
    <div class="part tree">
      <h3>
        Context <span class="dim mono">{actor.machine}</span>
      </h3>
      {entries.length === 0 && <p class="dim">Empty.</p>}
      {entries.map(([name, value]) => (
        <Entry key={name} path={[name]} value={value} />
      ))}
    </div>
  )
}

function Entry({ path, value }: { readonly path: readonly string[]; readonly value: unknown }): JSX.Element {
  const name = path.at(-1) ?? ''
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  if (entries.length === 0) {
    const empty = Array.isArray(value) ? 'none' : 'empty'
    return (
      <dl class="lines">
        <div>
          <dt>
            <Where path={path} name={name} />
          </dt>
          <dd class="mono">
            {typeof value === 'object' && value !== null ? empty : <FieldValue text={textOf(value)} />}
          </dd>
        </div>
      </dl>
    )
  }
  return (
    <details open={entries.length <= OPEN_MAX}>
      <summary>
        <span class="dim">
          <FieldName name={name} />
        </span>{' '}
        {countText(entries.length)}
      </summary>
      <div class="inner">
        {entries.slice(0, ENTRIES_MAX).map(([key, below]) => (
          <Entry key={key} path={[...path, key]} value={below} />
        ))}
        {entries.length > ENTRIES_MAX && (
          <p class="dim">and {countText(entries.length - ENTRIES_MAX)} more</p>
        )}
      </div>
    </details>
  )
}
