import { defineConfig } from 'vitest/config'

/** What is quick of the tests of turn, commit and codecs: each is run for every mutant that it reaches. */
export default defineConfig({
  test: {
    include: [
      'tests/store/level-store.test.ts',
      'tests/store/golden.test.ts',
      'tests/runtime/{turns,supervision,children,ports,running-parts,upgrades,record-codec,verify}.test.ts',
      'tests/faults/fault-points.test.ts',
    ],
    testTimeout: 30_000,
  },
})
