import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/e2e/**', 'tests/pack/**'],
    testTimeout: 120_000,
    hookTimeout: 30_000,
    coverage: {
      include: ['machines/**', 'store/**', 'src/runtime/**'],
      reporter: ['text', 'json-summary'],
      thresholds: { lines: 90, branches: 90 },
    },
  },
})
