/** Measures what sinks cost: a batch of events, the memory of many, and the time of commits beside all of them. */
import { letHeapGrow } from '../../src/runner/process/heap.ts'
import { SINKS } from '../../src/sinks/registry.ts'
import { type Beside, besideSinks, PER_SECOND, WARM_UP } from './beside-sinks.ts'
import { BATCH, SYMBOLS } from './fills.ts'
import { below, quantile, type Report, type Row, type Settings } from './report.ts'
import { missingFor } from './servers/targets.ts'
import { bytesOfMillion, timesOfFiles } from './sink-writers.ts'

const MB = 2 ** 20
/** The goal for the p99 of commits beside all sinks, as a multiple of that without. */
const TIMES_MAX = 1.2

/** Sinks that write to a server are measured where it is installed. The output names those that are not. */
export async function sinks({ scale, rounds, folder }: Settings): Promise<Report> {
  letHeapGrow()
  const types = SINKS.map(({ name }) => name).filter((type) => {
    const program = missingFor(type)
    if (program !== undefined) console.log(`sinks: the sink ${type} is LEFT OUT, ${program} is not installed`)
    return program === undefined
  })
  const batches = 50 * scale
  const { times, cpuMs } = await timesOfFiles(batches, folder)
  const p50 = quantile(times, 0.5)
  const rows: Row[] = [
    {
      what: 'parquet: 1,000 events of a symbol to a file, synced',
      figures: { 'p50 ms': p50, 'p99 ms': quantile(times, 0.99), 'CPU ms': cpuMs, events: batches * BATCH },
      target: below(p50, 10, 'ms'),
    },
  ]
  // A webhook keeps a hundred events at most.
  for (const type of types.filter((one) => one !== 'webhook')) rows.push(await memoryRow(type, folder))
  const beside = await besideSinks({
    types,
    events: PER_SECOND * scale,
    warmUp: WARM_UP,
    rounds,
    folder,
  })
  return {
    name: 'sinks',
    about: `fills of ${SYMBOLS.length} symbols; ${types.join(', ')}; ${beside.scraper}`,
    rows: [...rows, ...rowsOf(beside)],
  }
}

async function memoryRow(type: string, folder: string): Promise<Row> {
  const { used, resident } = await bytesOfMillion(type, folder)
  return {
    what: `${type}: 1,000,000 events`,
    figures: { 'MB in use': used / MB, 'MB resident': resident / MB, events: 1_000_000 },
    target: below(used / MB, 100, 'MB in use'),
  }
}

function rowsOf({ without, beside, scraper, sinks }: Beside): Row[] {
  const times = beside.p99 / without.p99
  const rate = PER_SECOND.toLocaleString('en-US')
  return [
    {
      what: `${rate} sends a second, without sinks`,
      figures: { 'p50 ms': without.p50, 'p99 ms': without.p99 },
    },
    {
      what: `beside ${sinks.map(({ name }) => name).join(', ')} and ${scraper}`,
      figures: { 'p50 ms': beside.p50, 'p99 ms': beside.p99, 'p99 of without': times },
      target: { text: `p99 at most ${TIMES_MAX} times that without`, met: times <= TIMES_MAX },
    },
  ]
}
