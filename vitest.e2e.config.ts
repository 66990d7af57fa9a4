import { defineConfig } from 'vitest/config'
import { environment } from './tests/environment.ts'

export default defineConfig({
  test: {
    include: ['tests/e2e/**/*.test.ts'],
    env: environment(),
    globalSetup: 'tests/programs/compile.ts',
    setupFiles: ['tests/programs/children.ts', 'tests/by-contract/watch.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
})
