/** `child.ts <config> <how>`: a runner that is killed at the first event of its orders, or runs to its end. */

import { startRunner } from '../../../src/runner/assemble.ts'
import { loadConfig } from '../../../src/runner/config/load.ts'

const [file, how] = process.argv.slice(2) as [string, 'whole' | 'released' | 'sent' | 'answered']
const nothing = () => {}
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const runner = await startRunner(loadConfig({ file }), logger)
const before = runner.supervisor.seq
runner.supervisor.transitions$.subscribe(({ seq, actor, event }) => {
  if (how === 'whole' || seq <= before) return
  if (!/^(list|order|position|watchdog)\//.test(actor) || event.type === 'xstate.init') return
  const kill = () => process.kill(process.pid, 'SIGKILL')
  // The kill comes before the ports have seen the event, after that, or a while later.
  if (how === 'released') kill()
  else if (how === 'sent') setImmediate(kill)
  else setTimeout(kill, 4)
})
await runner.ended
await runner.stop('the market has ended', 'test')
