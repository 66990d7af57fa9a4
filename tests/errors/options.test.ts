import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { createSupervisor, openLevelStore, openMemoryStore, serve } from '../../src/index.ts'

/** Returns options as a JavaScript program may write them. */
const loose = <T>(options: object) => options as T

describe('an unknown option', () => {
  it.each([
    ['of the supervisor', { storre: 1 }, 'createSupervisor has no option "storre"'],
    ['of passivation', { passivation: { idle: 1 } }, 'passivation of createSupervisor has no option "idle"'],
    ['of retention', { retention: { days: 1 } }, 'retention of createSupervisor has no option "days"'],
  ])('%s is refused by name', async (_, options, message) => {
    const store = await openMemoryStore()
    await expect(createSupervisor(loose({ store, machines: {}, ...options }))).rejects.toMatchObject({
      code: 'OPTION_UNKNOWN',
      message: expect.stringContaining(message),
    })
    const supervisor = await createSupervisor({ store, machines: {} })
    await supervisor.stop()
  })

  it('of a store is refused before its folder is made', async () => {
    const root = mkdtempSync(join(tmpdir(), 'outcry-options-'))
    try {
      const opened = openLevelStore(join(root, 'log'), loose({ shortid: 'abcd' }))
      await expect(opened).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' })
      expect(readdirSync(root)).toEqual([])
      await expect(openMemoryStore(undefined, loose({ codex: 1 }))).rejects.toMatchObject({
        code: 'OPTION_UNKNOWN',
      })
    } finally {
      rmSync(root, { recursive: true })
    }
  })

  it('of a server is refused before it listens', async () => {
    const supervisor = await createSupervisor({ store: await openMemoryStore(), machines: {} })
    await expect(serve(supervisor, loose({ prot: 7077 }))).rejects.toMatchObject({
      code: 'OPTION_UNKNOWN',
      hint: expect.stringContaining('port'),
    })
    await supervisor.stop()
  })
})

it.each(['settles', 'Key', 'toString'])(
  'an option of a message that there is not is refused: %s',
  async (name) => {
    const counter = createMachine({ id: 'counter', on: { INC: {} } })
    const supervisor = await createSupervisor({ store: await openMemoryStore(), machines: { counter } })
    await supervisor.spawn('counter', 'a')
    const { seq } = supervisor
    await expect(supervisor.send('counter/a', { type: 'INC' }, loose({ [name]: 'x' }))).rejects.toMatchObject(
      {
        code: 'OPTION_UNKNOWN',
      },
    )
    expect(supervisor.seq).toBe(seq)
    await supervisor.stop()
  },
)

describe('an option of a wrong value', () => {
  it.each<[string, object]>([
    ['store', { store: undefined }],
    ['store', { store: 'data' }],
    ['machines', { machines: undefined }],
    ['machines', { machines: [] }],
    ['ports', { ports: null }],
    ['clock', { clock: Date }],
    ['clock', { clock: { now: 7 } }],
    ['logger', { logger: {} }],
    ['snapshotEvery', { snapshotEvery: 0 }],
    ['checkpointEvery', { checkpointEvery: Number.NaN }],
    ['passivation.residentMax', { passivation: { residentMax: '5' } }],
    ['passivation.idleMs', { passivation: { idleMs: -1 } }],
    ['retention.liveRecords', { retention: { liveRecords: null } }],
    ['acceptChanges', { acceptChanges: 'no' }],
  ])('of the supervisor is refused: %s', async (field, options) => {
    const store = await openMemoryStore()
    const given = loose<Parameters<typeof createSupervisor>[0]>({ store, machines: {}, ...options })
    await expect(createSupervisor(given)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      issues: [{ field }],
    })
    await store.close()
  })

  it.each<[string, unknown, object]>([
    ['location', '', {}],
    ['location', undefined, {}],
    ['snapshotsKept', 'nowhere', { snapshotsKept: 0 }],
    ['openFilesMax', 'nowhere', { openFilesMax: '5' }],
    ['shortId', 'nowhere', { shortId: 'ABCD' }],
  ])('of a store is refused before there is a folder: %s', async (field, location, options) => {
    await expect(openLevelStore(location as string, options)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      issues: [{ field }],
    })
    expect(existsSync('nowhere')).toBe(false)
  })
})
