import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { environment } from './tests/environment.ts'

/** The files that take longest, the longest first. */
const LONG = [
  'every-kill',
  'module-faults',
  'kill-runner',
  'kill-bracket',
  'cli',
  'level',
  'crash-loop',
  'simulation',
  'lives',
  'feed-storm',
  'crowd',
  'live',
  'kill-upgrade',
  'full-disk',
  'differential',
  'readme',
  'power-loss',
  'faults',
  'bit-rot',
  'universe',
  'crash',
]

/** Starts the long files first, so that no worker is left with one of them at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = LONG.indexOf(basename(moduleId, '.test.ts'))
      return place < 0 ? LONG.length : place
    }
    return [...(await super.sort(files))].sort((a, b) => placeOf(a) - placeOf(b))
  }
}

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/e2e/**', 'tests/pack/**'],
    env: environment(),
    globalSetup: 'tests/programs/compile.ts',
    setupFiles: ['tests/programs/children.ts', 'tests/by-contract/watch.ts'],
    sequence: { sequencer: LongestFirst },
    // More than cores, because many tests wait for the disk or for a child process.
    maxWorkers: availableParallelism() + 2,
    // For a test that hangs. The longest takes half a minute, and machines may be ten times slower.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    coverage: {
      // What lies in tests/machines matches as well.
      exclude: ['tests/**'],
      include: ['errors/**/*.ts', 'src/**/*.ts', 'store/**/*.ts', 'machines/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: 'coverage',
      thresholds: { lines: 90, branches: 90 },
    },
  },
})
