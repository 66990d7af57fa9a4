import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/e2e/**', 'tests/pack/**'],
    testTimeout: 120_000,
    hookTimeout: 30_000,
    coverage: {
      // What lies in tests/machines matches as well.
      exclude: ['tests/**'],
      include: ['src/**', 'store/**', 'machines/**'],
      reporter: ['text-summary', 'json-summary'],
      reportsDirectory: 'coverage',
      thresholds: { lines: 90, branches: 90 },
    },
  },
})
