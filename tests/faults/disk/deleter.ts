/**
 * `deleter.ts <folder>`: deletes the beginning of the log in `log` within the folder, and ends once it is done or has failed.
 * The file `steps` names the step that begins; `after` follows each. Prints the codes of errors.
 */
import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isOutcryError } from '../../../errors/outcry-error.ts'
import { silentLogger } from '../../../src/runtime/logger.ts'
import type { TransitionRecord } from '../../../src/runtime/record/record.ts'
import type { Commit, SnapshotEntry, Store } from '../../../store/index.ts'
import { DELETES_ALL, LATER, open } from '../../runtime/deletable.ts'

const [root] = process.argv.slice(2) as [string]
const steps = openSync(join(root, 'steps'), 'a')
const say = (error: unknown) => console.log(isOutcryError(error) ? error.code : String(error))

let ended = () => {}
const end = new Promise<void>((resolve) => {
  ended = resolve
})
const logger = {
  ...silentLogger,
  error: ({ err }: { err?: unknown }) => {
    say(err)
    ended()
  },
}

/** Notes the steps of a cut. */
function noted(store: Store<TransitionRecord>): Store<TransitionRecord> {
  const step = (name: string, work: () => Promise<void>) => {
    writeSync(steps, `${name}\n`)
    return work().then(() => void writeSync(steps, 'after\n'))
  }
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (name === 'putBases')
        return (bases: readonly SnapshotEntry[]) => step(name, () => target.putBases(bases))
      if (name === 'append')
        return (commit: Commit<TransitionRecord>) =>
          commit.cut === undefined ? target.append(commit) : step('cut', () => target.append(commit))
      if (name === 'sweep') return () => step(name, () => target.sweep()).then(ended)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

const { supervisor } = await open(join(root, 'log'), DELETES_ALL, noted, logger)
const tick = (at: number) => supervisor.send('filler/0', { type: 'TICK', at })
await tick(LATER).catch(say)
await end
// After a failed write nothing more is taken. After a failure of another kind all goes on.
await tick(LATER).catch(say)
await supervisor.stop().catch(say)
process.exit(0)
