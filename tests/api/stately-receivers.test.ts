/**
 * Tests `/inspect` and `/inspect/legacy` with the real receivers of Stately: that of @statelyai/inspect, and that of
 * @xstate/inspect 0.8, which stands in a workspace of its own with its xstate 4. The legacy one writes what it cannot
 * read to the console, so a word there fails the test.
 */
import { createRequire } from 'node:module'
import { createWebSocketReceiver } from '@statelyai/inspect'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { type AnyStateMachine, createMachine, fromPromise } from 'xstate'
import { machines } from '../../machines/index.ts'
import { legacy as legacyProtocol } from '../../src/api/inspect/legacy-frames.ts'
import { stately } from '../../src/api/inspect/stately-frames.ts'
import type { Seen } from '../../src/api/inspect/steps.ts'
import { type ApiOptions, type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import { statesOf } from '../../src/runtime/xstate/logic.ts'
import { eventually, Harness } from '../runtime/harness.ts'

/** A machine of xstate 4, as far as the tests read it. */
interface Machine4 {
  readonly id: string
  readonly path: readonly string[]
  readonly states: Readonly<Record<string, Machine4>>
  readonly on: Readonly<Record<string, readonly { readonly cond?: { readonly name: string } }[]>>
  resolveState(state: State4): State4
}
interface State4 {
  readonly context: unknown
  readonly configuration: readonly { readonly id: string }[]
  readonly _event: { readonly data: AnyEvent; readonly origin?: string }
}
interface Told {
  readonly type: string
  readonly sessionId: string
  readonly machine?: Machine4
  readonly state?: State4
  readonly event?: { readonly data: AnyEvent }
}
interface Receiver {
  send(event: object): void
  subscribe(next: (told: Told) => void): void
}
interface LegacyPackage {
  createWebSocketReceiver(options: { readonly server: string }): Receiver
}

const workspace = createRequire(createRequire(import.meta.url).resolve('outcry-legacy-inspect/package.json'))
const legacyPackage = workspace('@xstate/inspect') as LegacyPackage
const xstate4 = workspace('xstate') as { createMachine(config: unknown): Machine4 }
const ORDER = 'order/paper:mine-1'
const request = {
  type: 'ORDER_REQUEST',
  ...{ venue: 'paper', symbol: 'BTCUSDT', side: 'BUY', ordType: 'LIMIT', orderQty: '1' },
  ...{ price: '90', timeInForce: 'GTC', refPx: '100', clOrdId: 'paper:mine-1' },
}

const words: unknown[][] = []
beforeEach(() => {
  // The legacy receiver is made for browsers. Node has their WebSocket from version 22 on.
  vi.stubGlobal('WebSocket', WebSocket)
  for (const way of ['error', 'warn'] as const)
    vi.spyOn(console, way).mockImplementation((...said) => void words.push(said))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  expect(words.splice(0)).toEqual([])
})

const statesIn = (machine: AnyStateMachine) =>
  [...statesOf(machine.root)].map(({ id, path }) => ({ id, path }))
const statesIn4 = ({ id, path, states }: Machine4): { id: string; path: readonly string[] }[] => [
  { id, path },
  ...Object.values(states).flatMap(statesIn4),
]

const odd = createMachine({
  id: 'odd one',
  initial: 'a.b',
  states: {
    'a.b': {
      id: 'named/1',
      invoke: { src: fromPromise(async () => 1), onDone: 'c', onError: { actions: 'note' } },
      on: { GO: { guard: { type: 'above', params: { limit: 3 } }, target: 'c' }, '*': undefined },
      after: { '0.5': 'c', named: { actions: 'note', target: '#named/1', reenter: true } },
      always: { guard: 'isOver', target: 'end' },
    },
    c: {
      initial: 'd',
      states: { d: { type: 'final' }, was: { type: 'history', history: 'deep', target: 'd' } },
      onDone: 'end',
    },
    end: { type: 'final' },
  },
})
const seen = (machine: AnyStateMachine): Seen => ({
  ...{ address: 'a/b', kind: 'a', at: 1, machine, condition: undefined, tags: [] },
  state: {},
})
interface Registered {
  readonly machine: AnyStateMachine
  readonly previous?: readonly AnyStateMachine[]
}
const all = Object.entries(machines as Readonly<Record<string, Registered>>).flatMap(
  ([kind, { machine, previous = [] }]): [string, AnyStateMachine][] =>
    [machine, ...previous].map((one) => [`${kind}@${one.version}`, one]),
)

describe('the definition of a machine', () => {
  it.each([...all, ['an odd one', odd] as const])(
    'of %s has its states in both versions of XState',
    (_, machine) => {
      const [frame] = stately.introduction(seen(machine)) as { definition: string }[]
      const [register] = legacyProtocol.introduction(seen(machine)) as { machine: string }[]
      const expected = statesIn(machine)
      expect(statesIn(createMachine(JSON.parse(frame?.definition as string)))).toEqual(expected)
      const parsed = xstate4.createMachine(JSON.parse(register?.machine as string))
      expect(statesIn4(parsed)).toEqual(expected)
    },
  )

  it('of xstate 4 has guards, delays, children and ends', () => {
    const [register] = legacyProtocol.introduction(seen(odd)) as { machine: string }[]
    const { states } = xstate4.createMachine(JSON.parse(register?.machine as string))
    expect(Object.keys(states['a.b']?.on ?? {}).sort()).toEqual(
      [
        '',
        '*',
        'GO',
        'done.invoke.0.named/1',
        'error.platform.0.named/1',
        'xstate.after(0.5)#named/1',
        'xstate.after(named)#named/1',
      ].sort(),
    )
    expect(states['a.b']?.on.GO).toMatchObject([{ cond: { name: 'above limit 3' } }])
    expect(states.c?.on).toHaveProperty(['done.state.odd one.c'])
  })
})

let harness: Harness
let api: ApiServer
const open: { close(): void }[] = []

async function start(options: Partial<ApiOptions> = {}): Promise<void> {
  harness = new Harness()
  await harness.open({ machines, ports: { paper: { deliver: () => {}, recover: () => {} } } })
  const limits = { orderNotionalMax: '1000', openOrdersMax: 5 }
  await harness.supervisor.spawn('account', 'paper', { venue: 'paper', balance: '1000', limits })
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, ...options }, silentLogger)
}
afterEach(async () => {
  for (const socket of open.splice(0)) socket.close()
  await api?.close()
  await harness?.supervisor.stop()
})

/** A socket that is closed after the test, and the frames that it gets. */
class Closed extends WebSocket {
  readonly texts: string[] = []
  constructor(url: string, options: ClientOptions = {}) {
    super(url, options)
    open.push(this)
    this.addEventListener('message', ({ data }) => this.texts.push(String(data)))
  }
}

/** Connects the legacy receiver, and returns what it tells an observer, and the refusals that it does not tell. */
function connectLegacy(query: string) {
  let socket!: Closed
  vi.stubGlobal(
    'WebSocket',
    class extends Closed {
      constructor(url: string) {
        super(url)
        socket = this
      }
    },
  )
  const receiver = legacyPackage.createWebSocketReceiver({
    server: `${api.url.replace('http://', '')}/inspect/legacy${query}`,
  })
  const told: Told[] = []
  receiver.subscribe((one) => told.push(one))
  const refusals = () => socket.texts.flatMap((text) => JSON.parse(text).code ?? [])
  return { receiver, told, refusals, socket }
}

function connect(query: string) {
  const receiver = createWebSocketReceiver({ server: `${api.url.replace('http', 'ws')}/inspect${query}` })
  const told: Record<string, unknown>[] = []
  receiver.subscribe((one) => void told.push(one as unknown as Record<string, unknown>))
  return told
}

/** The ids of the states that a machine of xstate 4 finds active, as the visualizer of Stately asks for them. */
function activeIn(told: readonly Told[]): string[][] {
  const machine = told.find(({ type }) => type === 'service.register')?.machine as Machine4
  return told.flatMap(({ state }) =>
    state === undefined
      ? []
      : [
          machine
            .resolveState(state)
            .configuration.map(({ id }) => id)
            .sort(),
        ],
  )
}
const active = (...states: string[]) =>
  ['order', 'order.execution', 'order.request', ...states.map((state) => `order.${state}`)].sort()
const SUBMITTED = active('execution.submitted', 'request.idle')
const typesOf = (told: readonly { readonly event?: unknown }[]) =>
  told.flatMap(({ event }) => {
    const { type, data } = Object(event) as { type?: string; data?: AnyEvent }
    return data?.type ?? type ?? []
  })

describe('the legacy receiver', () => {
  it('shows the life of an order as it goes on, and sends an event that is a record', async () => {
    await start()
    const { receiver, told: allTold } = connectLegacy('?actor=account/paper&actor=order/*')
    // The client is connected once it hears of the account.
    await eventually(() => expect(allTold).toHaveLength(1))
    const told: Told[] = []
    receiver.subscribe((one) => void (one.sessionId === ORDER && told.push(one)))
    await harness.supervisor.send('account/paper', request)
    await eventually(() => expect(told).toHaveLength(5))
    expect(told.map(({ type }) => type)).toEqual([
      'service.register',
      ...['service.event', 'service.state'],
      ...['service.event', 'service.state'],
    ])
    expect(statesIn4(told[0]?.machine as Machine4)).toEqual(statesIn(machines.order.machine))
    expect(activeIn(told).at(-1)).toEqual(SUBMITTED)
    expect(told.at(-1)?.state?._event).toMatchObject({ data: { type: 'SUBMIT' }, origin: 'account/paper' })
    receiver.send({
      type: 'xstate.event',
      event: JSON.stringify({ type: 'VERIFY', by: 'ann' }),
      service: ORDER,
    })
    await eventually(() => expect(told).toHaveLength(7))
    // The visualizer sends the event of xstate 4.
    const data = { type: 'VERIFY', by: 'bob' }
    const event = JSON.stringify({ name: 'VERIFY', data, $$type: 'scxml', type: 'external' })
    receiver.send({ type: 'xstate.event', event, sessionId: ORDER })
    await eventually(() => expect(told).toHaveLength(9))
    const records = (await harness.records()).filter(({ event: { type } }) => type === 'VERIFY')
    expect(records.map(({ actor, cause, event: { by } }) => [actor, cause, by])).toEqual([
      [ORDER, null, 'ann'],
      [ORDER, null, 'bob'],
    ])
  })

  it('hears of actors that exist, and of no other event that is refused', async () => {
    await start()
    await harness.supervisor.send('account/paper', request)
    const before = (await harness.records()).length
    const { receiver, told, refusals } = connectLegacy('')
    await eventually(() => expect(told.map(({ sessionId }) => sessionId)).toContain(ORDER))
    expect(activeIn(told.filter(({ sessionId }) => sessionId === ORDER))).toEqual([SUBMITTED])
    const send = (event: unknown, sessionId?: string) =>
      receiver.send({ type: 'xstate.event', event: JSON.stringify(event), sessionId })
    send({ type: 'SUBMIT' }, ORDER)
    send({ type: 'VERIFY', by: 7 }, ORDER)
    send({ type: 'VERIFY' }, 'order/paper:none')
    send({ type: 'VERIFY' })
    send(null, ORDER)
    await eventually(() =>
      expect(refusals()).toEqual([
        ...['COMMAND_UNKNOWN', 'EVENT_INVALID', 'ACTOR_UNKNOWN', 'ADDRESS_INVALID', 'EVENT_INVALID'],
      ]),
    )
    expect(await harness.records()).toHaveLength(before)
  })

  it('with a token that may only read sends nothing', async () => {
    process.env.RECEIVER_TOKEN = 'bob.horse_battery~staple-1'
    await start({ tokens: [{ name: 'bob', access: 'read', env: 'RECEIVER_TOKEN' }] })
    await harness.supervisor.send('account/paper', request)
    const before = (await harness.records()).length
    const headers = { authorization: `Bearer ${process.env.RECEIVER_TOKEN}` }
    const socket = new Closed(`${api.url.replace('http', 'ws')}/inspect/legacy`, { headers })
    socket.on('open', () => {
      socket.send('{"type":"xstate.inspecting"}')
      socket.send(JSON.stringify({ type: 'xstate.event', event: '{"type":"VERIFY"}', sessionId: ORDER }))
    })
    await eventually(() => expect(socket.texts.join()).toContain('ACCESS_REFUSED'))
    expect(await harness.records()).toHaveLength(before)
  })

  it('shows a past life, up to any place, and sends it no event', async () => {
    await start()
    await harness.supervisor.send('account/paper', request)
    await harness.supervisor.send(ORDER, { type: 'VERIFY', by: 'ann' })
    const { told, receiver, refusals, socket } = connectLegacy(`?actor=${ORDER}&from=rev:1&to=rev:2`)
    await eventually(() => expect(socket.texts.at(-1)).toBe('{"type":"outcry.end","records":2}'))
    expect(typesOf(told)).toEqual(['xstate.init', 'SUBMIT'])
    expect(activeIn(told).at(-1)).toEqual(SUBMITTED)
    receiver.send({ type: 'xstate.event', event: '{"type":"VERIFY"}', sessionId: ORDER })
    await eventually(() => expect(refusals()).toEqual(['FRAME_INVALID']))
    expect((await harness.eventsOf(ORDER)).filter((type) => type === 'VERIFY')).toHaveLength(1)
  })
})

describe('the receiver of @statelyai/inspect', () => {
  const kindsOf = (told: readonly Record<string, unknown>[]) => told.map(({ type }) => type)
  const values = (told: readonly Record<string, unknown>[]) =>
    told.flatMap(({ snapshot }) => (snapshot === undefined ? [] : [(snapshot as { value: unknown }).value]))
  const INITIAL = { execution: 'initialized', request: 'idle' }
  const NOW = { execution: 'submitted', request: 'idle' }

  it('shows the life of an order as it goes on', async () => {
    await start()
    const told = connect(`?actor=account/paper&actor=${encodeURIComponent(ORDER)}`)
    await eventually(() => expect(told).toHaveLength(1))
    await harness.supervisor.send('account/paper', request)
    await eventually(() => expect(values(told)).toContainEqual(NOW))
    const [first] = told.filter(({ sessionId }) => sessionId === ORDER) as { definition: string }[]
    const parsed = createMachine(JSON.parse(first?.definition as string))
    expect(statesIn(parsed)).toEqual(statesIn(machines.order.machine))
    const sent = told.filter(({ event }) => Object(event).type === 'SUBMIT')
    expect(sent).toMatchObject([
      { type: '@xstate.event', sourceId: 'account/paper' },
      { type: '@xstate.snapshot' },
    ])
  })

  it('is told of an actor before anything else about it', async () => {
    await start()
    const told = connect('')
    for (let n = 1; n <= 5; n++)
      await harness.supervisor.send('account/paper', { ...request, clOrdId: `paper:o-${n}` })
    await eventually(() => expect(told.map(({ sessionId }) => sessionId)).toContain('order/paper:o-5'))
    const firsts = new Map<unknown, unknown>()
    for (const { sessionId, type } of told) if (!firsts.has(sessionId)) firsts.set(sessionId, type)
    expect(new Set(firsts.values())).toEqual(new Set(['@xstate.actor']))
  })

  it('shows a past life from its beginning, one place of it, and those of several actors', async () => {
    await start()
    await harness.supervisor.send('account/paper', request)
    await harness.supervisor.send(ORDER, { type: 'VERIFY', by: 'ann' })
    const [own, third] = [
      connect(`?actor=${ORDER}&from=rev:1&speed=100x`),
      connect(`?actor=${ORDER}&at=rev:3`),
    ]
    const both = connect(`?actor=${ORDER}&actor=account/paper&from=seq:1`)
    const ended = (told: unknown[]) => expect(told.at(-1)).toMatchObject({ type: 'outcry.end' })
    await eventually(() => [own, third, both].forEach(ended))
    expect(values(own)).toEqual([INITIAL, INITIAL, NOW, NOW])
    expect(kindsOf(third)).toEqual(['@xstate.actor', '@xstate.event', '@xstate.snapshot', 'outcry.end'])
    expect(typesOf(third)).toEqual(['VERIFY', 'VERIFY'])
    const seqs = both.flatMap(({ seq }) => (seq === undefined ? [] : [seq as number]))
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
    const ofBoth = (await harness.records()).filter(({ actor }) => [ORDER, 'account/paper'].includes(actor))
    expect(seqs).toEqual(ofBoth.map(({ seq }) => seq))
  })

  it.each([
    ['actor=order/none&from=1', 404, 'ACTOR_UNKNOWN'],
    ['actor=none/a&from=1', 404, 'KIND_UNKNOWN'],
    ['actor=order/*&at=1', 400, 'REQUEST_INVALID'],
    ['from=1', 400, 'REQUEST_INVALID'],
    ['actor=account/paper&at=yesterday', 400, 'REQUEST_INVALID'],
    ['actor=account/paper&at=1&to=seq:2', 400, 'REQUEST_INVALID'],
    ['actor=account/paper&speed=2', 400, 'REQUEST_INVALID'],
    ['actor=account/paper&form=1', 400, 'REQUEST_INVALID'],
  ])('is refused the query %s', async (query, status, code) => {
    await start()
    for (const path of ['/inspect', '/inspect/legacy']) {
      const socket = new WebSocket(`${api.url.replace('http', 'ws')}${path}?${query}`)
      const answer = await new Promise<string>((resolve, reject) => {
        socket.on('open', () => reject(new Error('it is not refused')))
        socket.on('unexpected-response', (_, response) => {
          let text = `${response.statusCode} `
          response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text))
        })
      })
      expect(answer).toMatch(new RegExp(`^${status} .*"code":"${code}"`))
    }
  })

  it('is told where an actor has no record', async () => {
    await start()
    const socket = new Closed(`${api.url.replace('http', 'ws')}/inspect?actor=account/paper&at=rev:99`)
    expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(1011)
    expect(JSON.parse(socket.texts[0] as string)).toMatchObject({ op: 'error', code: 'RECORD_UNKNOWN' })
  })
})
