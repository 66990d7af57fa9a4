import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const TESTS = fileURLToPath(new URL('../', import.meta.url))
/** The waits of vitest. They give up after a second, which a busy machine may well need. */
const IMPATIENT = /vi\.wait(?:For|Until)\(|expect\s*\.poll\(/
/** A logger that drops all messages. `silentLogger` of the runtime is one. */
const SILENT =
  /\{\s*debug(?:\(\)|: \(\) =>) \{\},\s*info(?:\(\)|: \(\) =>) \{\},\s*warn(?:\(\)|: \(\) =>) \{\},\s*error(?:\(\)|: \(\) =>) \{\},?\s*\}/
const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(`${TESTS}${name}`, 'utf8') }))
const namesOf = (pattern: RegExp) => files.filter(({ text }) => pattern.test(text)).map(({ name }) => name)

it('tests wait by `eventually`', () => {
  expect(files.length).toBeGreaterThan(400)
  expect(namesOf(IMPATIENT)).toEqual([])
})

it('no test has a silent logger of its own', () => {
  expect(namesOf(SILENT)).toEqual([])
})
