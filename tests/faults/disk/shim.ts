import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** The reason for skipping a test of what a preloaded library does. */
export const NO_SHIM = 'needs Linux and a C compiler (cc)'

/** Compiles the shim into the folder. Returns undefined, with a message, without Linux or a C compiler. */
export function compileShim(folder: string): string | undefined {
  const shim = compiled(new URL('./shim.c', import.meta.url), folder)
  if (shim === undefined) console.warn(`power cuts and failing disks are left out: this ${NO_SHIM}`)
  return shim
}

/** Compiles a source in C into a library to preload. Returns undefined without Linux or a C compiler. */
export function compiled({ pathname: source }: URL, folder: string): string | undefined {
  if (process.platform !== 'linux') return undefined
  const shim = join(folder, 'shim.so')
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', shim, source, '-ldl'], { stdio: 'pipe' })
    return shim
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
