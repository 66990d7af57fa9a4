import { defineConfig } from 'vitest/config'

/** What is quick of the tests of turn, commit and codecs: each is run for every mutant that it reaches. */
export default defineConfig({
  test: {
    include: [
      'tests/store/{tck,golden,codecs,log-format}.test.ts',
      'tests/runtime/*.test.ts',
      'tests/faults/fault-points.test.ts',
    ],
    exclude: ['tests/runtime/retention.test.ts'],
    env: { MACHINES: '60' },
    testTimeout: 30_000,
  },
})
