import pc from 'picocolors'
import { releaseCommand } from '../../src/runner/actors/quarantine.ts'
import { parseAddress } from '../../src/runtime/record/address.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { OutcryError } from '../../store/index.ts'
import { counted, payloadText, stateText, timeText } from './format.ts'
import { named, type ReadOptions } from './named.ts'
import { print, printJson } from './output.ts'
import { openReader, type Reader } from './reader.ts'
import { failureText, isQuarantined, standingText } from './standing.ts'

/** `outcry replay <address>`: prints an actor's life, record by record. */
export async function replay(address: string, options: ReadOptions): Promise<number> {
  parseAddress(address)
  const { data, modules } = named(options)
  const reader = await openReader(data, modules)
  try {
    let count = 0
    for await (const record of reader.history(address)) {
      if (options.json) await printJson(record)
      else {
        if (count === 0) await print(await banner(address, record.machine, reader, data))
        await print(story(record))
      }
      count++
    }
    if (count > 0) {
      if (!options.json) await print(pc.dim(`${counted(count, 'record')} in ${reader.source}`))
      return 0
    }
    throw new OutcryError(
      'ACTOR_UNKNOWN',
      `${address} has no history in ${reader.source}`,
      'Run `outcry actors` to list all actors.',
    )
  } finally {
    await reader.close()
  }
}

/** Returns the title: the actor, and its present problem. */
async function banner(address: string, machine: string, reader: Reader, data: string): Promise<string> {
  const title = `${pc.bold(address)}  ${machine}`
  const actor = await reader.actor(address)
  const failure = actor && failureText(actor)
  if (actor === undefined || (failure === undefined && actor.condition === undefined)) return title
  const release = isQuarantined(actor) ? `. Release it: ${releaseCommand(address, data)}` : ''
  return `${title}\n${pc.red(`${standingText(actor)}${failure === undefined ? '' : `; ${failure}`}${release}`)}`
}

const INDENT = ' '.repeat(8)

function story(record: TransitionRecord): string {
  const { rev, seq, at, event, from, to, cause } = record
  const why = cause === null ? 'from outside' : `because of ${cause}`
  const lines = [
    `${pc.dim(`#${rev}`.padEnd(7))} ${timeText(at)}  ${pc.cyan(event.type)}  ${pc.dim(`seq ${seq}, ${why}`)}`,
    `${INDENT}${changeText(record)}`,
  ]
  const payload = payloadText(event)
  if (payload !== '') lines.splice(1, 0, `${INDENT}${pc.dim(payload)}`)
  for (const emitted of record.emitted ?? []) {
    lines.push(`${INDENT}${pc.green('emitted')} ${emitted.type} ${pc.dim(payloadText(emitted))}`)
  }
  for (const intent of record.intents ?? []) {
    lines.push(`${INDENT}${pc.yellow('intent')}  ${intent.event.type} to port/${intent.port} as ${intent.id}`)
  }
  const local = (record.sent ?? []).filter((to) => !to.startsWith('port/'))
  if (local.length > 0) lines.push(`${INDENT}${pc.dim(`sent to ${local.join(', ')}`)}`)
  for (const { id, dueAt } of record.scheduled ?? []) {
    lines.push(`${INDENT}${pc.dim(`timer   ${id} due ${timeText(dueAt)}`)}`)
  }
  return lines.join('\n')

  function changeText({ unhandled, stashed, status }: TransitionRecord): string {
    if (unhandled) return pc.yellow(`${stateText(to)} does not handle it`)
    if (stashed) return pc.yellow('kept until the actor has restarted')
    const change = from === null ? `starts in ${stateText(to)}` : arrow(stateText(from), stateText(to))
    return status === undefined ? change : `${change} ${pc.magenta(`(${status})`)}`
  }
}

function arrow(from: string, to: string): string {
  return from === to ? `stays ${to}` : `${from} ${pc.bold('->')} ${to}`
}
