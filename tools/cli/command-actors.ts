import pc from 'picocolors'
import { stateText, table, timeText } from './format.ts'
import { print, printJson } from './output.ts'
import { type ActorSummary, openReader } from './reader.ts'

export interface ReadOptions {
  readonly data: string
  readonly machines?: string
  readonly json?: boolean
}

/** `outcry actors [prefix]` */
export async function actors(prefix: string, options: ReadOptions): Promise<number> {
  const reader = await openReader(options.data, options.machines)
  try {
    const rows: string[][] = []
    for await (const actor of reader.actors(prefix)) {
      if (options.json) await printJson(actor)
      else rows.push(rowOf(actor))
    }
    if (options.json) return 0
    if (rows.length > 0) await print(table(['actor', 'machine', 'rev', 'last', 'state'], rows))
    await print(pc.dim(`${rows.length} actors in ${reader.source}`))
    return 0
  } finally {
    await reader.close()
  }
}

function rowOf({ address, machine, value, status, rev, at }: ActorSummary): string[] {
  const state = stateText(value)
  return [
    address,
    machine,
    String(rev),
    timeText(at),
    status === 'active' || state === status ? state : `${state} (${status})`,
  ]
}
