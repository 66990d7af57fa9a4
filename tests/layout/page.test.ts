import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const PAGE = fileURLToPath(new URL('../../tools/inspector/page/', import.meta.url))

/** By file, the files beside it that it imports, in code and in the comments that have its types. */
const imports = new Map(
  readdirSync(PAGE)
    .filter((name) => name.endsWith('.js'))
    .map((name) => {
      const text = readFileSync(PAGE + name, 'utf8')
      const found = [...text.matchAll(/(?:from |import |import\()'\.\/([\w-]+\.js)'/g)].map(
        ([, to = '']) => to,
      )
      return [name, new Set(found)] as const
    }),
)

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
  it('import each other, types included', () => {
    expect(imports.get('list-keys.js')).toContain('actor-items.js')
    expect(imports.get('failures.js')).toContain('actor.js')
  })

  it('import each other one way', () => {
    expect(circling(imports)).toEqual([])
  })

  it('make no markup and no code of texts, which strangers may have written', () => {
    const makers =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(|new Function|srcdoc/
    const making = [...imports.keys()].filter((name) => makers.test(readFileSync(PAGE + name, 'utf8')))
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
