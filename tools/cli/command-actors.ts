import { compact } from '../../errors/compact.ts'
import type { ActorFilter } from '../../src/api/contract/actor-filter.ts'
import { releaseCommand } from '../../src/runner/actors/quarantine.ts'
import { namingHint } from '../../src/runner/folder/strategies-file.ts'
import { kindOf } from '../../src/runtime/record/address.ts'
import { naturally } from '../../src/runtime/record/natural-order.ts'
import { colors } from './colors.ts'
import { counted, countText, stateText, table, timeText } from './format.ts'
import { named, type ReadOptions } from './named.ts'
import { print, printJson, printLines } from './output.ts'
import { timeAt } from './places.ts'
import { Progress } from './progress.ts'
import { type ActorSummary, openReader } from './reader.ts'
import { failureText, isQuarantined, standingText } from './standing.ts'

export interface ActorsOptions extends ReadOptions, Omit<ActorFilter, 'changedSince'> {
  /** A time as people write it. */
  readonly changedSince?: string
}

/** `outcry actors [prefix]`: lists the actors and their states, all of them or those that pass a filter. */
export async function actors(prefix: string, options: ActorsOptions): Promise<number> {
  const { json, kind, name, end, state, tag, symbol, condition, changedSince: since } = options
  const { data, modules } = await named(options)
  const reader = await openReader(data, modules)
  const progress = new Progress('actor', { isQuiet: json === true })
  try {
    const changedSince = since === undefined ? undefined : await timeAt(reader, since, '--changed-since')
    const wanted = { prefix, ...compact({ kind, name, end, state, tag, symbol, condition, changedSince }) }
    const found: ActorSummary[] = []
    for await (const actor of reader.actors(wanted, () => progress.step())) {
      if (json) await printJson(actor)
      else found.push(actor)
    }
    progress.end()
    if (json) return 0
    found.sort((a, b) => naturally(a.address, b.address))
    if (found.length > 0) {
      await printLines(table(['actor', 'machine', 'rev', 'last', 'state'], found.map(rowOf)))
      await printLines(`\n${table(['kind', 'actors', 'states'], countsOf(found))}`)
    }
    await print(colors.dim(`${counted(found.length, 'actor')} in ${reader.source}`))
    await warn(found, data)
    return 0
  } finally {
    progress.end()
    await reader.close()
  }
}

/** Says which of the actors need a person. */
async function warn(found: readonly ActorSummary[], data: string): Promise<void> {
  const unread = found.filter(({ isUnread }) => isUnread).map(({ address }) => address)
  if (unread.length > 0) {
    const what = `${counted(unread.length, 'actor')} of machines that are not named here, shown as in their last records`
    await print(colors.yellow(`${what}. ${namingHint(data, unread)}`))
  }
  const lost = found.flatMap(({ address, unread: why }) =>
    why === undefined ? [] : [`${address}: ${why.message} (${why.code})`],
  )
  if (lost.length > 0) {
    const what = `${counted(lost.length, 'actor')} cannot be restored, shown as in the last record`
    await print(colors.yellow(`${what}:`))
    await printLines(lost.map((line) => colors.yellow(line)).join('\n'))
  }
  const quarantined = found.filter(isQuarantined)
  const [first] = quarantined
  if (first === undefined) return
  const release = releaseCommand(first.address, data)
  const many = `${counted(quarantined.length, 'actor')} in quarantine`
  await print(colors.red(`${many}: repair the cause, then ${release}`))
}

function rowOf(actor: ActorSummary): string[] {
  const { address, machine, rev, at } = actor
  const failure = failureText(actor)
  const standing = standingText(actor)
  const state = failure === undefined ? standing : `${standing}; ${failure}`
  return [address, machine, String(rev), timeText(at), state]
}

/** Returns a row for each kind: its actors, and how many of them are in each state, the most common first. */
function countsOf(found: readonly ActorSummary[]): string[][] {
  const kinds = new Map<string, Map<string, number>>()
  for (const { address, value } of found) {
    const kind = kindOf(address)
    const states = kinds.get(kind) ?? new Map<string, number>()
    const state = stateText(value)
    kinds.set(kind, states.set(state, (states.get(state) ?? 0) + 1))
  }
  return [...kinds].map(([kind, states]) => {
    const sorted = [...states].sort(([a, n], [b, m]) => m - n || naturally(a, b))
    const all = sorted.reduce((sum, [, n]) => sum + n, 0)
    return [kind, countText(all), sorted.map(([state, n]) => `${countText(n)} ${state}`).join(', ')]
  })
}
