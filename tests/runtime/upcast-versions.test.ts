/** Upcasters beside what else makes a log of earlier builds fit: inputs that actors start over from, and upgrades. */
import { describe, expect, it } from 'vitest'
import { type AnyStateMachine, assign, setup } from 'xstate'
import type { Upcasters } from '../../src/runtime/actors/upcasters.ts'
import type { PastState } from '../../src/runtime/actors/upgrade.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import { Harness } from './harness.ts'

/** Counts from its input. Version 2 counts double. */
function counterOf(field: string, version: string): AnyStateMachine {
  return setup({
    types: {} as { context: Record<string, number>; input: Record<string, number>; events: AnyEvent },
  }).createMachine({
    id: 'counter',
    version,
    context: ({ input }) => ({ [field]: input[field] as number }),
    initial: 'on',
    states: {
      on: {
        on: {
          ADD: {
            actions: assign(({ context, event }) => ({
              [field]: (context[field] as number) + event[field] * Number(version),
            })),
          },
          THROW: {
            actions: () => {},
            guard: () => {
              throw new Error('no')
            },
          },
        },
      },
    },
  })
}

const rename = <T extends object>(of: T): T => {
  if (!Object.hasOwn(of, 'by')) return of
  const { by, ...others } = of as { by?: unknown }
  return { ...others, amount: by } as T
}
const upcasters: Upcasters = {
  events: { ADD: rename },
  input: (input) => rename(input as object),
  context: (context) => rename(context as object),
}
const supervision = {
  strategy: 'restart',
  backoff: { minMs: 10, maxMs: 10, restartsMax: 5, resetMs: 60_000 },
} as const
const before = { counter: { machine: counterOf('by', '1'), supervision } }

async function left(how: string, types: readonly string[] = []): Promise<Harness> {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: before })
  await supervisor.spawn('counter', 'c', { by: 5 })
  await supervisor.send('counter/c', { type: 'ADD', by: 1 })
  for (const type of types) await supervisor.send('counter/c', { type }).catch(() => {})
  await (how === 'stopped' ? supervisor.stop() : harness.crash())
  return harness
}

describe.each(['stopped', 'killed'])('a log of an earlier build that was %s', (how) => {
  it.each([
    ['starts over today', []],
    ['was to start over already', ['THROW']],
  ])('has the input of an actor that %s', async (_, types) => {
    const harness = await left(how, types)
    const machines = { counter: { machine: counterOf('amount', '1'), supervision, upcasters } }
    const supervisor = await harness.open({ machines })
    if (types.length === 0) {
      expect(harness.context('counter/c')).toEqual({ amount: 6 })
      await expect(supervisor.send('counter/c', { type: 'THROW' })).rejects.toThrow()
    }
    harness.clock.advanceTo(5_000)
    await supervisor.idle()
    expect(harness.context('counter/c')).toEqual({ amount: 5 })
    const [first] = await harness.records().then((all) => all.filter(({ actor }) => actor === 'counter/c'))
    expect(first?.event).toEqual({ type: 'xstate.init', input: { amount: 5 } })
    expect(await supervisor.verify()).toMatchObject({ problems: [] })
    await supervisor.stop()
  })

  it.each([true, false])(
    'is given today’s names before its upgrades, with the former machine: %s',
    async (hasPrevious) => {
      const seen: unknown[] = []
      const harness = await left(how)
      const note = <T>(of: T): T => {
        seen.push(of)
        return of
      }
      const machines = {
        counter: {
          machine: counterOf('amount', '2'),
          supervision,
          upcasters,
          ...(hasPrevious && { previous: [counterOf('amount', '1')] }),
          upgrades: [
            {
              from: '1',
              to: '2',
              migrate: ({ value, context }: PastState) => ({ value, context: note(context) }),
              upcast: (event: AnyEvent) => note(event),
            },
          ],
        },
      }
      const supervisor = await harness.open({ machines })
      await supervisor.send('counter/c', { type: 'ADD', amount: 10 })
      const isBlind = how === 'killed' && !hasPrevious
      expect(harness.context('counter/c')).toEqual({ amount: (isBlind ? 7 : 6) + 20 })
      expect(seen.length).toBeGreaterThan(0)
      expect(JSON.stringify(seen)).not.toContain('"by"')
      if (hasPrevious) expect(await supervisor.verify()).toMatchObject({ problems: [] })
      await supervisor.stop()
      await harness.open({ machines })
      expect(harness.context('counter/c')).toEqual({ amount: (isBlind ? 7 : 6) + 20 })
      await harness.supervisor.stop()
    },
  )
})
