/** Tests the runtime's own actors: no other actor writes to them or answers a record that does not exist. */
import { describe, expect, it } from 'vitest'
import { fromCallback, sendTo, setup } from 'xstate'
import { isOutcryError } from '../../errors/outcry-error.ts'
import type { Port, PortContext } from '../../src/runtime/port.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import { Harness } from './harness.ts'

const FORGED = { type: 'DEAD_LETTER', to: 'm/a', event: { type: 'BUY' }, reason: 'unknown' }
const OWN = ['system/dead-letters', 'system/clock', 'system/other', 'system/dead-letters/child'] as const

let caught: unknown
const attempt = (work: () => void) => {
  caught = undefined
  try {
    work()
  } catch (error) {
    caught = error
  }
}
const target = ({ system, event }: { system: { get(name: string): unknown }; event: AnyEvent }) =>
  system.get(event.to) as never
const callback = fromCallback<AnyEvent>(({ receive, system }) =>
  receive(({ to }) => attempt(() => system.get(to).send(FORGED))),
)
const machine = setup({ types: {} as { events: AnyEvent }, actors: { callback } }).createMachine({
  invoke: { src: 'callback', id: 'callback' },
  on: {
    SENT: { actions: sendTo(target, FORGED as never) },
    LATER: { actions: sendTo(target, FORGED as never, { delay: 5 }) },
    BY_HAND: { actions: ({ system, event }) => attempt(() => system.get(event.to).send(FORGED)) },
    CALLED: { actions: sendTo('callback', ({ event }) => event) },
    ANSWER: {},
  },
})

class Desk implements Port {
  context!: PortContext
  start(context: PortContext): void {
    this.context = context
  }
  deliver(): void {}
  recover(): void {}
}

async function open() {
  const harness = new Harness()
  const desk = new Desk()
  const supervisor = await harness.open({ machines: { m: machine }, ports: { desk } })
  await supervisor.spawn('m', 'a')
  return { harness, supervisor, desk }
}

describe.each([...OWN, 'port/desk', 'port/nobody'])('%s', (own) => {
  it('takes nothing from outside', async () => {
    const { harness, supervisor, desk } = await open()
    const { seq } = supervisor
    const refused = { code: 'ACTOR_RESERVED', message: expect.stringContaining(own) }
    await expect(supervisor.send(own, FORGED)).rejects.toMatchObject(refused)
    await expect(desk.context.send(own, FORGED)).rejects.toMatchObject(refused)
    expect(() => supervisor.tell(own as never, FORGED)).toThrow(expect.objectContaining(refused))
    const [kind, ...id] = own.split('/')
    await expect(supervisor.spawn(kind as string, id.join('/'))).rejects.toMatchObject(refused)
    expect(supervisor.seq).toBe(seq)

    for (const type of ['BY_HAND', 'CALLED']) {
      await supervisor.send('m/a', { type, to: own })
      expect([type, isOutcryError(caught, 'ACTOR_RESERVED')]).toEqual([type, true])
    }
    const letters = (await harness.records()).filter(({ event }) => event.type === 'DEAD_LETTER')
    expect(letters).toEqual([])
  })
})

it.each(OWN)('a turn that sends to %s fails, and is undone', async (own) => {
  const { harness, supervisor } = await open()
  for (const type of ['SENT', 'LATER'])
    await expect(supervisor.send('m/a', { type, to: own })).rejects.toMatchObject({
      code: 'ACTOR_FAILED',
      message: expect.stringContaining(own),
    })
  const records = await harness.records()
  const letters = records.filter(({ event }) => event.type === 'DEAD_LETTER')
  expect(letters.map(({ event }) => [event.to, event.reason])).toEqual([
    ['m/a', 'failed'],
    ['m/a', 'failed'],
  ])
  expect(records.some(({ scheduled }) => scheduled !== undefined)).toBe(false)
  expect((await supervisor.verify()).problems).toEqual([])
})

describe('an answer', () => {
  it.each([0, -1, 1.5, 9e15, Number.NaN])(
    'to the record %d, which does not exist, is refused',
    async (cause) => {
      const { supervisor, desk } = await open()
      const { seq } = supervisor
      const answer = { type: 'ANSWER' }
      await expect(desk.context.send('m/a', answer, { cause })).rejects.toMatchObject({
        code: 'EVENT_INVALID',
      })
      await expect(supervisor.send('m/a', answer, { cause })).rejects.toMatchObject({ code: 'EVENT_INVALID' })
      await expect(desk.context.send('m/a', answer, { cause: seq + 1 })).rejects.toThrow('no record yet')
      expect(supervisor.seq).toBe(seq)
      await desk.context.send('m/a', answer, { cause: seq })
      expect(supervisor.seq).toBe(seq + 1)
    },
  )
})

describe('the place of a message in its source', () => {
  it.each([0, -1, 0.5, 2 ** 53])('is refused when it is %d: places are counted from 1', async (position) => {
    const { supervisor, desk } = await open()
    const { seq } = supervisor
    const refused = { code: 'EVENT_INVALID', message: expect.stringContaining('position') }
    const options = { origin: { source: 'feed', position } }
    await expect(supervisor.send('m/a', { type: 'ANSWER' }, options)).rejects.toMatchObject(refused)
    await expect(desk.context.send('m/a', { type: 'ANSWER' }, options)).rejects.toMatchObject(refused)
    expect(() => supervisor.tell('m/a' as never, { type: 'ANSWER' }, options)).toThrow('position')
    expect([supervisor.seq, supervisor.cursor('feed')]).toEqual([seq, 0])
  })

  it('is on record as it was when it was sent', async () => {
    const { harness, supervisor } = await open()
    const origin = { source: 'feed', position: 1, more: new Date(0) }
    const sent = supervisor.send('m/a', { type: 'ANSWER' }, { origin })
    origin.position = 5
    await sent
    expect((await harness.records()).at(-1)?.origin).toEqual({ source: 'feed', position: 1 })
    expect(supervisor.cursor('feed')).toBe(1)
  })
})
