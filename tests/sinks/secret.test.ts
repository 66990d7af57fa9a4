/** Tests that secrets of sinks come from where the configuration says, and are never told. */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Secret, secret, secretOf } from '../../src/sinks/secret.ts'

const file = join(mkdtempSync(join(tmpdir(), 'outcry-secret-')), 'secret')
writeFileSync(file, 'of a file\n', { mode: 0o600 })

it.each<[Secret, string]>([
  ['of the configuration', 'of the configuration'],
  [{ env: 'HOOK' }, 'of the environment'],
  [{ file }, 'of a file'],
])('reads %j', (from, text) => {
  expect(secretOf(secret.parse(from), 'url', { HOOK: ' of the environment\n' })).toBe(text)
})

it.each<[Secret, RegExp]>([
  [{ env: 'HOOK' }, /^url: the variable HOOK of the environment is not set$/],
  [{ file: '/no/such/file' }, /^url: \/no\/such\/file cannot be read \(ENOENT\)$/],
])('refuses %j', (from, message) => {
  expect(() => secretOf(from, 'url', {})).toThrow(message)
})

it('refuses a file that others may read, and takes it once they may not', () => {
  chmodSync(file, 0o640)
  expect(() => secretOf({ file }, 'url')).toThrow(/may be read or written by other users/)
  chmodSync(file, 0o600)
  expect(secretOf({ file }, 'url')).toBe('of a file')
})
