import { defineConfig } from 'vitest/config'

/** What a stranger installs: the packed package and a fresh clone, under other versions of Node and npm. */
export default defineConfig({
  test: {
    include: ['tests/pack/**/*.test.ts'],
    globalSetup: 'tests/pack/toolchain.ts',
    setupFiles: 'tests/each-file.ts',
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
})
