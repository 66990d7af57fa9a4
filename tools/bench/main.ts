import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { clients } from './clients.ts'
import { feed } from './feed.ts'
import { growth } from './growth.ts'
import { handlers } from './handlers.ts'
import { latency } from './latency.ts'
import { memory } from './memory.ts'
import { past } from './past.ts'
import { recorded } from './recorded.ts'
import { machine, type Report, type Settings, save, show } from './report.ts'
import { sinks } from './sinks.ts'
import { ticks } from './ticks.ts'
import { transitions } from './transitions.ts'

const suites: Record<string, (settings: Settings) => Promise<Report | undefined>> = {
  transitions,
  latency,
  ticks,
  feed,
  handlers,
  recorded,
  growth,
  memory,
  past,
  clients,
  sinks,
}

const program = new Command('bench')
  .description(`Suites: ${Object.keys(suites).join(', ')}. All of them unless some are named.`)
  .argument('[suites...]')
  .option('--scale <n>', '1 is a look, 10 the full length', Number, 2)
  .option('--rounds <n>', 'of each measurement; the median counts', Number, 3)
  .option('--recording <file...>', 'captures of Binance streams, for the suite "recorded"')
  .option('--folder <path>', 'for stores: on the disk that is to be measured', join(tmpdir(), 'outcry-bench'))
  .option('--out <folder>', 'for JSON files', 'bench-results')
  .parse()
const options = program.opts<{
  scale: number
  rounds: number
  recording?: string[]
  folder: string
  out: string
}>()
const names = program.args.length > 0 ? program.args : Object.keys(suites)
const unknown = names.find((name) => suites[name] === undefined)
if (unknown !== undefined)
  program.error(`There is no suite "${unknown}"; there are ${Object.keys(suites).join(', ')}.`)

mkdirSync(options.folder, { recursive: true })
const settings: Settings = { ...options, recordings: options.recording ?? [] }
const { cpu, cores, memoryGb, node, outcry, fsync } = machine()
console.log(`${cpu}, ${cores} cores, ${memoryGb} GB, Node ${node}, Outcry ${outcry}; fsync ${fsync}`)
for (const name of names) {
  const report = await suites[name]?.(settings)
  if (report === undefined) {
    console.log(`\n${name}: left out; name captures with --recording`)
    continue
  }
  show(report)
  save(report, options.out)
}
process.exit()
