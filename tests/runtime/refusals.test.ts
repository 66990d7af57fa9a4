/** Tests requests that the supervisor refuses. Each gets a code and harms nothing else. */
import { beforeEach, describe, expect, it } from 'vitest'
import { assign, emit, sendTo, setup } from 'xstate'
import { z } from 'zod'
import type { Address } from '../../src/runtime/record/address.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { Harness } from './harness.ts'

const counter = setup({
  types: {} as { context: { count: number }; events: { type: 'COUNT' | 'END' | 'BREAK' | 'ODD' } },
}).createMachine({
  context: { count: 0 },
  initial: 'counting',
  states: {
    counting: {
      on: {
        COUNT: { actions: assign({ count: ({ context }) => context.count + 1 }) },
        END: 'ended',
        BREAK: {
          actions: () => {
            throw new Error('a custom action')
          },
        },
        // An action that is not defined.
        ODD: { actions: 'unheardOf' as never },
      },
    },
    ended: { type: 'final' },
  },
})
const strict = {
  machine: counter,
  events: z.object({ type: z.enum(['COUNT', 'END']), at: z.number(), by: z.number().positive().optional() }),
}
const twin = setup({}).createMachine({})
const parentOfTwins = setup({ types: {} as { events: { type: 'GO' } }, actors: { twin } }).createMachine({
  initial: 'without',
  states: {
    without: { on: { GO: 'with' } },
    with: { invoke: { src: 'twin', id: 't', systemId: 'the-only-one' } },
  },
})
const asker = setup({
  types: {} as { context: { seen: string[] }; events: { type: 'LOOK' | 'SHOUT' } },
}).createMachine({
  context: { seen: [] },
  on: {
    LOOK: {
      actions: assign({
        seen: ({ self }) => Object.keys((self.system as unknown as { getAll(): object }).getAll()),
      }),
    },
    SHOUT: {
      actions: [
        emit({ type: 'SHOUTED' }),
        sendTo(({ system }) => system.get('counter/a'), { type: 'COUNT' }),
      ],
    },
  },
})

const deep = (levels: number): AnyEvent => {
  let x: unknown = 1
  for (let i = 0; i < levels; i++) x = [x]
  return { type: 'COUNT', x }
}

describe('a supervisor', () => {
  let harness: Harness
  let supervisor: Supervisor

  beforeEach(async () => {
    harness = new Harness()
    supervisor = await harness.open({ machines: { counter, strict, parentOfTwins, asker } })
    await supervisor.spawn('counter', 'a', undefined, { at: 1 })
  })

  const bystanderGoesOn = async () => {
    const { count } = harness.context('counter/a') as { count: number }
    await supervisor.send('counter/a', { type: 'COUNT' })
    expect(harness.context('counter/a')).toEqual({ count: count + 1 })
  }

  it.each<[string, () => Promise<unknown>, string]>([
    ['an invalid address', () => supervisor.send('counter', { type: 'COUNT' }), 'ADDRESS_INVALID'],
    [
      'a time as text',
      () => supervisor.send('counter/a', { type: 'COUNT' }, { at: '5' as never }),
      'EVENT_INVALID',
    ],
    [
      'a spawn time as text',
      () => supervisor.spawn('counter', 'b', undefined, { at: '5' as never }),
      'EVENT_INVALID',
    ],
    ['an invalid id', () => supervisor.spawn('counter', 'a b'), 'ADDRESS_INVALID'],
    ['an unknown actor', () => supervisor.send('counter/z', { type: 'COUNT' }), 'ACTOR_UNKNOWN'],
    ['an unknown kind', () => supervisor.spawn('door', 'z'), 'KIND_UNKNOWN'],
    ['an actor twice', () => supervisor.spawn('counter', 'a'), 'ACTOR_EXISTS'],
    ['an event without a type', () => supervisor.send('counter/a', {} as AnyEvent), 'EVENT_INVALID'],
    ['no event at all', () => supervisor.send('counter/a', undefined as never), 'EVENT_INVALID'],
    [
      "the runtime's own event",
      () => supervisor.send('counter/a', { type: 'outcry.failed' }),
      'EVENT_INVALID',
    ],
    ["XState's own event", () => supervisor.send('counter/a', { type: 'xstate.stop' }), 'EVENT_INVALID'],
    [
      'an invalid time',
      () => supervisor.send('counter/a', { type: 'COUNT' }, { at: 1e300 }),
      'EVENT_INVALID',
    ],
    [
      'a key that is not text',
      () => supervisor.send('counter/a', { type: 'COUNT' }, { key: 7 as never }),
      'EVENT_INVALID',
    ],
    [
      'an event that is not JSON',
      () => supervisor.send('counter/a', { type: 'COUNT', x: Number.NaN }),
      'NOT_JSON',
    ],
    [
      'a lane that there is not',
      () => supervisor.send('counter/a', { type: 'COUNT' }, { lane: 'fast' as never }),
      'OPTION_INVALID',
    ],
    [
      "the timers' own lane",
      async () => supervisor.tell('counter/a' as Address, { type: 'COUNT' }, { lane: 'timer' as never }),
      'OPTION_INVALID',
    ],
    [
      'a spawn in a lane that there is not',
      () => supervisor.spawn('counter', 'b', undefined, { lane: '' as never }),
      'OPTION_INVALID',
    ],
    ['an event that is too deep to be written', () => supervisor.send('counter/a', deep(9_000)), 'NOT_JSON'],
    [
      'an event that is too large',
      () => supervisor.send('counter/a', { type: 'COUNT', x: 'x'.repeat(100 * 2 ** 20) }),
      'VALUE_TOO_LARGE',
    ],
    ['an input that is not JSON', () => supervisor.spawn('counter', 'b', { f: () => {} }), 'NOT_JSON'],
    ['a stop of an unknown actor', () => supervisor.stopActor('counter/z'), 'ACTOR_UNKNOWN'],
    ['a release of an unknown actor', () => supervisor.release('counter/z'), 'ACTOR_UNKNOWN'],
    ['a record that is not a dead letter', () => supervisor.redeliver(1), 'LETTER_UNKNOWN'],
    ['a letter beyond the log', () => supervisor.redeliver(99), 'LETTER_UNKNOWN'],
    ['an unknown rev', () => supervisor.stateAt('counter/a', { rev: 99 }), 'REV_UNKNOWN'],
    [
      'a time that is not a number',
      () => supervisor.stateAt('counter/a', { at: Number.NaN }),
      'PLACE_INVALID',
    ],
    [
      'a date for a time',
      () => supervisor.stateAt('counter/a', { at: new Date() as never }),
      'PLACE_INVALID',
    ],
    ['half a rev', () => supervisor.stateAt('counter/a', { rev: 1.5 }), 'PLACE_INVALID'],
    [
      'a seq that is not a number',
      () => supervisor.stateAt('counter/a', { seq: Number.NaN }),
      'PLACE_INVALID',
    ],
    ['a place without a field', () => supervisor.stateAt('counter/a', {} as never), 'PLACE_INVALID'],
    [
      'two places at once',
      () => supervisor.stateAt('counter/a', { seq: 1, rev: 1 } as never),
      'PLACE_INVALID',
    ],
    [
      'a history from something that is not a number',
      async () => supervisor.history('counter/a', { fromRev: Number.NaN }),
      'PLACE_INVALID',
    ],
    ['records to a text', async () => supervisor.read({ toSeq: '7' as never }), 'PLACE_INVALID'],
    ['a dead letter whose seq is not a number', () => supervisor.redeliver(Number.NaN), 'LETTER_UNKNOWN'],
  ])('refuses %s', async (_, attempt, code) => {
    const { seq } = supervisor
    await expect(attempt()).rejects.toMatchObject({ code })
    if (code !== 'ACTOR_UNKNOWN') expect(supervisor.seq).toBe(seq)
    await bystanderGoesOn()
  })

  it.each(['__proto__', 'port', 'system', '', 'a.b', 'a/b', 'é'])(
    'is not made with a kind called "%s"',
    async (name) => {
      const machines = Object.defineProperty({}, name, { value: counter, enumerable: true })
      await expect(new Harness().open({ machines })).rejects.toMatchObject({ code: 'KIND_INVALID' })
    },
  )

  it('is not made with an unknown supervision', async () => {
    const machines = { counter: { machine: counter, supervision: { strategy: 'hope' as never } } }
    await expect(new Harness().open({ machines })).rejects.toMatchObject({ code: 'KIND_INVALID' })
  })

  it('names every wrong field of an event', async () => {
    await supervisor.spawn('strict', 's', undefined, { at: 1 })
    await expect(supervisor.send('strict/s', { type: 'COUNT', by: -1 })).rejects.toMatchObject({
      code: 'EVENT_INVALID',
      message: expect.stringContaining('by'),
    })
    await expect(supervisor.send('strict/s', { type: 'NONSENSE' })).rejects.toMatchObject({
      code: 'EVENT_INVALID',
    })
    await supervisor.send('strict/s', { type: 'COUNT', by: 2 })
  })

  it('refuses messages to an actor that has ended, and its stop', async () => {
    await supervisor.send('counter/a', { type: 'END' })
    await expect(supervisor.send('counter/a', { type: 'COUNT' })).rejects.toMatchObject({
      code: 'ACTOR_ENDED',
    })
    await expect(supervisor.stopActor('counter/a')).rejects.toMatchObject({ code: 'ACTOR_ENDED' })
  })

  it('goes on when a custom action throws, because the turn is already committed', async () => {
    await supervisor.send('counter/a', { type: 'BREAK' })
    await supervisor.idle()
    expect(harness.errors.join()).toContain('threw')
    await bystanderGoesOn()
  })

  it('fails the turn of an action that is not defined, and names it', async () => {
    await expect(supervisor.send('counter/a', { type: 'ODD' })).rejects.toMatchObject({
      code: 'ACTOR_FAILED',
      message: expect.stringMatching(/unheardOf.*\(ACTION_UNKNOWN\)$/),
      hint: expect.stringContaining('setup({ actions'),
      cause: expect.objectContaining({ code: 'ACTION_UNKNOWN' }),
    })
  })

  it('fails the turn that takes the system id of another actor', async () => {
    for (const id of ['one', 'two']) await supervisor.spawn('parentOfTwins', id, undefined, { at: 1 })
    await supervisor.send('parentOfTwins/one', { type: 'GO' })
    await expect(supervisor.send('parentOfTwins/two', { type: 'GO' })).rejects.toMatchObject({
      message: expect.stringContaining('the-only-one'),
    })
    expect(harness.value('parentOfTwins/two')).toBe('without')
    await supervisor.spawn('asker', 'x', undefined, { at: 1 })
    await supervisor.send('asker/x', { type: 'LOOK' })
    expect(harness.context('asker/x')).toEqual({ seen: ['the-only-one'] })
    await bystanderGoesOn()
  })

  it('delivers a dead letter again once its receiver exists', async () => {
    await expect(supervisor.send('counter/late', { type: 'COUNT' })).rejects.toMatchObject({
      code: 'ACTOR_UNKNOWN',
    })
    const letter = (await harness.records()).find(({ event }) => event.type === 'DEAD_LETTER')
    await supervisor.spawn('counter', 'late', undefined, { at: 2 })
    await supervisor.redeliver(letter!.seq)
    expect(harness.context('counter/late')).toEqual({ count: 1 })
  })

  it('refuses messages beyond its capacity, and works off all others', async () => {
    let told = 0
    let code: string | undefined
    try {
      for (; told < 200_000; told++) supervisor.tell('counter/a' as Address, { type: 'COUNT' })
    } catch (error) {
      code = (error as { code: string }).code
    }
    expect(code).toBe('MAILBOX_FULL')
    await supervisor.idle()
    expect(harness.context('counter/a')).toEqual({ count: told })
    await bystanderGoesOn()
  }, 60_000)

  it('takes nothing once it has stopped, and may be stopped twice', async () => {
    await supervisor.stop()
    await supervisor.stop()
    await expect(supervisor.send('counter/a', { type: 'COUNT' })).rejects.toMatchObject({ code: 'STOPPED' })
    expect(() => supervisor.tell('counter/a' as Address, { type: 'COUNT' })).toThrow(
      expect.objectContaining({ code: 'STOPPED' }),
    )
  })
})

describe('a context that grows', () => {
  it('ends at its limit: the turn beyond it is undone, and the store is whole', async () => {
    const hoarder = setup({
      types: {} as { context: { held: string[] }; events: { type: 'HOLD'; text: string } | { type: 'DROP' } },
    }).createMachine({
      context: { held: [] },
      on: {
        HOLD: { actions: assign({ held: ({ context, event }) => [...context.held, event.text] }) },
        DROP: { actions: assign({ held: [] }) },
      },
    })
    const harness = new Harness()
    const supervisor = await harness.open({ machines: { hoarder } })
    await supervisor.spawn('hoarder', 'h')
    const text = 'x'.repeat(3 * 2 ** 20)
    let held = 0
    const hold = () => supervisor.send('hoarder/h', { type: 'HOLD', text })
    while (
      await hold().then(
        () => true,
        (error) => error.cause.code !== 'HOLDS_TOO_MUCH',
      )
    )
      held++
    expect(held).toBe(21)
    await supervisor.send('hoarder/h', { type: 'DROP' })
    await hold()
    await supervisor.stop()
    await harness.open({ machines: { hoarder } })
    expect((harness.context('hoarder/h') as { held: string[] }).held).toHaveLength(1)
  })
})
