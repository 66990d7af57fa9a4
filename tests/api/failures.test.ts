/** Tests failures in the API: the list, and inspection frames. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { assign, emit, setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually, Harness } from '../runtime/harness.ts'

class Oddity extends Error {
  override readonly name = 'Oddity'
}
const fragile = setup({
  types: {} as {
    context: { n: number }
    events:
      | { type: 'INC' }
      | { type: 'THROW'; why?: string }
      | { type: 'REPORT'; text: string; severity: string }
  },
}).createMachine({
  id: 'fragile',
  context: { n: 0 },
  on: {
    INC: { actions: assign({ n: ({ context }) => context.n + 1 }) },
    THROW: {
      actions: assign(({ event: { why } }) => {
        throw why === undefined ? new Error('boom') : new Oddity(why)
      }),
    },
    REPORT: { actions: emit(({ event }) => ({ ...event, type: 'SYSTEM_ERROR', about: 'resume/a' })) },
  },
})
const backoff = { minMs: 60_000, maxMs: 60_000, restartsMax: 3, resetMs: 600_000 }
const machines = {
  quarantine: { machine: fragile, supervision: { strategy: 'quarantine' as const } },
  restart: { machine: fragile, supervision: { strategy: 'restart' as const, backoff } },
  stop: { machine: fragile, supervision: { strategy: 'stop' as const } },
  escalate: { machine: fragile, supervision: { strategy: 'escalate' as const } },
  resume: { machine: fragile, supervision: { strategy: 'resume' as const } },
}
const KINDS = Object.keys(machines)

let harness: Harness
let api: ApiServer

beforeEach(async () => {
  harness = new Harness()
  await harness.open({ machines })
  for (const kind of KINDS) await harness.supervisor.spawn(kind, 'a')
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})

interface Told {
  readonly actor: string
  readonly event: string
  readonly message: string
  readonly action?: string
  readonly count: number
}
const fail = (actor: string, event: object = {}) =>
  expect(harness.supervisor.send(actor, { type: 'THROW', ...event })).rejects.toMatchObject({
    code: 'ACTOR_FAILED',
  })
const get = async <T>(path: string) => (await (await fetch(`${api.url}${path}`)).json()) as T
const failures = async (query = '') => (await get<{ failures: Told[] }>(`/failures${query}`)).failures

describe('GET /failures', () => {
  it('lists each failure with its event, its error and the directive, newest first', async () => {
    expect(await failures()).toEqual([])
    for (const kind of KINDS) await fail(`${kind}/a`)
    await fail('resume/a', { why: 'odd' })
    const told = (actor: string, action: string) => ({
      actor,
      action,
      event: 'THROW',
      message: 'boom',
      count: 1,
    })
    expect(await failures()).toMatchObject([
      { ...told('resume/a', 'resume'), message: 'Oddity: odd' },
      told('resume/a', 'resume'),
      told('escalate/a', 'escalate'),
      told('stop/a', 'stop'),
      told('restart/a', 'restart'),
      told('quarantine/a', 'quarantine'),
    ])
  })

  it('counts failures that are alike in one entry, with the place of the last', async () => {
    for (let i = 0; i < 5; i++) await fail('resume/a')
    await fail('resume/a', { why: 'odd' })
    const last = harness.supervisor.seq
    await fail('resume/a')
    const [first, second] = await failures()
    expect(first).toMatchObject({ message: 'boom', count: 6 })
    expect((first as unknown as { seq: number }).seq).toBeGreaterThan(last)
    expect(second).toMatchObject({ message: 'Oddity: odd', count: 1 })
  })

  it('finds old failures when an actor is named', async () => {
    await fail('quarantine/a')
    for (let i = 0; i < 30; i++) await fail('resume/a', { why: `odd ${i}` })
    expect(await failures('?actor=quarantine/a&limit=1')).toMatchObject([
      { actor: 'quarantine/a', message: 'boom' },
    ])
    expect(await failures('?actor=nobody/a')).toEqual([])
    expect(await failures('?limit=3')).toMatchObject(
      ['odd 29', 'odd 28', 'odd 27'].map((why) => ({ message: `Oddity: ${why}` })),
    )
    expect((await fetch(`${api.url}/failures?limit=1000`)).status).toBe(400)
  })

  it('drops the failures of a released actor until it fails again', async () => {
    await fail('quarantine/a')
    await harness.supervisor.release('quarantine/a')
    expect(await failures()).toEqual([])
    expect(await failures('?actor=quarantine/a')).toEqual([])
    await fail('quarantine/a', { why: 'odd' })
    expect(await failures()).toMatchObject([{ message: 'Oddity: odd', count: 1 }])
  })

  it('lists errors that the runner reports, but no warnings, and no failure twice', async () => {
    const report = (text: string, severity = 'error') =>
      harness.supervisor.send('resume/a', { type: 'REPORT', text, severity })
    await report('the disk is nearly full')
    await report('a line was odd', 'warning')
    await report('resume/a failed on THROW: boom')
    expect(await failures()).toMatchObject([
      { actor: 'resume/a', event: 'SYSTEM_ERROR', message: 'the disk is nearly full', count: 1 },
    ])
  })

  it('cuts long messages', async () => {
    await fail('resume/a', { why: 'x'.repeat(10_000) })
    expect((await failures())[0]?.message.length).toBeLessThan(600)
  })
})

interface Frame {
  readonly type: string
  readonly sessionId?: string
  readonly actors?: { address: string; condition?: string; status: string; error?: { message: string } }[]
  readonly failures?: Told[]
  readonly condition?: string
}

async function inspect(watched?: string[]): Promise<{ frames: Frame[]; socket: WebSocket }> {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/inspect`)
  const frames: Frame[] = []
  socket.on('message', (data) => frames.push(JSON.parse(data.toString())))
  await new Promise((resolve) => socket.once('open', resolve))
  if (watched === undefined) return { frames, socket }
  socket.send(JSON.stringify({ op: 'watch', actors: watched }))
  // The first activity frame shows that the server has taken the watch frame.
  await eventually(async () => {
    await harness.supervisor.send('stop/a', { type: 'INC' })
    expect(frames.some(({ type }) => type === 'outcry.activity')).toBe(true)
  })
  frames.length = 0
  return { frames, socket }
}

describe('inspection', () => {
  const lastOf = (frames: Frame[], address: string) =>
    frames.flatMap(({ actors = [] }) => actors.filter((actor) => actor.address === address)).at(-1)

  it('tells a client the condition of actors that it does not watch, and when it ends', async () => {
    const { frames, socket } = await inspect([])
    await fail('quarantine/a')
    await fail('restart/a')
    await fail('escalate/a')
    await eventually(() => {
      expect(lastOf(frames, 'quarantine/a')).toMatchObject({ condition: 'quarantined', status: 'active' })
      expect(lastOf(frames, 'restart/a')).toMatchObject({ condition: 'restarting', status: 'active' })
      expect(lastOf(frames, 'escalate/a')).toMatchObject({ status: 'error', error: { message: 'boom' } })
    })
    await harness.supervisor.release('quarantine/a')
    harness.clock.advanceTo(harness.clock.now() + 60_000)
    await eventually(() => {
      expect(lastOf(frames, 'quarantine/a')?.condition).toBeUndefined()
      expect(lastOf(frames, 'restart/a')?.condition).toBeUndefined()
    })
    socket.close()
  })

  it('tells a client about failures after which the actor went on, watched or not', async () => {
    const { frames, socket } = await inspect(['resume/a'])
    await fail('resume/a')
    await harness.supervisor.send('resume/a', { type: 'INC' })
    await fail('quarantine/a', { why: 'odd' })
    await harness.supervisor.release('quarantine/a')
    await eventually(() => {
      const told = frames.flatMap(({ failures = [] }) => failures)
      expect(told).toHaveLength(2)
      expect(told).toContainEqual(
        expect.objectContaining({ actor: 'resume/a', event: 'THROW', message: 'boom' }),
      )
      expect(told).toContainEqual(expect.objectContaining({ actor: 'quarantine/a', message: 'Oddity: odd' }))
    })
    socket.close()
  })

  it('has the condition in the frames of the actor', async () => {
    await fail('restart/a')
    const { frames, socket } = await inspect()
    const of = (address: string) => frames.filter(({ sessionId }) => sessionId === address)
    await eventually(() =>
      expect(of('restart/a').at(-1)).toMatchObject({ type: '@xstate.actor', condition: 'restarting' }),
    )
    await eventually(() => expect(of('resume/a')).not.toEqual([]))
    await fail('quarantine/a')
    await eventually(() => expect(of('quarantine/a').at(-1)).toMatchObject({ condition: 'quarantined' }))
    await harness.supervisor.release('quarantine/a')
    await eventually(() => expect(of('quarantine/a').at(-1)?.condition).toBeUndefined())
    socket.close()
  })
})
