/**
 * `child <data> <n>`: continues the golden run in a folder, and dies by SIGKILL at the n-th write of LevelDB, in any of
 * its databases.
 */
import { Level } from 'level'
import { startRunner } from '../../../src/runner/assemble.ts'
import { goldenConfig } from '../../runner/golden/config.ts'

type Method = (this: object, ...args: unknown[]) => unknown

const [data, last] = process.argv.slice(2) as [string, string]
const nothing = () => {}
let writes = 0

function counted(of: Record<string, Method>, name: string): void {
  const write = of[name] as Method
  of[name] = function (...args) {
    if (++writes === Number(last)) process.kill(process.pid, 'SIGKILL')
    return write.apply(this, args)
  }
}

const methods = Level.prototype as unknown as Record<string, Method>
counted(methods, '_batch')
counted(methods, '_put')
const chained = methods._chainedBatch as Method
methods._chainedBatch = function (...args) {
  const batch = chained.apply(this, args) as Record<string, Method>
  counted(batch, '_write')
  return batch
}

const config = goldenConfig(data, 60_000)
const runner = await startRunner(config, { debug: nothing, info: nothing, warn: nothing, error: nothing })
const untilStarted = writes
await runner.ended
await runner.stop('the market has ended', 'test')
console.log(untilStarted)
process.exit()
