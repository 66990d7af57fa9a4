/** Tests that an actor whose machine cannot be drawn takes nothing but its own drawing from the clients of the inspection. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type AnyStateMachine, createMachine } from 'xstate'
import { legacy } from '../../src/api/inspect/legacy-frames.ts'
import { stately } from '../../src/api/inspect/stately-frames.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually, Harness } from '../runtime/harness.ts'

const machineOf = (id: string, state: object): AnyStateMachine =>
  createMachine({
    id,
    initial: 'a',
    states: { a: { ...state, on: { GO: 'b', ...Object(state).on } }, b: { on: { GO: 'a' } } },
  })
const circle: Record<string, unknown> = {}
circle.self = circle
/** Nothing writes it. */
const unwritable = {
  toJSON() {
    throw new Error('nobody draws me')
  },
}
/** The broken one stands in the middle, so that some actors come before it and some after it. */
const machines: Readonly<Record<string, AnyStateMachine>> = {
  circular: machineOf('circular', { meta: circle }),
  inherited: machineOf('inherited', {
    on: { constructor: 'b', valueOf: 'b' },
    after: { toString: 'b' },
  }).provide({
    delays: { toString: 3_600_000 },
  }),
  large: machineOf('large', { meta: { n: 10n } }),
  middle: machineOf('middle', { description: unwritable }),
  plain: machineOf('plain', {}),
  zed: machineOf('zed', {}),
}
const KINDS = Object.keys(machines)
const drawn = KINDS.filter((kind) => kind !== 'middle')

const harness = new Harness()
let api: ApiServer
beforeAll(async () => {
  await harness.open({ machines: machines as never })
  for (const kind of KINDS) await harness.supervisor.spawn(kind, '1')
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
})
afterAll(async () => {
  await api.close()
  await harness.supervisor.stop()
})

interface Frame {
  readonly type?: string
  readonly op?: string
  readonly sessionId?: string
  readonly message?: string
  readonly definition?: string
  readonly machine?: string
}

function connect(path: string) {
  const socket = new WebSocket(`${api.url.replace('http', 'ws')}${path}`)
  const frames: Frame[] = []
  const closed: number[] = []
  socket.on('open', () => path.includes('legacy') && socket.send('{"type":"xstate.inspecting"}'))
  socket.on('message', (data) => frames.push(JSON.parse(String(data)) as Frame))
  socket.on('close', (code) => closed.push(code))
  return { socket, frames, closed }
}

/** Returns the kinds of ours that come with their definition, in order. */
const definitionsIn = (frames: readonly Frame[]) => {
  const found = frames.filter(({ definition, machine }) => (definition ?? machine) !== undefined)
  return found
    .map(({ sessionId = '' }) => sessionId.split('/')[0] ?? '')
    .filter((kind) => KINDS.includes(kind))
}
const faultsIn = (frames: readonly Frame[]) =>
  frames.flatMap(({ op, message }) => (op ? (message ?? '') : []))
const FAULT = 'middle/1 cannot be shown in full: nobody draws me'

it.each(['/inspect', '/inspect/legacy'])('%s tells of all others, and what they do', async (path) => {
  const { socket, frames, closed } = connect(path)
  await eventually(() => expect(definitionsIn(frames)).toEqual(drawn))
  expect(faultsIn(frames)).toEqual([FAULT])
  frames.length = 0
  for (const kind of KINDS) await harness.supervisor.send(`${kind}/1`, { type: 'GO' })
  const doing = () =>
    new Set(frames.flatMap(({ type = '', sessionId = '' }) => (/\.event$/.test(type) ? sessionId : [])))
  await eventually(() => expect(doing()).toContain('zed/1'))
  // The protocol of xstate 4 knows drawings alone.
  const told = path === '/inspect' ? KINDS : drawn
  expect([...doing()]).toEqual(told.map((kind) => `${kind}/1`))
  expect(closed).toEqual([])
  socket.close()
})

it.each(['/inspect', '/inspect/legacy'])('%s tells of the past of several', async (path) => {
  const query = KINDS.map((kind) => `actor=${kind}/1`).join('&')
  const { socket, frames, closed } = connect(`${path}?${query}&from=rev:1&to=rev:1`)
  await eventually(() => expect(frames.at(-1)).toMatchObject({ type: 'outcry.end', records: KINDS.length }))
  expect(definitionsIn(frames)).toEqual(drawn)
  expect(faultsIn(frames)).toEqual([FAULT])
  expect(closed).toEqual([])
  socket.close()
})

it('a definition has the transitions by names that each object has, and the values that JSON has not', () => {
  const introducing = (kind: string) => ({
    ...{ address: `${kind}/1`, kind, at: 1, machine: machines[kind], condition: undefined, tags: [] },
    state: {},
  })
  const [{ machine }] = legacy.introduction(introducing('inherited')) as [{ machine: string }]
  const { on, after } = JSON.parse(machine).states.a
  expect(Object.keys(on).sort()).toEqual(['GO', 'constructor', 'valueOf'])
  expect(Object.keys(after)).toEqual(['toString'])
  const metaOf = (kind: string) => {
    const [{ definition }] = stately.introduction(introducing(kind)) as [{ definition: string }]
    return JSON.parse(definition).states.a.meta
  }
  expect(metaOf('circular')).toEqual({ self: '[circular]' })
  expect(metaOf('large')).toEqual({ n: '10' })
})
