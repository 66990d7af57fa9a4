import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const TESTS = fileURLToPath(new URL('../', import.meta.url))
/** The waits of vitest. They give up after a second, which a busy machine may well need. */
const IMPATIENT = /vi\.wait(?:For|Until)\(|expect\s*\.poll\(/

it('tests wait by `eventually`', () => {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  expect(files.length).toBeGreaterThan(400)
  expect(files.filter((name) => IMPATIENT.test(readFileSync(`${TESTS}${name}`, 'utf8')))).toEqual([])
})
