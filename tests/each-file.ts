/** Runs before each test file. What it imports lives as long as the process, in which several files may run. */
import { afterAll, afterEach, vi } from 'vitest'
import { expectNoneFound } from './by-contract/watch.ts'
import { endChildren } from './programs/children.ts'

const environment = { ...process.env }

afterEach(expectNoneFound)
afterAll(async () => {
  await endChildren()
  try {
    expectNoneFound()
  } finally {
    leaveAsItWas()
  }
})

/** Undoes what a file may have changed for others. */
function leaveAsItWas(): void {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.useRealTimers()
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name]
  Object.assign(process.env, environment)
}
