import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

function sourcesIn(folder: string): readonly (readonly [path: string, text: string])[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [join(folder, name), readFileSync(join(ROOT, folder, name), 'utf8')])
}

/** Returns by file the files that it imports, types included. */
function importsOf(sources: ReturnType<typeof sourcesIn>): ReadonlyMap<string, readonly string[]> {
  return new Map(
    sources.map(([path, text]) => {
      const specifiers = [...text.matchAll(/ from '(\.[^']*)'/g)].map((match) => match[1] as string)
      return [path, specifiers.map((to) => normalize(join(dirname(path), to)))] as const
    }),
  )
}

/** Returns the first circle found: files of which each imports the next, and the last the first. */
function circleIn(imports: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): readonly string[] => {
    const start = path.indexOf(file)
    if (start >= 0) return path.slice(start)
    if (done.has(file)) return []
    for (const next of imports.get(file) ?? []) {
      const circle = visit(next, [...path, file])
      if (circle.length > 0) return circle
    }
    done.add(file)
    return []
  }
  for (const file of imports.keys()) {
    const circle = visit(file, [])
    if (circle.length > 0) return circle
  }
  return []
}

describe('the files of machines', () => {
  it('import one another in no circle', () => {
    const imports = importsOf(sourcesIn('machines'))
    expect(imports.get(join('machines', 'index.ts'))).toContain(join('machines', 'events', 'domain.ts'))
    expect(circleIn(imports)).toEqual([])
  })

  it('and a circle would be found', () => {
    const imports = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', []],
      ['d', ['b']],
    ])
    expect(circleIn(imports)).toEqual(['b', 'd'])
  })
})
