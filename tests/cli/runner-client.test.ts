/**
 * Tests whom a command asks when the store is locked: the runner that holds it, and never another one at the same
 * address.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Client, createClient } from '../../src/client/index.ts'
import { RUNNER_FILE } from '../../src/runner/folder/announcement.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Store } from '../../store/index.ts'
import { openLog } from '../../tools/cli/runner-client.ts'

const data = mkdtempSync(join(tmpdir(), 'outcry-asked-'))
const url = 'http://127.0.0.1:7077'
let store: Store<TransitionRecord>
beforeAll(async () => {
  store = await openLevelStore(join(data, 'log'))
})
afterAll(async () => {
  await store.close()
  rmSync(data, { recursive: true })
})

const announce = (text: string) => writeFileSync(join(data, RUNNER_FILE), text)

it('a command asks the runner that holds the store', async () => {
  announce(JSON.stringify({ pid: process.pid, url }))
  const asked = await openLog(data)
  expect(asked).toBeInstanceOf(Client)
  expect(asked).toMatchObject({ url })
})

it.each([
  [
    'a killed runner has left, while another process holds the store',
    JSON.stringify({ pid: process.pid + 1, url }),
  ],
  ['a runner without a server has written', JSON.stringify({ pid: process.pid })],
  ['a power cut has torn', '{"pid":12'],
  ['a power cut has emptied', ''],
  ['says no address', JSON.stringify({ pid: process.pid, url: 'nowhere' })],
])("a command asks no runner when the runner's file %s", async (_, text) => {
  announce(text)
  await expect(openLog(data)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
})

it.each([
  ['a code that this version has', 'ACTOR_ENDED', { code: 'ACTOR_ENDED', message: 'no' }],
  ['a code of a later version', 'LATER', { code: 'RUNNER_REFUSED', message: 'no (LATER)' }],
])('a refusal of the runner keeps %s', async (_, code, expected) => {
  const server = createServer((_request, response) =>
    response.writeHead(409).end(JSON.stringify({ code, detail: 'no', hint: 'Go.' })),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const client = createClient({ url: `http://127.0.0.1:${port}` })
  await expect(client.ask('actors')).rejects.toMatchObject({ name: 'OutcryError', ...expected, hint: 'Go.' })
  server.closeAllConnections()
  server.close()
})
