/** Tests a client whose token changes while it runs, against a real server. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { createClient } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually, Harness } from '../runtime/harness.ts'

const [OLD, NEW] = ['old.horse_battery~staple-1', 'new.horse_battery~staple-2']
const door = setup({}).createMachine({ id: 'door', on: { OPEN: {} } })

let folder: string
let file: string
let harness: Harness
let api: ApiServer
let token: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outcry-client-token-'))
  file = join(folder, 'token')
  writeFileSync(file, OLD, { mode: 0o600 })
  token = OLD
  harness = new Harness()
  await harness.open({ machines: { door } })
  await harness.supervisor.spawn('door', 'a')
  const tokens = [{ name: 'ann', access: 'control', file }] as const
  const limits = { pingMs: 200 }
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, tokens, limits }, silentLogger)
})
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
  rmSync(folder, { recursive: true })
})

const topics = ['transitions.door.>']
const refused = { code: 'NOT_AUTHORISED' }

it('goes on with the next token, and misses nothing', async () => {
  const statuses: string[] = []
  const client = createClient({ url: api.url, token: () => token, WebSocket })
  const feed = client.feed({ topics, since: 0, onStatus: ({ status }) => void statuses.push(status) })
  const revs: unknown[] = []
  const take = async () => {
    const { value } = await feed.next()
    revs.push(value && 'record' in value && value.record.rev)
  }
  await take()
  // First both count, then the client has the new one, then the old one is removed.
  writeFileSync(file, `${OLD}\n${NEW}`)
  token = NEW
  expect(await client.actor('door/a')).toMatchObject({ rev: 1 })
  writeFileSync(file, NEW)
  const next = take()
  await eventually(() =>
    expect(statuses).toEqual(['connecting', 'open', 'caughtUp', 'waiting', 'connecting', 'open', 'caughtUp']),
  )
  await harness.supervisor.send('door/a', { type: 'OPEN' })
  await next
  await harness.supervisor.send('door/a', { type: 'OPEN' })
  await take()
  expect(revs).toEqual([1, 2, 3])
  await feed.return()
})

it('ends its feed when it has no other token than the removed one', async () => {
  for (const given of [OLD, () => token]) {
    writeFileSync(file, OLD)
    const client = createClient({ url: api.url, token: given, WebSocket })
    const feed = client.feed({ topics, since: 0 })
    await feed.next()
    writeFileSync(file, NEW)
    await expect(feed.next()).rejects.toMatchObject(refused)
    await expect(client.actor('door/a')).rejects.toMatchObject(refused)
  }
})

it('sends nothing when its function returns no token', async () => {
  for (const given of ['', 'a b', 'a\nb: c', 7, undefined, Promise.resolve(OLD)]) {
    const fetch = () => {
      throw new Error('something was sent')
    }
    const client = createClient({ url: api.url, token: () => given as string, fetch, WebSocket })
    const invalid = { code: 'OPTION_INVALID', issues: [{ field: 'token' }] }
    await expect(client.actor('door/a')).rejects.toMatchObject(invalid)
    await expect(client.feed({ topics }).next()).rejects.toMatchObject(invalid)
  }
})
