import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { environment } from './tests/environment.ts'

/** The files that take longest, the longest first. */
const LONG = [
  'every-kill',
  'module-faults',
  'kill-runner',
  'night',
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

/** What a file does that needs a process of its own: it exchanges modules or globals, loads modules late, or measures memory. */
const NEEDS_OWN =
  /\bvi\.(?:mock|doMock|resetModules|stubGlobal)\(|\bawait import\(.\.|setFlagsFromString\(|memoryUsage\(/

const nameOf = (path: string) => basename(path, '.test.ts')
const root = fileURLToPath(new URL('./', import.meta.url))
/**
 * Files that run in a process of their own. The others share processes, for half a second goes by until a new one has
 * loaded what most tests import; each-file.ts lets none leave anything to the next.
 */
const own = readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => `tests/${path}`)
  .filter((path) => LONG.includes(nameOf(path)) || NEEDS_OWN.test(readFileSync(join(root, path), 'utf8')))

/** Starts the long files first, so that no worker is left with one of them at the end, and the sharing files last. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId, project }: TestSpecification) => {
      const place = LONG.indexOf(nameOf(moduleId))
      if (place >= 0) return place
      return project.config.isolate ? LONG.length : LONG.length + 1
    }
    return [...(await super.sort(files))].sort((a, b) => placeOf(a) - placeOf(b))
  }
}

const common = {
  env: environment(),
  setupFiles: 'tests/each-file.ts',
  // More than cores, because many tests wait for the disk or for a child process.
  maxWorkers: availableParallelism() + 2,
  // For a test that hangs. The longest takes half a minute, and machines may be ten times slower.
  testTimeout: 600_000,
  hookTimeout: 600_000,
}
const elsewhere = ['tests/e2e/**', 'tests/pack/**']

export default defineConfig({
  test: {
    globalSetup: 'tests/programs/compile.ts',
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...common, name: 'own', include: own, exclude: elsewhere } },
      {
        test: {
          ...common,
          name: 'shared',
          include: ['tests/**/*.test.ts'],
          exclude: [...elsewhere, ...own],
          isolate: false,
        },
      },
    ],
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
