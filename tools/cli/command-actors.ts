import pc from 'picocolors'
import { releaseCommand } from '../../src/runner/actors/quarantine.ts'
import { namingHint } from '../../src/runner/folder/strategies-file.ts'
import { counted, table, timeText } from './format.ts'
import { named, type ReadOptions } from './named.ts'
import { print, printJson } from './output.ts'
import { type ActorSummary, openReader } from './reader.ts'
import { failureText, isQuarantined, standingText } from './standing.ts'

/** `outcry actors [prefix]`: lists the actors and their states. */
export async function actors(prefix: string, options: ReadOptions): Promise<number> {
  const { data, modules } = named(options)
  const reader = await openReader(data, modules)
  try {
    const rows: string[][] = []
    const quarantined: string[] = []
    const unread: string[] = []
    for await (const actor of reader.actors(prefix)) {
      if (isQuarantined(actor)) quarantined.push(actor.address)
      if (actor.isUnread) unread.push(actor.address)
      if (options.json) await printJson(actor)
      else rows.push(rowOf(actor))
    }
    if (options.json) return 0
    if (rows.length > 0) await print(table(['actor', 'machine', 'rev', 'last', 'state'], rows))
    await print(pc.dim(`${counted(rows.length, 'actor')} in ${reader.source}`))
    if (unread.length > 0) {
      const what = `${counted(unread.length, 'actor')} of machines that are not named here, shown as in their last records`
      await print(pc.yellow(`${what}. ${namingHint(data, unread)}`))
    }
    const [first] = quarantined
    if (first !== undefined) {
      const release = releaseCommand(first, data)
      const many = `${counted(quarantined.length, 'actor')} in quarantine`
      await print(pc.red(`${many}: repair the cause, then ${release}`))
    }
    return 0
  } finally {
    await reader.close()
  }
}

function rowOf(actor: ActorSummary): string[] {
  const { address, machine, rev, at } = actor
  const failure = failureText(actor)
  const standing = standingText(actor)
  const state = failure === undefined ? standing : `${standing}; ${failure}`
  return [address, machine, String(rev), timeText(at), state]
}
