/** Tests that a command under a key is one turn with one answer, whatever happens between its requests. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import { startApi } from '../../src/api/server.ts'
import { createClient } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { OutcryProcess } from '../runner/runner-process.ts'
import { Harness } from '../runtime/harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Sent {
  readonly status: number
  readonly body: { readonly code?: string; readonly seq?: number; readonly duplicate?: boolean }
}

/** Sends an event under a key. Resolves with undefined when the connection ends before the answer. */
async function send(url: string, address: string, key: string, event: object): Promise<Sent | undefined> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key }
  const init = { method: 'POST', headers, body: JSON.stringify(event) }
  try {
    const response = await fetch(`${url}/actors/${encodeURIComponent(address)}/events`, init)
    return { status: response.status, body: (await response.json()) as Sent['body'] }
  } catch {
    return undefined
  }
}

const again = (first: Sent | undefined) => first && { ...first, body: { ...first.body, duplicate: true } }

it('is one turn with the first answer after kills, and the key takes no other command', async () => {
  const args = ['run', '--data', join(folder, 'data'), '--port', '0'] as const
  const set = (tradingState: string) => ({ type: 'SET_TRADING_STATE', tradingState, by: 'ann' })
  const account = 'account/sim'

  let runner = new OutcryProcess(...args)
  let { url = '' } = await runner.started()
  const first = await send(url, account, 'k-1', set('reducing'))
  expect(first).toMatchObject({ status: 200, body: { duplicate: false, state: 'reducing' } })
  const refused = await send(url, account, 'k-2', { ...set('active'), at: 1 })
  expect(refused).toMatchObject({ status: 400, body: { code: 'EVENT_INVALID' } })
  const lost = send(url, account, 'k-3', set('halted'))
  runner.child.kill('SIGKILL')
  await Promise.all([runner.finished(), lost])

  runner = new OutcryProcess(...args)
  url = (await runner.started()).url ?? ''
  expect(await send(url, account, 'k-1', set('reducing'))).toEqual(again(first))
  const third = await send(url, account, 'k-3', set('halted'))
  expect(third).toMatchObject({ status: 200, body: { state: 'halted' } })
  runner.child.kill('SIGKILL')
  await runner.finished()

  runner = new OutcryProcess(...args)
  url = (await runner.started()).url ?? ''
  // The first answer has the state of then, not of now.
  expect(await send(url, account, 'k-1', set('reducing'))).toEqual(again(first))
  expect(await send(url, account, 'k-3', set('halted'))).toEqual(again(third))
  for (const [address, event] of [
    [account, set('active')],
    [account, { ...set('reducing'), by: 'bob' }],
    ['emaCross/ema-BTCUSDT', { type: 'STOP' }],
  ] as const)
    expect(await send(url, address, 'k-1', event)).toMatchObject({
      status: 422,
      body: { code: 'KEY_REUSED' },
    })
  // A refused command has not used its key.
  expect(await send(url, account, 'k-2', set('active'))).toMatchObject({
    status: 200,
    body: { duplicate: false },
  })
  const keys: string[] = []
  for await (const { key } of createClient({ url }).history(account)) if (key !== undefined) keys.push(key)
  expect(keys).toEqual(['k-1', 'k-3', 'k-2'])
  runner.child.kill('SIGKILL')
  await runner.finished()
})

it('is one turn when it is sent many times at once', async () => {
  const counter = setup({ types: { context: {} as { n: number } } }).createMachine({
    id: 'counter',
    context: { n: 0 },
    on: {
      ADD: {
        actions: [assign({ n: ({ context, event }) => context.n + event.by }), emit({ type: 'ADDED' })],
      },
    },
  })
  const harness = new Harness()
  await harness.open({ machines: { counter } })
  await harness.supervisor.spawn('counter', 'a')
  const api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      send(api.url, 'counter/a', 'k', { type: 'ADD', by: i % 4 === 3 ? 2 : 1 }),
    ),
  )
  const taken = answers.filter((answer) => answer?.status === 200)
  const others = answers.filter((answer) => answer?.status !== 200)
  // The first one decides which event the key has.
  expect([10, 30]).toContain(taken.length)
  expect(taken.filter((answer) => answer?.body.duplicate === false)).toHaveLength(1)
  expect(new Set(taken.map((answer) => JSON.stringify({ ...answer?.body, duplicate: true }))).size).toBe(1)
  for (const other of others) expect(other).toMatchObject({ status: 422, body: { code: 'KEY_REUSED' } })
  const records: TransitionRecord[] = await harness.records()
  expect(records.filter(({ key }) => key === 'k')).toHaveLength(1)
  await api.close()
  await harness.supervisor.stop()
})
