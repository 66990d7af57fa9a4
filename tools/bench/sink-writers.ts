/** The cost of writers alone: of a file of Parquet, and the memory of a million events. */
import { SINKS, sinkNamed } from '../../src/sinks/registry.ts'
import { sinksSection } from '../../src/sinks/section.ts'
import type { Writer } from '../../src/sinks/sink.ts'
import { BATCH, batchOf, SYMBOLS } from './fills.ts'
import { startTarget } from './servers/targets.ts'
import { silent } from './workload.ts'

const EVENTS = 1_000_000
/** Batches between two measurements of the memory. */
const LOOK_EVERY = 50

/** Returns the ms of batches of one symbol that become a file each, sorted, and the ms of processor time of one. */
export async function timesOfFiles(
  count: number,
  folder: string,
): Promise<{ times: Float64Array; cpuMs: number }> {
  return withWriter('parquet', folder, async (writer) => {
    const times = new Float64Array(count)
    // The first ones are slow, because nothing is compiled yet.
    let cpuMs = 0
    for (let i = -20; i < count; i++) {
      const batch = batchOf((i + 20) * BATCH + 1, SYMBOLS.slice(0, 1))
      const began = performance.now()
      const cpu = process.cpuUsage()
      await writer.write(batch)
      await writer.flush?.()
      if (i < 0) continue
      times[i] = performance.now() - began
      const { user, system } = process.cpuUsage(cpu)
      cpuMs += (user + system) / 1_000
    }
    return { times: times.sort(), cpuMs: cpuMs / count }
  })
}

/** Returns the bytes by which the process grows at most while a million events go through a sink, in use and resident. */
export async function bytesOfMillion(
  type: string,
  folder: string,
): Promise<{ used: number; resident: number }> {
  return withWriter(type, folder, async (writer) => {
    await writer.write(batchOf(1, SYMBOLS))
    await writer.flush?.()
    const [usedBefore, residentBefore] = [usedNow(), process.memoryUsage.rss()]
    let [used, resident] = [0, 0]
    for (let from = BATCH + 1; from <= EVENTS; from += BATCH) {
      await writer.write(batchOf(from, SYMBOLS))
      resident = Math.max(resident, process.memoryUsage.rss() - residentBefore)
      if (from % (LOOK_EVERY * BATCH) === 1) used = Math.max(used, usedNow() - usedBefore)
    }
    await writer.flush?.()
    return { used, resident }
  })
}

async function withWriter<T>(
  type: string,
  folder: string,
  measure: (writer: Writer) => Promise<T>,
): Promise<T> {
  const target = await startTarget(type, folder)
  const [config] = sinksSection(SINKS).parse([{ type, ...target.place }])
  const gone = new AbortController()
  try {
    const place = { name: 'bench', logId: 'bench', epoch: 1, run: 'bench', seq: 0, logger: silent }
    const writer = await sinkNamed(type).open(config as never, { ...place, signal: gone.signal })
    const measured = await measure(writer)
    await writer.close()
    return measured
  } finally {
    gone.abort()
    await target.end()
  }
}

/** Returns the bytes of the heap and of its external memory, after garbage collection. */
function usedNow(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
