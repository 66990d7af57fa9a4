/** Tests that THREATS.md names tests that exist. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const PAGE = readFileSync(new URL('THREATS.md', ROOT), 'utf8')
/** Rows of the tables, without their heads and rules. */
const rows = PAGE.split('\n').filter(
  (line) => line.startsWith('|') && !/^\| (?:-|(?:He|It) tries to)/.test(line),
)
const named = rows.map((row) => /\| `(tests\/[\w/.-]+\.test\.ts)`(?:: "(.+)")? +\|$/.exec(row))

describe('the page on threats', () => {
  it('names a test in each line', () => {
    expect(rows.filter((_, i) => named[i] === null)).toEqual([])
    expect(rows.length).toBeGreaterThan(30)
  })

  it.each(named.flatMap((found) => (found === null ? [] : [[found[1] as string, found[2]] as const])))(
    'names a test that exists: %s, %s',
    (file, title) => {
      expect(existsSync(new URL(file, ROOT))).toBe(true)
      if (title === undefined) return
      const text = readFileSync(new URL(file, ROOT), 'utf8')
      expect(text).toContain(title.replaceAll('\\"', '"'))
    },
  )

  it('says of each attacker what is not defended', () => {
    const [, ...parts] = PAGE.split(/^## /m)
    const attackers = parts.filter((part) => !part.startsWith('What is protected'))
    expect(attackers.filter((part) => !part.includes('\nNot defended: '))).toEqual([])
    expect(attackers).toHaveLength(8)
  })
})
