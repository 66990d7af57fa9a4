/** The one list of sinks. A configuration, the runner and the documentation know those that are here, and no others. */
import { parquet } from './parquet/sink.ts'
import { postgres } from './postgres/sink.ts'
import { redis } from './redis/sink.ts'
import type { Sink } from './sink.ts'
import { webhook } from './webhook/sink.ts'

export const SINKS: readonly Sink[] = [redis, postgres, parquet, webhook]

/** Returns the sink of this name. A name that comes from a configuration was checked there. */
export function sinkNamed(name: string): Sink {
  const found = SINKS.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no sink ${name}`)
  return found
}
