import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Compiles the shim into the folder; undefined where there is no C compiler, or no Linux. */
export function compileShim(folder: string): string | undefined {
  if (process.platform !== 'linux') return undefined
  const shim = join(folder, 'shim.so')
  const source = new URL('./shim.c', import.meta.url).pathname
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', shim, source, '-ldl'], { stdio: 'pipe' })
    return shim
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
