/**
 * Tests the doctor's exchange of two stores, killed at each of its changes. The next opener goes on, even in a moved
 * folder.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { exchange, finishExchange, roomForNew } from '../../store/leveldb/folder/exchange.ts'
import { killedAt } from '../faults/killed-changes.ts'

vi.mock('node:fs', async (original) => {
  const { killable } = await import('../faults/killed-changes.ts')
  return killable(await original())
})

const root = mkdtempSync(join(tmpdir(), 'outcry-killed-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const OLD = { CURRENT: 'old', HEAD: 'old', '000001.log': 'old', 'archive/1.gz': 'old' }
const NEW = { CURRENT: 'new', HEAD: 'new', '000002.ldb': 'new' }

function put(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  return Object.fromEntries(
    names
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  )
}

/** Makes a damaged store, and beside it the doctor's new one. */
function patient(name: string): string {
  const folder = join(root, name, 'log')
  put(folder, OLD)
  put(roomForNew(folder), NEW)
  return folder
}

const stays = (folder: string) => folder
const moves = (folder: string) => {
  const elsewhere = join(dirname(dirname(folder)), `${folder.split('/').at(-2)}-elsewhere`, 'data')
  mkdirSync(dirname(elsewhere))
  renameSync(folder, elsewhere)
  return elsewhere
}

describe.each([
  ['stays where it is', stays],
  ['is moved meanwhile', moves],
])('an exchange that is killed, of a store that %s', (name, goes) => {
  it('has not begun or is finished by the next opener, which may also be killed', () => {
    let change = 0
    for (; ; change++) {
      const before = patient(`${name}-${change}`)
      if (!killedAt(change, () => void exchange(before))) break
      const folder = goes(before)
      for (let again = 0; killedAt(again, () => finishExchange(folder)); again++);
      expect(existsSync(join(folder, 'doctor')), `change ${change}`).toBe(false)
      // The damaged store got its place before the folder was moved, or after that.
      const beside = [before, folder].map((path) => `${path}.damaged`).find((path) => existsSync(path))
      expect(filesIn(folder), `change ${change}`).toEqual(beside === undefined ? OLD : NEW)
      if (beside !== undefined) expect(filesIn(beside), `change ${change}`).toEqual(OLD)
    }
    expect(change).toBeGreaterThan(15)
  })
})

describe('a plan', () => {
  it('is carried out when it is of an older Outcry, and the store beside it stays there', () => {
    const folder = patient('older')
    const kept = join(root, 'older', 'log.damaged')
    mkdirSync(kept)
    renameSync(join(folder, 'HEAD'), join(kept, 'HEAD'))
    writeFileSync(join(folder, 'doctor', 'plan'), JSON.stringify({ kept, step: 'out' }))
    finishExchange(folder)
    expect(filesIn(folder)).toEqual(NEW)
    expect(Object.keys({ ...filesIn(kept), ...filesIn(`${kept}-2`) }).sort()).toEqual(Object.keys(OLD).sort())
  })

  it('is over when it is of an older Outcry that has moved everything', () => {
    const folder = patient('over')
    rmSync(join(folder, 'doctor', 'new'), { recursive: true })
    writeFileSync(join(folder, 'doctor', 'plan'), JSON.stringify({ kept: join(root, 'gone'), step: 'in' }))
    finishExchange(folder)
    expect(filesIn(folder)).toEqual(OLD)
    expect(existsSync(join(folder, 'doctor'))).toBe(false)
  })

  it.each([
    ['is unreadable', '{"st', false],
    ['is for a store that does not exist', '{"step":"out"}', true],
  ])('is refused and moves nothing when it %s', (name, text, isMissing) => {
    const folder = patient(name)
    if (isMissing) rmSync(join(folder, 'doctor', 'new'), { recursive: true })
    writeFileSync(join(folder, 'doctor', 'plan'), text)
    const before = filesIn(folder)
    expect(() => finishExchange(folder)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
    expect(filesIn(folder)).toMatchObject(before)
  })
})
