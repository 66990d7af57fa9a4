/** The help and the completion come at once: what only the work of a command needs is imported when it begins. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** An import or export of values from another module, as biome formats it. */
const FROM = /^(?:import|export) (?!type )(?:[^'";]*? from )?'([^']+)'/gm

/** Returns the files and packages that are loaded with a file, before anything is imported by a call. */
function loadedWith(file: string): string[] {
  const loaded = new Set([join(ROOT, file)])
  for (const path of loaded) {
    if (!existsSync(path)) continue
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(FROM))
      loaded.add(name.startsWith('.') ? join(dirname(path), name) : name)
  }
  return [...loaded].map((path) => (path.startsWith(ROOT) ? relative(ROOT, path) : path))
}

it('loads neither the log, nor machines, nor schemas for the list of commands', () => {
  const loaded = loadedWith('tools/cli/main.ts')
  expect(loaded).toEqual(
    expect.arrayContaining(['tools/cli/commands/why.ts', 'commander', 'errors/codes.ts']),
  )
  expect(loaded.filter((path) => /^(store|machines)\/|^(zod|level|fastify|xstate|yaml)$/.test(path))).toEqual(
    [],
  )
})

it('would notice them', () => {
  expect(loadedWith('tools/cli/command-why.ts')).toEqual(expect.arrayContaining(['store/index.ts', 'zod']))
})
