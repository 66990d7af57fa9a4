import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = join(ROOT, 'tools/inspector')

/** The text of each source of the page, by its path from the root. */
const sources = new Map(
  readdirSync(PAGE, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('page/'))
    .map((path) => [`tools/inspector/${path}`, readFileSync(join(PAGE, path), 'utf8')] as const),
)

/** By file, the files that it imports, types included, by their paths from the root. */
const imports = new Map([...sources].map(([path, text]) => [path, importsOf(path, text)] as const))

function importsOf(path: string, text: string): ReadonlySet<string> {
  const found = [...text.matchAll(/(?:from |import |import\()'(\.[^']+)'/g)]
  return new Set(found.map(([, to = '']) => relative(ROOT, join(ROOT, dirname(path), to))))
}

/** Takes away whatever imports nothing that is left: what remains has circles. */
function circling(all: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  let left = [...all.keys()]
  for (;;) {
    const next = left.filter((name) => left.some((other) => all.get(name)?.has(other)))
    if (next.length === left.length) return next
    left = next
  }
}

describe('the files of the page', () => {
  it('import each other', () => {
    expect(imports.get('tools/inspector/log/client.ts')).toContain('src/client/index.ts')
  })

  it('import each other one way', () => {
    expect(circling(imports)).toEqual([])
  })

  it('know of the server what its clients know', () => {
    const outside = [...imports.values()].flatMap((paths) => [...paths])
    // The words for an explanation are pure, and the command line has the same.
    const allowed = /^(tools\/inspector\/|tools\/explained\/|src\/client\/index\.ts$)/
    const others = outside.filter((path) => !allowed.test(path))
    expect(others).toEqual([])
  })

  it('make no markup and no code of texts, which strangers may have written', () => {
    const makers =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(|new Function|srcdoc/i
    const making = [...sources].filter(([, text]) => makers.test(text)).map(([path]) => path)
    expect(making).toEqual([])
  })

  it('would be found in a circle', () => {
    const circle = new Map([
      ['a.js', new Set(['b.js'])],
      ['b.js', new Set(['a.js', 'c.js'])],
      ['c.js', new Set<string>()],
    ])
    expect(circling(circle)).toEqual(['a.js', 'b.js'])
  })
})
