/**
 * Knows every process that test files start, by whatever call. Those that a file leaves are ended after its last test
 * (each-file.ts), and when the worker ends before. So a test that fails leaves no process behind.
 */
import type { ChildProcess } from 'node:child_process'
import diagnostics from 'node:diagnostics_channel'
import { once } from 'node:events'

const children = new Set<ChildProcess>()

// Node tells of each process before it starts it.
diagnostics.subscribe('child_process', (message) => {
  const { process: child } = message as { process: ChildProcess }
  children.add(child)
  child.once('exit', () => children.delete(child))
  child.once('error', () => children.delete(child))
})

/** esbuild has one process for all that it builds in this one, and does not start another. */
const isService = ({ spawnargs }: ChildProcess) => spawnargs.some((word) => word.startsWith('--service='))

/** Kills the processes that run, and resolves when they have ended. */
export async function endChildren(): Promise<void> {
  const left = [...children].filter((child) => !isService(child))
  await Promise.all(left.map((child) => child.kill('SIGKILL') && once(child, 'exit')))
}

process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})
// The worker is ended from outside, or is left alone: a process that dies of a signal tells nobody.
process.once('SIGTERM', () => process.exit())
process.once('disconnect', () => process.exit())
