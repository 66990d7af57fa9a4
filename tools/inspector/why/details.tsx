/** What a record's machine was asked: each guard with its result, and the values that it read. */
import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { Explained, GuardsAsked } from '../../../src/client/index.ts'
import { leading, placeOf, valuesOf } from '../../explained/asked.ts'
import { eventText } from '../text/names.ts'
import { countText } from '../text/numbers.ts'
import { timeText } from '../text/time.ts'
import { detailOf, outcomeText } from './steps.ts'

type Transition = GuardsAsked['asked'][number]
type Guard = Transition['guards'][number]

/** Most transitions, and values of one guard, that are shown at once. */
const ASKED_MAX = 6
const VALUES_MAX = 8

export function Details({ of }: { readonly of: Explained }): JSX.Element {
  const { record, guards, timer } = of
  const { emitted = [] } = record
  return (
    <>
      <p>{outcomeText(of)}</p>
      {timer !== undefined && <p class="dim">{timerText(timer, record.at)}</p>}
      {guards === undefined ? (
        <p class="dim">Its guards are not in this answer. Go to this record to see them.</p>
      ) : (
        <Guards of={guards} />
      )}
      {emitted.length > 0 && (
        <p class="why-told">
          told{' '}
          {emitted.map((event, i) => (
            <span key={i}>
              <span class="mono">{event.type}</span> <span class="dim">{detailOf(event)}</span>
            </span>
          ))}
        </p>
      )}
    </>
  )
}

function timerText({ id, dueAt }: NonNullable<Explained['timer']>, at: number): string {
  const due = dueAt === undefined || dueAt === at ? '' : `, which was due at ${timeText(dueAt, at)}`
  return `It came by the timer ${eventText(id)}${due}`
}

function Guards({ of }: { readonly of: GuardsAsked }): JSX.Element {
  const isWhole = useSignal(false)
  const rank = ({ taken, result }: Transition) => (taken ? 0 : result === 'true' ? 1 : 2)
  const asked = of.asked.toSorted((a, b) => rank(a) - rank(b))
  const shown = isWhole.value ? asked : asked.slice(0, ASKED_MAX)
  return (
    <>
      {of.problem !== undefined && <p class="chip warn">Not sure: {of.problem}</p>}
      {asked.length === 0 && of.problem === undefined && <p class="dim">No guard was asked.</p>}
      {shown.length > 0 && (
        <ul class="why-asked">
          {shown.map((transition, i) => (
            <Asked key={i} of={transition} before={shown[i - 1]} guards={of} />
          ))}
        </ul>
      )}
      {shown.length < asked.length && (
        <button
          type="button"
          class="btn"
          onClick={() => {
            isWhole.value = true
          }}
        >
          {countText(asked.length - shown.length)} more that were asked
        </button>
      )}
    </>
  )
}

interface AskedProps {
  readonly of: Transition
  readonly before: Transition | undefined
  readonly guards: GuardsAsked
}

function Asked({ of, before, guards }: AskedProps): JSX.Element {
  const place = `${placeOf(of, guards)}${leading(of, guards).replace('->', '→').replace(', pre-empted', '')}`
  const [whole] = of.guards
  // Guards of one kind, such as those for each way out of a state, read the same.
  const isSame = (before?.guards.length ?? 0) > 0 && keyOf(before) === keyOf(of)
  return (
    <li>
      <p>
        <Sign text={signOf(of)} isTrue={of.result === 'true'} />{' '}
        {whole === undefined ? 'without a guard' : <b class="mono">{whole.guard}</b>}
        <span class="dim">
          {place}
          {isSame && ', by the same values'}
        </span>
      </p>
      {of.guards.map((guard, i) => (
        <Reads key={i} of={guard} isSame={isSame} />
      ))}
    </li>
  )
}

const keyOf = (of: Transition | undefined): string => JSON.stringify(of?.guards.map(({ reads }) => reads))

/** Returns what became of a transition. A shape says the same as the colour. */
function signOf({ result, taken, action }: Transition): string {
  if (result === 'threw') return '⚡ threw'
  if (action !== undefined) return result === 'true' ? '✓ true' : '✗ false'
  if (result === 'false') return '✗ refused'
  return taken ? '✓ taken' : '✓ pre-empted'
}

function Sign({ text, isTrue }: { readonly text: string; readonly isTrue: boolean }): JSX.Element {
  return <span class={isTrue ? 'why-sign true' : 'why-sign'}>{text}</span>
}

function Reads({ of, isSame }: { readonly of: Guard; readonly isSame: boolean }): JSX.Element {
  const isWhole = useSignal(false)
  const values = valuesOf(of.reads)
  const shown = isSame ? [] : isWhole.value ? values : values.slice(0, VALUES_MAX)
  const { depth, error } = of
  return (
    <div class="why-reads" style={{ marginLeft: `${Math.min(depth, 6) * 16}px` }}>
      {depth > 0 && (
        <p>
          <Sign
            text={of.result === 'true' ? '✓ true' : of.result === 'false' ? '✗ false' : '⚡ threw'}
            isTrue={of.result === 'true'}
          />{' '}
          <span class="mono">{of.guard}</span>
        </p>
      )}
      {error !== undefined && <p class="bad">{error}</p>}
      {shown.length > 0 && (
        <dl>
          {shown.map(({ name, text }) => (
            <div key={`${name} ${text}`}>
              <dt class="mono">{name}</dt>
              <dd class="mono">{text}</dd>
            </div>
          ))}
        </dl>
      )}
      {!isSame && shown.length < values.length && (
        <button
          type="button"
          class="flat"
          onClick={() => {
            isWhole.value = true
          }}
        >
          {countText(values.length - shown.length)} more values
        </button>
      )}
      {of.isCut && <p class="dim">It read more than is in this answer.</p>}
    </div>
  )
}
