import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * Returns Node's arguments that start a program of this repository, such as `tools/cli/main.ts`: as compiled before the
 * tests (compile.ts), or through tsx where nothing was compiled.
 */
export function program(path: string): string[] {
  return process.env.COMPILED_PROGRAMS === undefined
    ? ['--import', 'tsx', join(root, path)]
    : [modulePath(path)]
}

/** Returns the file of a module for a program that `program` starts. */
export function modulePath(path: string): string {
  const compiled = process.env.COMPILED_PROGRAMS
  return compiled === undefined ? join(root, path) : join(compiled, path.replace(/\.ts$/, '.js'))
}
