/** The deeds that a person can do. Each begins with a dialog that asks. */
import type { Failure } from '../../../src/client/index.ts'
import { client } from '../log/client.ts'
import { type Letter, whyDead } from '../log/letters.ts'
import { loaded } from '../log/loading.ts'
import { areFiguresKnown } from '../log/run.ts'
import { vitals } from '../log/vitals.ts'
import { kindOf } from '../text/names.ts'
import { wholeTimeText } from '../text/time.ts'
import { type Ask, ask, NAME, REASON } from './ask.tsx'
import { type Command, commandsOf } from './schema.ts'

/** The name of the sender, where no token gives one. */
const BY = 'the page'

/**
 * The server's description of itself. It has the events that each kind takes from people. The server makes it when it is
 * first asked, so the list and the figures come before it.
 */
export const description = loaded(() => {
  if (!areFiguresKnown.value) return undefined
  return { subject: 'description', place: 'now', read: (signal) => client.ask('openapi', { signal }) }
})

export function commandsFor(kind: string): readonly Command[] {
  const is = description.value.value
  return is === undefined ? [] : commandsOf(is, kind)
}

/** Words for the most used commands; the others have their names. */
const WORDS: Readonly<Record<string, string>> = {
  CANCEL: 'Cancel',
  CANCEL_ALL: 'Cancel all',
  FLATTEN: 'Flatten',
  CLOSE_POSITION: 'Close',
  ACKNOWLEDGE_REVIEW: 'Acknowledge',
  EXIT: 'Exit',
  RECONCILE: 'Reconcile',
}
/** Commands that close or end something. */
const GRAVE = ['CANCEL', 'CANCEL_ALL', 'FLATTEN', 'CLOSE_POSITION', 'EXIT', 'STOP']

/** The words of the command line for what a strategy is asked. Another kind may mean something else by these types. */
const WORDS_OF_STRATEGIES: Readonly<Record<string, string>> = { START: 'Resume', STOP: 'Pause' }
/** The command that strategies alone have. */
const OF_STRATEGIES = 'UPDATE_PARAMETERS'

/** Returns the word for a command to an actor of a kind. */
export function wordFor(type: string, kind: string): string {
  const isOfStrategy = commandsFor(kind).some((command) => command.type === OF_STRATEGIES)
  return (isOfStrategy ? WORDS_OF_STRATEGIES[type] : undefined) ?? WORDS[type] ?? type
}

/** Asks whether to send a command. */
export function askToSend(
  address: string,
  command: Command,
  given: Readonly<Record<string, string>> = {},
): void {
  ask(sending(address, command, given))
}

function sending(address: string, command: Command, given: Readonly<Record<string, string>>): Ask {
  const { type, about, fields } = command
  const verb = wordFor(type, kindOf(address))
  return {
    title: `${verb} ${address}?`,
    about: about === '' ? `It sends ${type} to ${address}.` : about.replaceAll('`', ''),
    fields,
    given: { by: BY, ...given },
    verb,
    isGrave: GRAVE.includes(type),
    run: (values, options) => client.commands.send(address, { ...values, type }, options),
  }
}

/** The effects of each trading state, and the word on its button. */
const STATES = {
  active: [
    'Resume',
    'Orders that pass the risk gate go out again. A circuit breaker that has tripped is reset, and counts losses from zero.',
  ],
  reducing: [
    'Reduce',
    'Only orders that make a position smaller pass from now on. Entries are denied until a person resumes.',
  ],
  halted: [
    'Halt',
    'Only orders that protect a position, and those that close one because a person asks for it, pass from now on. Stops that work stay at the venue. It holds until a person resumes.',
  ],
} as const

/** Asks whether to put an account into a trading state. */
export function askForTradingState(address: string, tradingState: keyof typeof STATES): void {
  const command = commandsFor(kindOf(address)).find(({ type }) => type === 'SET_TRADING_STATE')
  if (command === undefined) return
  const [verb, about] = STATES[tradingState]
  const { type } = command
  ask({
    ...sending(address, command, {}),
    title: `${verb} ${address}?`,
    about,
    fields: command.fields.filter(({ name }) => name !== 'tradingState'),
    verb,
    isGrave: tradingState !== 'active',
    run: (values, options) => client.commands.send(address, { ...values, type, tradingState }, options),
  })
}

export function askToRelease(address: string, failure: Failure | undefined): void {
  const cause =
    failure === undefined
      ? ''
      : `It failed on ${failure.event}: ${failure.message}, at ${wholeTimeText(failure.at)}. `
  const what: Ask = {
    title: `Release ${address}?`,
    about: `${cause}It takes messages again, from its state before it failed. Messages sent to it meanwhile are in the dead letters and do not come again. If the cause is still there, it fails and is quarantined again.`,
    fields: [NAME, REASON],
    given: { by: BY },
    verb: 'Release',
    run: (values, options) => client.commands.release(address, values, options),
  }
  ask(what, address)
}

export function askToRestartActor(address: string): void {
  ask({
    title: `Restart ${address}?`,
    about:
      'It starts over, without its state, its timers and its children. A release lets it go on in its state.',
    fields: [NAME, REASON],
    given: { by: BY },
    verb: 'Restart',
    isGrave: true,
    run: (values, options) => client.commands.restart(address, values, options),
  })
}

export function askToRestartComponent(name: string): void {
  ask({
    title: `Restart the component ${name}?`,
    about: 'It is stopped and started again. The run goes on without it meanwhile.',
    fields: [NAME, REASON],
    given: { by: BY },
    verb: 'Restart',
    run: (values, options) => client.commands.restartComponent(name, values, options),
  })
}

export function askToVerify(): void {
  ask({
    title: 'Check the whole log?',
    about:
      'The runner reads every record, replays it and compares the result with the log and with its memory, and looks through the books of venues. It gives way to trading, so a long log takes minutes. Nothing changes.',
    fields: [],
    verb: 'Check',
    run: async (_, { signal }) => {
      const { records } = await client.ask('verify', { signal })
      vitals.again()
      return { seq: records }
    },
  })
}

export function askAboutLetter({ seq, at, to, type, reason }: Letter, does: 'redeliver' | 'drop'): void {
  const isAgain = does === 'redeliver'
  const past = `It was sent at ${wholeTimeText(at)}, and ${to} ${whyDead(reason)}.`
  ask({
    title: isAgain ? `Send ${type} to ${to} again?` : `Drop ${type} to ${to}?`,
    about: isAgain
      ? `${past} It is sent once more, as it was. If it is refused again, it comes back here.`
      : `${past} Nobody sends it any more. The log keeps it.`,
    fields: [NAME, REASON],
    given: { by: BY },
    verb: isAgain ? 'Send again' : 'Drop',
    isGrave: !isAgain,
    run: (values, options) =>
      isAgain
        ? client.commands.redeliver(seq, values, options)
        : client.commands.dropLetter(seq, values, options),
  })
}

/** Resolves with the last failure of an actor that is failing. */
export async function lastFailure(address: string): Promise<Failure | undefined> {
  return (await client.actor(address))?.failure
}
