/** Tests that secrets come from where the configuration says, and are never told. */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { addressField, addressOf } from '../../src/sinks/address.ts'
import { filledIn, secretField } from '../../src/sinks/variables.ts'

const file = join(mkdtempSync(join(tmpdir(), 'outcry-secret-')), 'secret')
writeFileSync(file, 'of a/file\n', { mode: 0o600 })
const env = { NAME: 'p@ss/word', WHOLE: 'redis://:inner@db:1' }

it('fills in variables of the environment and files', () => {
  expect(filledIn(`\${NAME} and \${file:${file}}`, env)).toBe('p@ss/word and of a/file')
  expect(addressOf(`redis://:\${file:${file}}@db:1`, env).url).toBe('redis://:of%20a%2Ffile@db:1')
})

it('hides all that it has filled in', () => {
  const part = addressOf('redis://:${NAME}@db:1', env)
  expect(part.hide('AUTH p@ss/word at redis://:p%40ss%2Fword@db:1')).toBe('AUTH *** at redis://:***@db:1')
  const whole = addressOf('${WHOLE}', env)
  expect(whole.url).toBe(env.WHOLE)
  expect(whole.hide('AUTH inner at redis://:inner@db:1')).toBe('AUTH *** at ***')
})

it.each([
  ['${NONE}', /the variable NONE of the environment is not set/],
  ['${file:/no/such/file}', /the file \/no\/such\/file cannot be read \(ENOENT\)/],
])('refuses %s', (text, message) => {
  expect(() => filledIn(text, env)).toThrow(message)
})

it('refuses a file that others may read, and takes it once they may not', () => {
  chmodSync(file, 0o640)
  expect(() => filledIn(`\${file:${file}}`, env)).toThrow(/may be read or written by other users/)
  chmodSync(file, 0o600)
  expect(filledIn(`\${file:${file}}`, env)).toBe('of a/file')
})

it.each([
  ['redis://db:1', true],
  ['redis://:${NAME}@db:1', true],
  ['redis://:${file:/run/secrets/redis}@db:1', true],
  ['${WHOLE}', true],
  ['${file:/run/secrets/redis}', true],
  ['redis://:literal@db:1', false],
  ['redis://:${NAME}literal@db:1', false],
  ['redis://db:1?password=literal', false],
  ['http://db:1', false],
  ['db', false],
])('has an address %s: %s', (text, isFine) => {
  expect(addressField('redis', 'rediss').safeParse(text).success).toBe(isFine)
})

it('wants a secret as a variable', () => {
  expect(secretField.safeParse('${NAME}').success).toBe(true)
  expect(secretField.safeParse('literal of 16 characters').success).toBe(false)
})
