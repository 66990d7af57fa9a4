/** A docstring says what a function returns or does, and what a value is: it does not begin with a clause that stands for a noun. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url).pathname

/** Folders whose docstrings are held to it. */
const FOLDERS = ['machines', 'store', 'errors', 'src', 'tools']

const DOCSTRING = /\/\*\*\s*(?:\*\s*)?(.*)/g
const CLAUSE = /^(?:Of|Whether|What|Whoever|Whose|Whom|Those|Which|Where|When|How|As|To|From)\b/

function clausesIn(source: string): readonly string[] {
  return [...source.matchAll(DOCSTRING)].map(([, text = '']) => text).filter((text) => CLAUSE.test(text))
}

describe.each(FOLDERS)('the docstrings of %s', (folder) => {
  it('begin with what there is', () => {
    const sources = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter(
      // A package of its own within the folder has dependencies of its own.
      (name) => name.endsWith('.ts') && !name.includes('node_modules'),
    )
    expect(sources.length).toBeGreaterThan(2)
    const found = sources.flatMap((name) =>
      clausesIn(readFileSync(join(ROOT, folder, name), 'utf8')).map((text) => `${folder}/${name}: ${text}`),
    )
    expect(found).toEqual([])
  })
})

it.each([
  ['/** Of spot what the order gives away. */', 1],
  ['/**\n * What comes of a report.\n */', 1],
  ['/** Whoever is not there to take it. */', 1],
  ['/** Whether nothing has to be waited for. */', 1],
  ['/** Returns the value that an order reserves. */', 0],
  ['/** Offers nothing. */', 0],
])('finds a clause at the beginning: %s', (source, count) => {
  expect(clausesIn(source)).toHaveLength(count)
})
