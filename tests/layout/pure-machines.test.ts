/** Machines are pure: a module of theirs keeps nothing from one step to the next (law 1). */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const MACHINES = new URL('../../machines/', import.meta.url).pathname

/** A variable of a module, or a collection that begins empty and is filled later. */
const STATE =
  /^(?:export )?(?:(?:let|var) \w+|const \w+(?:: [^=]+)? = new (?:Weak)?(?:Map|Set)(?:<.*>)?\(\))/gm

function stateIn(source: string): readonly string[] {
  return source.match(STATE) ?? []
}

it('no module of the machines has state', () => {
  const sources = readdirSync(MACHINES, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  expect(sources.length).toBeGreaterThan(50)
  const found = sources.flatMap((name) =>
    stateIn(readFileSync(join(MACHINES, name), 'utf8')).map((line) => `${name}: ${line}`),
  )
  expect(found).toEqual([])
})

it.each([
  ['let last: string', 1],
  ['export let last = 1', 1],
  ['const known = new Map<string, number>()', 1],
  ['const known: WeakMap<object, string> = new WeakMap()', 1],
  ["const KNOWN = new Set(['a'])", 0],
  ['const KNOWN = 1', 0],
  ['  let inside = 1', 0],
])('finds state in a module: %s', (line, count) => {
  expect(stateIn(`${line}\n`)).toHaveLength(count)
})
