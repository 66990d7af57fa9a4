import { defineConfig } from 'vitest/config'
import { environment } from './tests/environment.ts'

export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.test.ts'],
    env: environment(),
    globalSetup: 'tests/programs/compile.ts',
    setupFiles: 'tests/each-file.ts',
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    // They run one after the other, in one process, which loads what they import once.
    isolate: false,
  },
})
