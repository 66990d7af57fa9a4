/** `outcry restart`, `stop`, `redeliver`, `drop`: what a person does to actors, components and dead letters. */
import { compact } from '../../errors/compact.ts'
import type { Client } from '../../src/client/index.ts'
import { idOf, kindOf, parseAddress } from '../../src/runtime/record/address.ts'
import { OutcryError } from '../../store/index.ts'
import { carryOut, personOf, type Task } from './act.ts'
import type { ActOptions } from './define-command.ts'
import { countText, stateText } from './format.ts'

/** `outcry restart <address...>`: lets actors start over, and components of the runner start again. */
export async function restart(addresses: readonly string[], options: ActOptions): Promise<number> {
  addresses.forEach(parseAddress)
  return carryOut(options, (client) =>
    addresses.map((to) =>
      kindOf(to) === 'component'
        ? componentTask(client, to, options)
        : actorTask(client, to, 'restart', options),
    ),
  )
}

/** `outcry stop <address...>`: stops actors for good. */
export async function stop(addresses: readonly string[], options: ActOptions): Promise<number> {
  addresses.forEach(parseAddress)
  return carryOut(options, (client) => addresses.map((to) => actorTask(client, to, 'stop', options)))
}

/** `outcry redeliver <seq...>`, `outcry drop <seq...>`: settles dead letters. */
export async function settle(
  how: 'redeliver' | 'dropLetter',
  letters: readonly string[],
  options: ActOptions,
): Promise<number> {
  const seqs = letters.map(seqOf)
  return carryOut(options, (client) =>
    seqs.map((letter) => ({
      to: String(letter),
      run: async () => {
        const { seq } = await client.commands[how](letter, whyOf(options))
        const what = how === 'redeliver' ? 'sent again' : 'dropped'
        const text = `dead letter ${countText(letter)} is ${what}, with seq ${countText(seq)} at ${client.url}`
        return { text, facts: { letter, seq } }
      },
    })),
  )
}

function actorTask(client: Client, to: string, how: 'restart' | 'stop', options: ActOptions): Task {
  const run = async () => {
    const { seq, state } = await client.commands[how](to, whyOf(options))
    const what = how === 'restart' ? 'has started over' : 'is stopped'
    const is = state === undefined || how === 'stop' ? '' : `: it is ${stateText(state)}`
    const text = `${to} ${what}, with seq ${countText(seq)} at ${client.url}${is}`
    return { text, facts: { address: to, seq, state } }
  }
  return { to, run }
}

function componentTask(client: Client, to: string, options: ActOptions): Task {
  const run = async () => {
    const { seq, state } = await client.commands.restartComponent(idOf(to), whyOf(options))
    const text = `${to} has started again, with seq ${countText(seq)} at ${client.url}: it is ${state}`
    return { text, facts: { address: to, seq, state } }
  }
  return { to, run }
}

function whyOf(options: ActOptions) {
  return compact({ by: personOf(options), reason: options.reason })
}

/** @throws PLACE_INVALID */
function seqOf(text: string): number {
  const seq = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(seq) && seq > 0) return seq
  throw new OutcryError(
    'PLACE_INVALID',
    `"${text.slice(0, 80)}" is no seq of a record`,
    'Write the number of the record: outcry replay system/dead-letters lists the dead letters.',
  )
}
