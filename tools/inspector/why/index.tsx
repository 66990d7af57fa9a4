/** Why the record at the moment happened: a sentence with ways to both ends, and the sequence of records below it. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import type { Explanation } from '../../../src/client/index.ts'
import { To } from '../frame/name.tsx'
import { Notice } from '../frame/notice.tsx'
import { useWidth } from '../frame/width.ts'
import { isWhole } from '../log/actors.ts'
import { chosen } from '../log/chosen.ts'
import { choice, moment } from '../state/place.ts'
import { eventText } from '../text/names.ts'
import { countText } from '../text/numbers.ts'
import { lengthText, timeText } from '../text/time.ts'
import { explanation, isAll, lastDecisionBefore, whole } from './data.ts'
import { Sequence } from './sequence.tsx'
import { beginningOf } from './steps.ts'

export function WhyNote(): JSX.Element | null {
  const is = explanation.value.value
  if (is === undefined || explanation.fault.value !== undefined) return null
  const [first] = is.causes
  return (
    <div class="why-note">
      <p aria-live="polite">
        <Note of={is} />
        {moment.value === undefined && (
          <>
            {' '}
            <To place={{ moment: is.record.seq }} kind="link">
              Stay at it
            </To>
          </>
        )}
      </p>
      {first !== undefined && (
        <>
          <To place={{ choice: first.record.actor, moment: first.record.seq }} kind="btn">
            Go to the {is.isWhole ? beginningOf(first.record).name : 'first of them'}
          </To>
          <button
            type="button"
            class="btn"
            aria-pressed={isAll.value}
            title="Show also what it led to elsewhere"
            onClick={() => {
              isAll.value = !isAll.value
            }}
          >
            {isAll.value ? 'Only the way here' : 'All of it'}
          </button>
        </>
      )}
    </div>
  )
}

function Note({
  of: { record, causes, isWhole, cutAt, effects, leftOut },
}: {
  readonly of: Explanation
}): JSX.Element {
  const [first] = causes
  // The actor may have gone on since it was explained.
  const named = `${countText(record.rev)}, ${eventText(record.event.type)}`
  const isLive = moment.value === undefined
  const here = isLive ? `record ${named}` : 'this record'
  if (first === undefined) {
    const { name } = beginningOf(record)
    const count = effects.length + leftOut
    const isNamed = name === 'tick' || name === 'command'
    const begins =
      cutAt !== undefined
        ? `What caused ${here} was deleted: the log begins at seq ${countText(cutAt)}.`
        : isNamed
          ? `${isLive ? `Record ${named}` : 'This'} is the ${name}.`
          : `Nothing came before ${here}.`
    const led = count === 0 ? 'no other record' : recordsText(count)
    return <>{`${begins} It led to ${led}${leftOut > 0 ? ' and what they led to' : ''}.`}</>
  }
  const count = causes.reduce((sum, { repeats }) => sum + 1 + repeats, 0)
  const steps = `${countText(count)} ${count === 1 ? 'step' : 'steps'}`
  const length = lengthText(record.at - first.record.at)
  if (cutAt !== undefined)
    return (
      <>{`${steps} to ${here}, in ${length}. What was before was deleted: the log begins at seq ${countText(cutAt)}`}</>
    )
  if (!isWhole) return <>{`More than ${steps} to ${here}, of which the last ones took ${length}`}</>
  return (
    <>
      {steps} from the {beginningOf(first.record).name}{' '}
      <span class="wide-only">at {timeText(first.record.at, record.at)} </span>to {here}: {length}
    </>
  )
}

/** The way to the record that a person most likely asks about, where the last one changed nothing. */
function LastDecision({ of }: { readonly of: Explanation }): JSX.Element | null {
  const last = lastDecisionBefore(of)
  if (last === undefined) return null
  return (
    <p class="why-fold">
      Record {countText(of.record.rev)} led to no other state and said nothing. The last one that did:
      <To place={{ moment: last.seq }} kind="btn">
        record {countText(last.rev)}, {eventText(last.event.type)}
      </To>
    </p>
  )
}

const recordsText = (count: number): string => `${countText(count)} ${count === 1 ? 'record' : 'records'}`

const width = signal(900)

export function WhyPanel(): JSX.Element {
  const root = useWidth(width)
  const is = explanation.value.value
  const of = chosen.value.value
  const hasFault = explanation.fault.value !== undefined
  return (
    <div id="why" ref={root}>
      <Notice of={explanation} lines={8} />
      {of === undefined && <Notice of={chosen} lines={8} />}
      {is !== undefined && !hasFault && <LastDecision of={is} />}
      {is !== undefined && !hasFault && <Sequence of={is} width={width.value} />}
      {is !== undefined && isAll.value && <Notice of={whole} lines={3} />}
      {of !== undefined && of.actor === undefined && (
        <p class="empty">
          {of.life.first === undefined
            ? 'The log has no record of this actor, so there is nothing to explain.'
            : 'The actor is not there yet at this moment. Its first record tells why it came to be.'}
        </p>
      )}
      {choice.value === '' && isWhole.value && <p class="empty">Choose an actor at the left.</p>}
    </div>
  )
}
