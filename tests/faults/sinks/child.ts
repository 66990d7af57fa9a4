/**
 * `child.ts <folder> <redis> <postgres>`: a log that grows for ever, with the sinks of a runner at these addresses. It prints
 * how far its sinks are. After the word `end` it writes no more, waits for its sinks, and stops.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Metrics } from '../../../src/metrics/metrics.ts'
import { sinks } from '../../../src/runner/components/sinks.ts'
import { Redactor } from '../../../src/runner/log/redactor.ts'
import type { Run } from '../../../src/runner/run.ts'
import { createSupervisor } from '../../../src/runtime/assemble.ts'
import { silentLogger } from '../../../src/runtime/logger.ts'
import { openLevelStore } from '../../../src/runtime/record/log.ts'
import type { Follower } from '../../../src/sinks/follower.ts'
import { SINKS } from '../../../src/sinks/registry.ts'
import { type SinkConfig, sinksSection } from '../../../src/sinks/section.ts'
import { teller } from '../../sinks/following.ts'

const [folder, redis, postgres] = process.argv.slice(2) as [string, string, string]
const BEHIND_MAX = 200
let isEnding = false
process.stdin.on('data', () => {
  isEnding = true
})

const supervisor = await createSupervisor({ store: await openLevelStore(folder), machines: { teller } })
if (supervisor.getSnapshot('teller/a') === undefined) await supervisor.spawn('teller', 'a')
const config: readonly SinkConfig[] = sinksSection(SINKS).parse([
  { type: 'redis', url: redis, maxLength: 0 },
  { type: 'postgres', url: postgres },
])
const followers = new Map<string, Follower>()
const run = {
  plan: { config: { sinks: config }, logger: silentLogger, redactor: new Redactor() },
  metrics: new Metrics(),
  get: () => supervisor,
  sinks: followers,
}
const components = sinks(run as unknown as Run)
for (const component of components) await component.start()
for (const component of components)
  component.run?.().catch((error) => {
    process.stderr.write(`${component.name}: ${error.message}\n`)
    process.exit(1)
  })

function tell(): void {
  const sinks = [...followers.values()].map(({ figures, health }) => ({
    done: supervisor.seq - figures.behindRecords,
    isWell: health === undefined,
    events: figures.events,
  }))
  process.stdout.write(`${JSON.stringify({ seq: supervisor.seq, sinks })}\n`)
}

const telling = setInterval(tell, 10)
for (let n = supervisor.seq; !isEnding; n++) {
  // Bursts and single events, of several sizes.
  const events = [0, 1, 2].map((i) => ({ type: 'TOLD', n, i, text: 'x'.repeat((n * 37) % 500) }))
  void supervisor.send('teller/a', { type: 'TELL', events })
  // A machine that is busy with other things lets the sinks catch up, and events still come.
  const behind = Math.max(...[...followers.values()].map(({ figures }) => figures.behindRecords))
  if (n % (behind > BEHIND_MAX ? 1 : 10) === 0) await sleep(10)
}
await supervisor.idle()
for (const component of components) await component.stop?.()
clearInterval(telling)
tell()
await supervisor.stop()
