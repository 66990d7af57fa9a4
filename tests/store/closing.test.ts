/** Tests a store whose disk fails during close: it reports a code, is closed all the same, and has lost nothing. */
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { openLevelStore } from '../../store/index.ts'

let isFull = false

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  const fsyncSync: typeof fs.fsyncSync = (fd) => {
    if (isFull) throw Object.assign(new Error('ENOSPC: no space left on device, fsync'), { code: 'ENOSPC' })
    real.fsyncSync(fd)
  }
  return { ...real, fsyncSync }
})

const root = fs.mkdtempSync(join(tmpdir(), 'outcry-closing-'))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

it('a disk that fails during close is reported, and the next opener finds everything', async () => {
  const location = join(root, 'log')
  const store = await openLevelStore(location)
  await store.append({ records: [{ seq: 1, rev: 1, actor: 'order/a', at: 1 }] })
  isFull = true
  await expect(store.close()).rejects.toMatchObject({
    code: 'STORE_WRITE_FAILED',
    message: expect.stringContaining('no space left on device'),
  })
  isFull = false
  const again = await openLevelStore(location)
  expect(again.head.seq).toBe(1)
  await again.close()
})
