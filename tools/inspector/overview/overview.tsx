/** The overview: what needs a person first, then how the run goes. */
import type { JSX } from 'preact'
import { isReadOnly } from '../actions/ask.tsx'
import {
  askAboutLetter,
  askForTradingState,
  askToRelease,
  askToRestartActor,
  askToRestartComponent,
  askToSend,
  commandsFor,
} from '../actions/deeds.ts'
import { ActorLink, To } from '../frame/name.tsx'
import { head, isCounted, isWhole } from '../log/actors.ts'
import { lost } from '../log/connection.ts'
import { type Letter, whyDead } from '../log/letters.ts'
import { isCaughtUp } from '../log/news.ts'
import { failures } from '../log/run.ts'
import { momentAt } from '../state/moment.ts'
import { moment } from '../state/place.ts'
import { kindOf } from '../text/names.ts'
import { countText } from '../text/numbers.ts'
import { lengthText, secondText, timeText } from '../text/time.ts'
import { Components } from './components.tsx'
import { Held } from './held.tsx'
import { LogCard } from './log-card.tsx'
import { Money } from './money.tsx'
import { type Act, lettersActs, type Need, needs } from './needs.ts'
import { Pace } from './pace.tsx'
import { see } from './seen.ts'

/** The sorts of trouble that the page looks for, in the past as well or now alone: where it finds none, it says so. */
const NOTHING: readonly (readonly [name: string, keys: RegExp, isOfPast: boolean])[] = [
  ['failures', /^(trouble|failure)/, true],
  ['reviews', /^(review|state)/, true],
  ['dead letters', /^letters/, true],
  ['denied orders', /^sort ORDER_DENIED/, true],
  ['broken books', /^book/, false],
  ['failed components', /^component/, false],
  ['unprotected positions', /^(watchdog|sort PROTECTIVE)/, false],
]

/** Most needs that are shown at once: the gravest. */
const NEEDS_MAX = 100

/** Most events of a need that are shown at once. */
const EVENTS_MAX = 30

export function Overview(): JSX.Element {
  return (
    <section id="view-overview" class="view" aria-label="Overview" tabIndex={0}>
      <div class="column">
        <Needs />
        <Held />
      </div>
      <div class="column">
        <Money />
        <Pace />
        <Components />
        <LogCard />
      </div>
    </section>
  )
}

function Needs(): JSX.Element {
  const all = needs.value
  const isKnown = isWhole.value && isCounted.value && isCaughtUp.value && failures.value.value !== undefined
  const nothing = NOTHING.filter(
    ([, keys, isOfPast]) =>
      (isOfPast || moment.value === undefined) && !all.some(({ key }) => keys.test(key)),
  )
  return (
    <div class="card needs">
      <h2>Needs a person {all.length > 0 && <span class="chip bad">{countText(all.length)}</span>}</h2>
      {all.length === 0 && <p class="none">{isKnown ? 'Nothing needs a person.' : 'Looking …'}</p>}
      {all.slice(0, NEEDS_MAX).map((need) => (
        <NeedItem key={need.key} need={need} />
      ))}
      {all.length > NEEDS_MAX && <p class="nothing">and {countText(all.length - NEEDS_MAX)} more</p>}
      {isKnown && nothing.length > 0 && (
        <p class="nothing">
          Nothing of:
          {nothing.map(([name]) => (
            <span key={name}>
              <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
                <path d="M2 6.5l3 3 5-7" fill="none" stroke="currentColor" stroke-width="1.8" />
              </svg>{' '}
              {name}
            </span>
          ))}
        </p>
      )}
    </div>
  )
}

function NeedItem({ need }: { readonly need: Need }): JSX.Element {
  const { isGrave, title, text, thrown, at, seq, actor, events = [], letters = [], acts = [] } = need
  const now = momentAt.value ?? head.value.at
  return (
    <article class="need">
      <svg class={isGrave ? 'bad' : 'warn'} width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
        <path
          d={isGrave ? 'M9 1.5L17 16H1z' : 'M9 1l8 8-8 8-8-8z'}
          fill={isGrave ? 'currentColor' : 'none'}
          stroke="currentColor"
          stroke-width="1.6"
          stroke-linejoin="round"
        />
        <path class="bang" d={isGrave ? 'M9 6.5v4.5M9 12.6v1.4' : 'M9 5v4.6M9 11.4v1.4'} stroke-width="1.7" />
      </svg>
      <div class="what">
        <h3>{title}</h3>
        <p>
          {text} {thrown !== undefined && thrown !== '' && <code>{thrown}</code>}
        </p>
        <p class="since">
          {at !== undefined && (
            <span class="dim">
              {(events.length > 1 || letters.length > 1) && 'last '}
              {timeText(at, now)}, {lengthText(now - at)} ago
            </span>
          )}
          {actor !== undefined && <ActorLink address={actor} />}
        </p>
      </div>
      <div class="acts">
        {seq !== undefined && at !== undefined && (
          <To
            place={{ moment: seq, ...(actor !== undefined && { choice: actor, view: 'actor' }) }}
            kind="btn"
          >
            Go to {secondText(at, now)}
          </To>
        )}
        {seq !== undefined && actor !== undefined && (
          <To
            place={{ view: 'actor', panel: 'why', choice: actor, moment: seq }}
            kind="btn"
            label={`Why ${title}`}
          >
            Why
          </To>
        )}
        {acts.map((act, i) => (
          <ActButton key={act.does} act={act} isFirst={i === acts.length - 1} />
        ))}
      </div>
      {events.length > 1 && (
        <details>
          <summary>Show {countText(events.length)}</summary>
          <ul class="events">
            {events
              .slice(-EVENTS_MAX)
              .reverse()
              .map(({ eventId, at: then, seq: of, actor: who, event }) => (
                <li key={eventId}>
                  <To place={{ moment: of, choice: who, view: 'actor' }} kind="link mono">
                    {timeText(then, now)}
                  </To>
                  <ActorLink address={who} at={of} />
                  <To
                    place={{ view: 'actor', panel: 'why', choice: who, moment: of }}
                    kind="link"
                    label={`Why ${who}, ${timeText(then, now)}`}
                  >
                    Why
                  </To>
                  <span>{String(event.text ?? event.reason ?? '')}</span>
                </li>
              ))}
          </ul>
        </details>
      )}
      {letters.length > 1 && <Letters letters={letters} now={now} />}
    </article>
  )
}

function Letters({
  letters,
  now,
}: {
  readonly letters: readonly Letter[]
  readonly now: number
}): JSX.Element {
  return (
    <details>
      <summary>Show {countText(letters.length)}</summary>
      <ul class="events">
        {letters.slice(0, EVENTS_MAX).map((letter) => (
          <li key={letter.seq} class="letter">
            <To place={{ moment: letter.seq, choice: letter.to, view: 'actor' }} kind="link mono">
              {timeText(letter.at, now)}
            </To>
            <ActorLink address={letter.to} at={letter.seq} />
            <span>
              {letter.type}: it {whyDead(letter.reason)}
            </span>
            <span class="acts">
              {lettersActs(letter).map((act) => (
                <ActButton key={act.does} act={act} />
              ))}
            </span>
          </li>
        ))}
        {letters.length > EVENTS_MAX && <li>and {countText(letters.length - EVENTS_MAX)} older ones</li>}
      </ul>
    </details>
  )
}

/** `isFirst`: it is the one that a person most likely wants. */
function ActButton({
  act,
  isFirst = false,
}: {
  readonly act: Act
  readonly isFirst?: boolean
}): JSX.Element | null {
  if (act.does === 'seen')
    return (
      <button type="button" class="btn" onClick={() => see(act.sort, act.upTo)}>
        Seen
      </button>
    )
  if (isReadOnly.value || lost.value !== undefined) return null
  const [verb, does] = deedOf(act)
  return (
    <button
      type="button"
      class={isFirst ? 'btn first' : 'btn'}
      aria-haspopup="dialog"
      disabled={does === undefined}
      onClick={does}
    >
      {verb}
    </button>
  )
}

/** Returns the word for a deed and the deed. Undefined for the deed while the page does not know its command yet. */
function deedOf(
  act: Exclude<Act, { does: 'seen' }>,
): readonly [verb: string, does: (() => void) | undefined] {
  const command = (address: string, type: string) =>
    commandsFor(kindOf(address)).find((one) => one.type === type)
  const sending = (address: string, type: string) => {
    const known = command(address, type)
    return known && (() => askToSend(address, known))
  }
  switch (act.does) {
    case 'acknowledge':
      return ['Review…', sending(act.address, 'ACKNOWLEDGE_REVIEW')]
    case 'resume':
      return [
        'Resume…',
        command(act.address, 'SET_TRADING_STATE') && (() => askForTradingState(act.address, 'active')),
      ]
    case 'limits':
      return ['Change limits…', sending(act.address, 'UPDATE_LIMITS')]
    case 'release':
      return ['Release…', () => askToRelease(act.address, act.failure)]
    case 'restart':
      return ['Restart…', () => askToRestartActor(act.address)]
    case 'component':
      return ['Restart…', () => askToRestartComponent(act.name)]
    case 'close':
      return ['Close…', sending(act.address, 'CLOSE_POSITION')]
    case 'redeliver':
      return ['Send again…', () => askAboutLetter(act.letter, 'redeliver')]
    case 'drop':
      return ['Drop…', () => askAboutLetter(act.letter, 'drop')]
  }
}
