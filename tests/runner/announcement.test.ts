/** Whose announcement a process removes: its own, and no other. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { announce, RUNNER_FILE, withdraw } from '../../src/runner/folder/announcement.ts'

const data = mkdtempSync(join(tmpdir(), 'outcry-announced-'))
afterAll(() => rmSync(data, { recursive: true }))
const file = join(data, RUNNER_FILE)
const url = 'http://127.0.0.1:7077'

describe('an announcement', () => {
  it.each([url, undefined])('is withdrawn by the process that made it, with the address %s', (own) => {
    announce(data, { url: own })
    withdraw(data, own)
    expect(existsSync(file)).toBe(false)
  })

  it.each([
    ['the next process has made it at the same address', JSON.stringify({ pid: process.pid + 1, url }), url],
    ['the next process has made it, without a server', JSON.stringify({ pid: process.pid + 1 }), undefined],
    [
      'another server of this process has made it',
      JSON.stringify({ pid: process.pid, url: 'http://127.0.0.1:1' }),
      url,
    ],
    ['it is torn', '{"pid":12', undefined],
    ['it is empty', '', undefined],
    ['it says nothing', 'null', undefined],
  ])('stays where %s', (_, text, own) => {
    writeFileSync(file, text)
    withdraw(data, own)
    expect(existsSync(file)).toBe(true)
  })

  it('need not be there to be withdrawn', () => {
    rmSync(file, { force: true })
    withdraw(data, undefined)
    expect(existsSync(file)).toBe(false)
  })
})
