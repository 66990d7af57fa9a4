import { defineConfig } from 'vitest/config'

/** What is quick of the tests of turn, commit and codecs: each is run for every mutant that it reaches. */
export default defineConfig({
  test: {
    include: [
      'tests/store/{tck,golden,codecs}.test.ts',
      'tests/runtime/{turns,supervision,children,ports,running-parts,refusals,upgrades,record-codec,verify}.test.ts',
      'tests/faults/fault-points.test.ts',
    ],
    testTimeout: 30_000,
  },
})
