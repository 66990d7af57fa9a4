/** Tests `WS /inspect` over real sockets: the frames about actors, and the reasons that end a connection. */
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type AnyStateMachine, createMachine, fromPromise, sendTo, setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import type { Machines } from '../../src/runtime/actors/kind.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually, Harness } from '../runtime/harness.ts'

const child = setup({}).createMachine({ id: 'child', initial: 'up', states: { up: { on: { PING: {} } } } })
const parent = setup({
  actors: { child, wait: fromPromise(() => new Promise(() => {})) },
  types: {} as { events: { type: 'START' } | { type: 'POKE' } },
}).createMachine({
  id: 'parent',
  initial: 'idle',
  states: {
    idle: {
      on: {
        START: 'busy',
        POKE: {
          guard: function isAsleep() {
            return false
          },
          target: 'busy',
        },
      },
    },
    busy: {
      invoke: [
        { src: 'child', id: 'c' },
        { src: 'wait', id: 'w' },
      ],
      on: { POKE: { actions: sendTo('c', { type: 'PING' }) } },
    },
  },
})

interface Frame {
  readonly type?: string
  readonly op?: string
  readonly code?: string
  readonly name?: string
  readonly kind?: string
  readonly sessionId?: string
  readonly rootId?: string
  readonly parentId?: string
  readonly sourceId?: string
  readonly definition?: string
  readonly event?: { readonly type: string }
  readonly actors?: readonly { readonly address: string; readonly rev: number; readonly status: string }[]
}

let harness: Harness
let api: ApiServer

beforeEach(async () => {
  harness = new Harness()
  await harness.open({ machines: { parent } })
  await harness.supervisor.spawn('parent', 'p')
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})

async function connect() {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}/inspect`)
  const frames: Frame[] = []
  socket.on('message', (data) => frames.push(JSON.parse(data.toString()) as Frame))
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await once(socket, 'open')
  return { socket, frames, closed }
}

const introduced = (frames: readonly Frame[]) =>
  eventually(() => expect(frames.map(({ sessionId }) => sessionId)).toContain('parent/p'))
const of = (frames: readonly Frame[], address: string) =>
  frames.filter(({ sessionId }) => sessionId === address)

describe('a client of the inspection', () => {
  it('hears of children as they start, with their parents and their machines', async () => {
    const { frames, socket } = await connect()
    await introduced(frames)
    await harness.supervisor.send('parent/p', { type: 'START' })
    await harness.supervisor.send('parent/p', { type: 'POKE' })
    await eventually(() => expect(of(frames, 'parent/p/c')).toHaveLength(5))
    const [actor, born, , ping] = of(frames, 'parent/p/c')
    expect(actor).toMatchObject({
      type: '@xstate.actor',
      name: 'c',
      kind: 'parent',
      parentId: 'parent/p',
      rootId: 'parent/p',
    })
    expect(JSON.parse(actor?.definition as string)).toMatchObject({ id: 'child', initial: 'up' })
    expect(born).toMatchObject({ type: '@xstate.event', event: { type: 'xstate.init' } })
    expect(ping).toMatchObject({ type: '@xstate.event', event: { type: 'PING' }, sourceId: 'parent/p' })
    const promise = of(frames, 'parent/p/w')[0]
    expect([promise?.type, promise?.name, promise?.definition]).toEqual(['@xstate.actor', 'w', undefined])
    socket.close()
  })

  it('that connects later hears of them, too, with the names of guards', async () => {
    await harness.supervisor.send('parent/p', { type: 'START' })
    const { frames, socket } = await connect()
    await eventually(() => expect(of(frames, 'parent/p/w')).toHaveLength(1))
    expect(of(frames, 'parent/p/c')).toMatchObject([{ type: '@xstate.actor', name: 'c' }])
    const definition = of(frames, 'parent/p')[0]?.definition
    expect(JSON.parse(definition as string).states.idle.on.POKE).toMatchObject({
      guard: { type: 'isAsleep' },
    })
    expect(of(frames, 'parent/p/w')[0]?.definition).toBeUndefined()
    socket.close()
  })

  it('that watches all below an address gets those in full, and the rest in short', async () => {
    const { frames, socket } = await connect()
    await introduced(frames)
    socket.send(JSON.stringify({ op: 'watch', actors: ['parent/p/*'] }))
    const short = () => frames.flatMap(({ actors = [] }) => actors)
    // The frame has arrived when the short news of the parent arrive.
    await eventually(async () => {
      await harness.supervisor.send('parent/p', { type: 'POKE' })
      expect(short().length).toBeGreaterThan(0)
    })
    frames.length = 0
    await harness.supervisor.send('parent/p', { type: 'START' })
    await eventually(() => expect(short()).toMatchObject([{ address: 'parent/p', status: 'active' }]))
    const full = new Set(frames.flatMap(({ sessionId }) => sessionId ?? []))
    expect(full).toEqual(new Set(['parent/p/c', 'parent/p/w']))
    socket.close()
  })

  it('hears of an actor before its record, also when the list of actors has not come so far', async () => {
    harness.supervisor.actors = async function* () {
      await new Promise(() => {})
    }
    const { frames, socket } = await connect()
    await eventually(async () => {
      await harness.supervisor.send('parent/p', { type: 'POKE' })
      expect(frames.length).toBeGreaterThan(3)
    })
    expect(frames.slice(0, 4).map(({ type }) => type)).toEqual([
      ...['@xstate.actor', '@xstate.event', '@xstate.snapshot', '@xstate.event'],
    ])
    socket.close()
  })

  it('goes on when another client leaves', async () => {
    const [first, second] = [await connect(), await connect()]
    await introduced(second.frames)
    first.socket.close()
    await first.closed
    await harness.supervisor.send('parent/p', { type: 'START' })
    await eventually(() => expect(of(second.frames, 'parent/p/c')).toHaveLength(3))
    second.socket.close()
  })

  it.each([
    ['no JSON', 'watch'],
    ['an operation that there is not', '{"op":"look","actors":[]}'],
    ['an address that is none', '{"op":"watch","actors":[""]}'],
    ['too many addresses', JSON.stringify({ op: 'watch', actors: Array(257).fill('a/b') })],
  ])('that sends %s gets an error and is closed', async (_, text) => {
    const { frames, socket, closed } = await connect()
    socket.send(text)
    expect(await closed).toBe(4400)
    expect(frames.at(-1)).toMatchObject({ op: 'error', code: 'FRAME_INVALID' })
  })

  it('is closed when the actors cannot be read', async () => {
    harness.supervisor.actors = () => {
      throw new Error('the disk is gone')
    }
    const { closed } = await connect()
    expect(await closed).toBe(1011)
  })
})

it('a life over two versions of a machine has the states of both', async () => {
  const of = (version: string, ...states: string[]) =>
    createMachine({
      id: 'tally',
      version,
      initial: 'a',
      states: Object.fromEntries(states.map((state) => [state, { on: { GO: 'b' } }])),
    })
  const [v1, v2] = [of('1', 'a', 'b'), of('2', 'a', 'b', 'c')] as const satisfies readonly AnyStateMachine[]
  const upgraded = new Harness()
  const first = await upgraded.open({ machines: { tally: v1 } })
  await first.spawn('tally', 't')
  await first.stop()
  const upgrade = { from: '1', to: '2', migrate: (state: unknown) => state }
  const machines = { tally: { machine: v2, previous: [v1], upgrades: [upgrade] } } as unknown as Machines
  const second = await upgraded.open({ machines })
  const live = await startApi(second, { host: '127.0.0.1', port: 0 }, silentLogger)
  const told = async (query: string) => {
    const socket = new WebSocket(`${live.url.replace('http', 'ws')}/inspect${query}`)
    const frames: Frame[] = []
    socket.on('message', (data) => frames.push(JSON.parse(String(data)) as Frame))
    await once(socket, 'message')
    return { socket, frames }
  }
  const present = await told('?actor=tally/t')
  await second.send('tally/t', { type: 'GO' })
  const past = await told('?actor=tally/t&from=1')
  await eventually(() => expect(past.frames.at(-1)).toMatchObject({ type: 'outcry.end', records: 3 }))
  await eventually(() => expect(present.frames.at(-1)).toMatchObject({ event: { type: 'GO' } }))
  const states = (frames: readonly Frame[]) =>
    frames.flatMap(({ definition, event }) =>
      definition === undefined ? (event?.type ?? []) : [Object.keys(JSON.parse(definition).states).join()],
    )
  expect(states(past.frames)).toEqual([
    ...['a,b', 'xstate.init', 'xstate.init'],
    ...['a,b,c', 'outcry.migrated', 'outcry.migrated', 'GO', 'GO'],
  ])
  expect(states(present.frames).slice(-5)).toEqual([
    'a,b,c',
    'outcry.migrated',
    'outcry.migrated',
    'GO',
    'GO',
  ])
  for (const { socket } of [present, past]) socket.close()
  await live.close()
  await second.stop()
})

describe('the past of an actor', () => {
  const tally = (version: string) =>
    createMachine({
      id: 'tally',
      version,
      initial: 'a',
      states: { a: { on: { GO: 'b' } }, b: { on: { GO: 'a' } } },
    })
  /** Runs two tallies, and opens their log again. */
  const again = async (machines: Machines) => {
    const log = new Harness()
    const first = await log.open({ machines: { tally: tally('1'), parent } })
    for (const id of ['t', 'u']) {
      await first.spawn('tally', id)
      await first.send(`tally/${id}`, { type: 'GO' })
    }
    await first.stop()
    const supervisor = await log.open({ machines })
    const server = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
    const told = async (path: string) => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`)
      const frames: Frame[] = []
      socket.on('message', (data) => frames.push(JSON.parse(String(data)) as Frame))
      await eventually(() => expect(frames.at(-1)).toMatchObject({ type: 'outcry.end', records: 2 }))
      socket.close()
      return frames
    }
    const close = async () => {
      await server.close()
      await supervisor.stop()
    }
    return { supervisor, told, close }
  }

  it('wakes no passive actor', async () => {
    const { supervisor, told, close } = await again({ tally: tally('1'), parent })
    const before = supervisor.residents
    expect(await told('/inspect?actor=tally/t&from=1')).toHaveLength(6)
    await told('/inspect/legacy?actor=tally/u&from=1')
    expect(supervisor.residents).toBe(before)
    supervisor.getSnapshot('tally/t')
    expect(supervisor.residents).toBe(before + 1)
    await close()
  })

  it('whose machine is not registered has its records, and the reason why they have no states', async () => {
    for (const [machines, code] of [
      [{ parent }, 'KIND_UNKNOWN'],
      [{ tally: tally('2'), parent }, 'MACHINE_VERSION_UNKNOWN'],
    ] as const) {
      const { told, close } = await again(machines)
      const frames = await told('/inspect?actor=tally/t&from=1')
      expect(frames[0]).toMatchObject({ op: 'error', code })
      const events = frames.filter(({ type }) => type === '@xstate.event')
      expect(events.map(({ event }) => event?.type)).toEqual(['xstate.init', 'GO'])
      await close()
    }
  })
})
