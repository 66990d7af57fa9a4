import { defineConfig } from 'vitest/config'
import { scratch } from './tests/scratch.ts'

export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.test.ts'],
    env: { TMPDIR: scratch() },
    globalSetup: 'tests/programs/compile.ts',
    setupFiles: 'tests/by-contract/watch.ts',
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
})
