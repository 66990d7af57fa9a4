/** Tests dead letters that a person settles: each once, by a record that says who asked. */
import { beforeEach, describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { SettledLetters } from '../../src/runtime/state/settled-letters.ts'
import { Harness } from './harness.ts'

const counter = setup({ types: {} as { context: { n: number } } }).createMachine({
  context: { n: 0 },
  on: { INC: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
})
const machines = { counter }
const LETTERS = 'system/dead-letters'

let harness: Harness
/** seq of the dead letter. */
let letter: number
beforeEach(async () => {
  harness = new Harness()
  await harness.open({ machines })
  await harness.supervisor.send('counter/late', { type: 'INC' }).catch(() => {})
  letter = (await harness.records()).find(({ event }) => event.type === 'DEAD_LETTER')?.seq as number
})

const settlings = async () =>
  (await harness.records()).flatMap(({ actor, event, ...record }) =>
    actor === LETTERS && event.type !== 'DEAD_LETTER' && event.type !== 'xstate.init'
      ? [{ event, ...record }]
      : [],
  )

describe('a dead letter', () => {
  it('is sent again, with a record of who asked', async () => {
    const { supervisor } = harness
    await supervisor.spawn('counter', 'late')
    const { seq } = await supervisor.redeliver(letter, {
      by: 'ann',
      reason: 'it is there now',
      request: 'r-1',
    })
    expect(harness.context('counter/late')).toEqual({ n: 1 })
    expect((await harness.records()).at(-1)).toMatchObject({ seq, actor: 'counter/late', cause: letter })
    expect(await settlings()).toMatchObject([
      {
        event: { type: 'outcry.letterRedelivered', letter, by: 'ann', reason: 'it is there now' },
        cause: letter,
        request: 'r-1',
      },
    ])
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it('is dropped, with a record of who asked, and nobody gets it', async () => {
    const { supervisor } = harness
    await supervisor.spawn('counter', 'late')
    const { seq } = await supervisor.dropLetter(letter, { by: 'ann', reason: 'too late' })
    expect(await settlings()).toMatchObject([
      { seq, event: { type: 'outcry.letterDropped', letter, by: 'ann', reason: 'too late' } },
    ])
    expect(harness.context('counter/late')).toEqual({ n: 0 })
    expect((await supervisor.verify()).problems).toEqual([])
  })

  it.each(['redeliver', 'dropLetter'] as const)(
    'is settled once, also after a restart: %s',
    async (settle) => {
      await harness.supervisor.spawn('counter', 'late')
      const both = await Promise.allSettled([
        harness.supervisor[settle](letter),
        harness.supervisor.redeliver(letter),
      ])
      expect(both).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'LETTER_SETTLED' } }])
      await harness.crash()
      const supervisor = await harness.open({ machines })
      await expect(supervisor.redeliver(letter)).rejects.toMatchObject({ code: 'LETTER_SETTLED' })
      await expect(supervisor.dropLetter(letter)).rejects.toMatchObject({ code: 'LETTER_SETTLED' })
      expect(await settlings()).toHaveLength(1)
    },
  )

  it('that is refused again has a letter of its own, which can be sent', async () => {
    const { supervisor } = harness
    await expect(supervisor.redeliver(letter)).rejects.toMatchObject({ code: 'ACTOR_UNKNOWN' })
    const [, second] = (await harness.records()).filter(({ event }) => event.type === 'DEAD_LETTER')
    expect(second).toMatchObject({ cause: letter, event: { to: 'counter/late' } })
    await supervisor.spawn('counter', 'late')
    await supervisor.redeliver(second?.seq as number)
    expect(harness.context('counter/late')).toEqual({ n: 1 })
  })

  it.each(['redeliver', 'dropLetter'] as const)(
    'stays as it is for a key that is used for something else, before it or meanwhile: %s',
    async (settle) => {
      const { supervisor } = harness
      for (const id of ['late', 'b']) await supervisor.spawn('counter', id)
      const before = supervisor.seq
      const meanwhile = supervisor[settle](letter, { key: 'k-1' })
      const sent = supervisor.send('counter/b', { type: 'INC' }, { key: 'k-1' })
      await expect(meanwhile).rejects.toMatchObject({ code: 'KEY_REUSED' })
      expect(await sent).toEqual({ seq: before + 1, duplicate: false })
      await expect(supervisor[settle](letter, { key: 'k-1' })).rejects.toMatchObject({ code: 'KEY_REUSED' })
      expect([supervisor.seq, harness.context('counter/late')]).toEqual([before + 1, { n: 0 }])
      const { seq, duplicate } = await supervisor[settle](letter, { key: 'k-2' })
      expect(duplicate).toBe(false)
      expect(await supervisor[settle](letter, { key: 'k-2' })).toEqual({ seq, duplicate: true })
      expect(harness.context('counter/late')).toEqual({ n: settle === 'redeliver' ? 1 : 0 })
      expect(await settlings()).toHaveLength(1)
      expect((await supervisor.verify()).problems).toEqual([])
    },
  )

  it.each([
    ['a record of another kind', 1],
    ['a seq beyond the log', 99],
    ['no seq', Number.NaN],
  ])('is refused for %s', async (_, seq) => {
    const { supervisor } = harness
    await expect(supervisor.dropLetter(seq)).rejects.toMatchObject({ code: 'LETTER_UNKNOWN' })
    await expect(supervisor.redeliver(seq)).rejects.toMatchObject({ code: 'LETTER_UNKNOWN' })
    expect(await settlings()).toEqual([])
  })
})

it.each([
  ['all', 100],
  ['some', 3],
  ['none', 0],
])(
  'which letters are settled is known of %s of them in any order, and new records are read once',
  async (_, max) => {
    const { supervisor, store } = harness
    for (let n = 0; n < 12; n++) await supervisor.send('counter/late', { type: 'INC', n }).catch(() => {})
    const letters = (await harness.records()).filter(({ event }) => event.type === 'DEAD_LETTER')
    const isInBackground: (boolean | undefined)[] = []
    let records = 0
    const counted = {
      async *history(...[actor, options]: Parameters<typeof store.history>) {
        isInBackground.push(options?.inBackground)
        for await (const record of store.history(actor, options)) {
          records++
          yield record
        }
      },
    }
    const settled = new SettledLetters(counted, max)
    const isSettled = new Set<number>()
    // A middle one first, and from there in both directions.
    for (const i of [6, 7, 5, 8, 4, 3, 10, 0]) {
      const seq = letters[i]?.seq as number
      expect(await settled.find(letters[i] as TransitionRecord)).toBeUndefined()
      const { seq: by } = await supervisor.dropLetter(seq)
      isSettled.add(seq)
      expect(await settled.find(letters[i] as TransitionRecord)).toMatchObject({
        type: 'outcry.letterDropped',
        by,
      })
      for (const letter of letters)
        expect((await settled.find(letter)) !== undefined).toBe(isSettled.has(letter.seq))
    }
    expect(new Set(isInBackground)).toEqual(new Set([true]))
    // The history has a first record, the letters and the drops.
    if (max === 100) expect(records).toBeLessThanOrEqual(1 + letters.length + isSettled.size)
  },
)
