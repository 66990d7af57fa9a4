/** The deeds that the chosen actor allows, as buttons in its head. They act now, also while the past is looked at. */
import { computed, effect } from '@preact/signals'
import type { JSX } from 'preact'
import { activity, actorAt, isOpen } from '../log/actors.ts'
import { chosen, definition } from '../log/chosen.ts'
import { lost } from '../log/connection.ts'
import { choice, moment } from '../state/place.ts'
import { kindOf, leavesOf, shortState, stateText } from '../text/names.ts'
import { secondText } from '../text/time.ts'
import { askFor, isReadOnly, withdraw } from './ask.tsx'
import {
  askForTradingState,
  askToRelease,
  askToRestartActor,
  askToSend,
  commandsFor,
  lastFailure,
  wordFor,
} from './deeds.ts'
import { activeOf, type Command, eventsIn } from './schema.ts'

/** Commands that have a button of their own. The others are in the menu. */
const FIRST = ['CANCEL', 'CLOSE_POSITION', 'FLATTEN', 'EXIT', 'START', 'STOP', 'RECONCILE']
const BUTTONS_MAX = 2

/** The actor as it is now: what is done is done to that. */
const now = computed(() => {
  activity.value
  return actorAt(choice.value)
})

const allowed = computed<readonly Command[]>(() => {
  const actor = now.value
  const chart = definition.value.value
  if (actor === undefined || chart === undefined || !isOpen(actor) || actor.condition !== undefined) return []
  const types = eventsIn(chart, activeOf(leavesOf(actor.value)))
  return commandsFor(actor.kind).filter(({ type }) => types.has(type))
})

// Another client may have released the actor.
effect(() => {
  const about = askFor.value
  activity.value
  if (about !== undefined && actorAt(about.address)?.condition !== 'quarantined') withdraw(about.ask)
})

export function Buttons(): JSX.Element | null {
  const actor = now.value
  const address = choice.value
  // The head is still that of another actor.
  const is = chosen.value.value
  if (actor === undefined || (is !== undefined && is.address !== address)) return null
  const isLater = moment.value !== undefined && actor.seq > moment.value
  const live = isLater && (
    <p class="live-line">
      Live it is <b title={stateText(actor.value)}>{shortState(actor.value)}</b> since {secondText(actor.at)}
      {isOpen(actor) ? '.' : ' and nothing can be asked of it.'}
    </p>
  )
  if (isReadOnly.value || lost.value !== undefined) return live || null
  const first = allowed.value.filter(({ type }) => FIRST.includes(type)).slice(0, BUTTONS_MAX)
  const others = allowed.value.filter((command) => !first.includes(command))
  return (
    <div class="deeds">
      {live}
      {actor.condition === 'quarantined' && (
        <>
          <button type="button" class="btn" onClick={() => askToRestartActor(address)}>
            Restart…
          </button>
          <button
            type="button"
            class="btn first"
            onClick={async () => askToRelease(address, await lastFailure(address).catch(() => undefined))}
          >
            Release…
          </button>
        </>
      )}
      {first.map((command) => (
        <button key={command.type} type="button" class="btn" onClick={() => askToSend(address, command)}>
          {wordFor(command.type, actor.kind)}…
        </button>
      ))}
      {kindOf(address) === 'account' && <TradingState address={address} state={shortState(actor.value)} />}
      {others.length > 0 && <Others address={address} commands={others} />}
    </div>
  )
}

function TradingState({ address, state }: { readonly address: string; readonly state: string }): JSX.Element {
  return state === 'active' ? (
    <button type="button" class="btn danger" onClick={() => askForTradingState(address, 'reducing')}>
      Reduce…
    </button>
  ) : (
    <button type="button" class="btn" onClick={() => askForTradingState(address, 'active')}>
      Resume…
    </button>
  )
}

function Others({
  address,
  commands,
}: {
  readonly address: string
  readonly commands: readonly Command[]
}): JSX.Element {
  return (
    <select
      class="btn"
      aria-label="Send an event"
      value=""
      onChange={(event) => {
        const command = commands.find(({ type }) => type === event.currentTarget.value)
        event.currentTarget.value = ''
        if (command !== undefined) askToSend(address, command)
      }}
    >
      <option value="">Send…</option>
      {commands.map(({ type }) => (
        <option key={type} value={type}>
          {type}
        </option>
      ))}
    </select>
  )
}
