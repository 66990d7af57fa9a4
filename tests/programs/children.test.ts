import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { endChildren } from './children.ts'

it('ends all processes that a test has left, however they were started', async () => {
  const forever = ['-e', 'console.log("up"); setInterval(() => {}, 1e6)']
  const left = [spawn(process.execPath, forever), execFile(process.execPath, forever, () => {})]
  await Promise.all(left.map(({ stdout }) => stdout && once(stdout, 'data')))
  await endChildren()
  expect(left.map(({ signalCode }) => signalCode)).toEqual(['SIGKILL', 'SIGKILL'])
  // It waits for none that has ended.
  await endChildren()
})
