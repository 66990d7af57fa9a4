/** Tests the copy that readers have of a store: it costs the store nothing, and a writer may come meanwhile. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { type LogRecord, openLevelStore, readLevelStore, type Store } from '../../store/index.ts'
import { modulePath } from '../programs/program.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-reading-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folders = 0

const append = (store: Store, count: number) => {
  const from = store.head.seq + 1
  const records = Array.from(
    { length: count },
    (_, n): LogRecord => ({ seq: from + n, rev: from + n, actor: 'order/a', at: from + n }),
  )
  return store.append({ records })
}

async function make(): Promise<string> {
  const location = join(root, String(++folders))
  const store = await openLevelStore(location)
  for (let n = 0; n < 10; n++) await append(store, 100)
  await store.close()
  return location
}

async function seqsOf(records: AsyncIterable<LogRecord>): Promise<number[]> {
  const seqs: number[] = []
  for await (const { seq } of records) seqs.push(seq)
  return seqs
}

const readersOf = (location: string) =>
  existsSync(join(location, 'readers')) ? readdirSync(join(location, 'readers')) : []

function contentOf(folder: string): Map<string, string> {
  const files = readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile() && name !== 'LOCK')
  return new Map(files.map((name) => [name, readFileSync(join(folder, name)).toString('base64')]))
}

/** Starts a process that reads a store until it is killed. */
async function readerOf(location: string) {
  const code = `import(process.argv[1]).then(async ({ readLevelStore }) => {
    await readLevelStore(process.argv[2])
    process.stdout.write('open')
    setInterval(() => {}, 1e6)
  })`
  const child = spawn(process.execPath, ['-e', code, modulePath('store/index.ts'), location], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout as Readable, 'data')
  return {
    kill: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

describe('a store that is read', () => {
  it('is unchanged, epoch and files, and nothing of the copy is left', async () => {
    const location = await make()
    const before = contentOf(location)
    const { epoch, shortId } = await openLevelStore(location).then(async (store) => {
      await store.close()
      return store
    })
    const opened = contentOf(location)
    expect(opened).not.toEqual(before)
    const copy = await readLevelStore(location)
    expect([copy.epoch, copy.shortId, copy.head.seq]).toEqual([epoch, shortId, 1_000])
    expect(await seqsOf(copy.history('order/a', { fromRev: 998 }))).toEqual([998, 999, 1_000])
    await copy.close()
    expect(contentOf(location)).toEqual(opened)
    expect(readersOf(location)).toEqual([])
  })

  it('takes no write through the copy', async () => {
    const copy = await readLevelStore(await make())
    await expect(append(copy, 1)).rejects.toMatchObject({
      code: 'STORE_FENCED',
      message: expect.stringContaining('opened for reading'),
    })
    await expect(copy.archive(1)).rejects.toMatchObject({ code: 'STORE_FENCED' })
    await copy.close()
  })

  it('may be opened, written and archived meanwhile: the copy stays at its moment', async () => {
    const location = await make()
    const copies = [await readLevelStore(location), await readLevelStore(location)]
    const store = await openLevelStore(location)
    for (let n = 0; n < 10; n++) await append(store, 100)
    await store.putSnapshots([], { seq: 1_500, dirty: [], structures: {} } as never)
    await store.archive(1_500)
    await store.close()
    // The next opening makes tables of what the copy still has in a log.
    const later = await openLevelStore(location)
    expect(readersOf(location)).toHaveLength(2)
    for (const copy of copies) {
      expect(copy.head.seq).toBe(1_000)
      expect(await seqsOf(copy.read())).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 1))
      expect((await copy.verifyChain()).damage).toEqual([])
      await copy.close()
    }
    expect(readersOf(location)).toEqual([])
    expect(later.head.seq).toBe(2_000)
    await later.close()
  })

  it('is refused like one that is opened, and stays as it is', async () => {
    const location = await make()
    rmSync(join(location, 'CURRENT'))
    const before = contentOf(location)
    await expect(readLevelStore(location)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect(contentOf(location)).toEqual(before)
    expect(readersOf(location)).toEqual([])
  })
})

describe.runIf(process.env.COMPILED_PROGRAMS !== undefined)('another process that reads', () => {
  it('keeps its copy while others open the store. When it is killed, the next opener removes the copy', async () => {
    const location = await make()
    const reader = await readerOf(location)
    // A reader that died before it had its copy leaves an empty folder.
    mkdirSync(join(location, 'readers', 'torn'))
    await (await readLevelStore(location)).close()
    expect(readersOf(location)).toHaveLength(1)
    await (await openLevelStore(location)).close()
    expect(readersOf(location)).toHaveLength(1)
    await reader.kill()
    await (await openLevelStore(location)).close()
    expect(readersOf(location)).toEqual([])
  })
})
