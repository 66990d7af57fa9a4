/** Tests of messages that are sent together: all or none, in one commit, with an outcome for each. */
import { describe, expect, it, vi } from 'vitest'
import { sendTo, setup } from 'xstate'
import type { Machines } from '../../src/runtime/actors/kind.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import { Harness } from './harness.ts'

/** ADD is taken, FAIL throws, SPREAD leads to 100 further records. */
const counter = setup({}).createMachine({
  id: 'counter',
  initial: 'on',
  states: {
    on: {
      on: {
        ADD: { actions: [] },
        FAIL: {
          guard: () => {
            throw new Error('no')
          },
        },
        SPREAD: {
          actions: Array.from({ length: 100 }, () =>
            sendTo(({ system }) => system.get('counter/sink'), { type: 'ADD' }),
          ),
        },
      },
    },
  },
})
const machines: Machines = { counter: { machine: counter } }
const ADD: AnyEvent = { type: 'ADD' }

async function opened(): Promise<Harness> {
  const harness = new Harness()
  const { supervisor } = { supervisor: await harness.open({ machines }) }
  for (const id of ['a', 'b', 'sink']) await supervisor.spawn('counter', id)
  return harness
}

/** Notes the records of each commit from now on. */
function commitsOf({ store }: Harness): number[][] {
  const commits: number[][] = []
  const append = store.append.bind(store)
  vi.spyOn(store, 'append').mockImplementation((commit) => {
    commits.push(commit.records.map(({ seq }) => seq))
    return append(commit)
  })
  return commits
}

describe('sendAll', () => {
  it('puts all into one commit, in order, with no other message in between', async () => {
    const harness = await opened()
    const { supervisor } = harness
    const commits = commitsOf(harness)
    const before = supervisor.seq
    const singles = Array.from({ length: 1_990 }, () => supervisor.send('counter/b', ADD))
    const together = supervisor.sendAll(
      Array.from({ length: 300 }, (_, n) => ({ to: 'counter/a', event: { ...ADD, n } })),
    )
    const more = Array.from({ length: 50 }, () => supervisor.send('counter/b', ADD))
    const outcomes = await together
    await Promise.all([...singles, ...more])
    const seqs = outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value.seq)
    const first = seqs[0] as number
    expect(first).toBeGreaterThan(before)
    expect(seqs).toEqual(Array.from({ length: 300 }, (_, i) => first + i))
    expect(commits.filter((commit) => commit.some((seq) => seqs.includes(seq)))).toHaveLength(1)
    const taken = (await harness.records()).filter(({ actor, rev }) => actor === 'counter/a' && rev > 1)
    expect(taken.map(({ event }) => event.n)).toEqual(Array.from({ length: 300 }, (_, n) => n))
    await supervisor.stop()
  })

  it.each<[string, object, string]>([
    ['an event without a type', { to: 'counter/b', event: {} }, 'EVENT_INVALID'],
    ['no address', { to: 'b', event: ADD }, 'ADDRESS_INVALID'],
    [
      'a value that the log cannot keep',
      { to: 'counter/b', event: { ...ADD, when: new Date(0) } },
      'NOT_JSON',
    ],
    ['an unknown option', { to: 'counter/b', event: ADD, kye: 'k' }, 'OPTION_UNKNOWN'],
    ['a cause that is no record yet', { to: 'counter/b', event: ADD, cause: 1e9 }, 'EVENT_INVALID'],
    ["the runtime's own actor", { to: 'system/clock', event: ADD }, 'ACTOR_RESERVED'],
  ])('sends none when one of them is wrong: %s', async (_, wrong, code) => {
    const harness = await opened()
    const { supervisor } = harness
    const before = await harness.records()
    const messages = [{ to: 'counter/a', event: ADD }, wrong] as Parameters<typeof supervisor.sendAll>[0]
    await expect(supervisor.sendAll(messages)).rejects.toMatchObject({ code })
    expect(await harness.records()).toEqual(before)
    await supervisor.stop()
  })

  it.each<[string, unknown, object?]>([
    ['no list', 'counter/a'],
    ['a list of something else', [undefined]],
    ['too many', Array(1_001).fill({ to: 'counter/a', event: ADD })],
    ['an unknown lane', [{ to: 'counter/a', event: ADD }], { lane: 'fast' }],
  ])('refuses %s', async (_, messages, options) => {
    const { supervisor } = await opened()
    const sendAll = supervisor.sendAll.bind(supervisor) as (...args: unknown[]) => Promise<unknown>
    await expect(sendAll(messages, options)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    await supervisor.stop()
  })

  it('tells of each message what came of it', async () => {
    const harness = await opened()
    const { supervisor } = harness
    const commits = commitsOf(harness)
    const messages = [
      { to: 'counter/a', event: ADD, key: 'once' },
      { to: 'counter/a', event: { type: 'FAIL' } },
      { to: 'counter/nobody', event: ADD },
      { to: 'counter/a', event: ADD, key: 'once' },
      { to: 'counter/b', event: ADD },
    ]
    const outcomes = await supervisor.sendAll(messages)
    // The failure is a record of the actor, and has a dead letter.
    const seq = supervisor.seq - 4
    expect(outcomes).toMatchObject([
      { status: 'fulfilled', value: { seq, duplicate: false } },
      { status: 'rejected', reason: { code: 'ACTOR_FAILED' } },
      { status: 'rejected', reason: { code: 'ACTOR_UNKNOWN' } },
      { status: 'fulfilled', value: { seq, duplicate: true } },
      { status: 'fulfilled', value: { seq: seq + 4, duplicate: false } },
    ])
    expect(commits).toEqual([[0, 1, 2, 3, 4].map((i) => seq + i)])
    expect(await supervisor.sendAll([])).toEqual([])
    await supervisor.stop()
    await expect(supervisor.sendAll(messages)).rejects.toMatchObject({ code: 'STOPPED' })
  })

  it('takes no more than one commit can have', async () => {
    const { supervisor } = await opened()
    const outcomes = await supervisor.sendAll(Array(120).fill({ to: 'counter/a', event: { type: 'SPREAD' } }))
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    expect(refused.length).toBe(20)
    expect(outcomes.slice(-20)).toEqual(refused)
    expect(refused[0]).toMatchObject({ reason: { code: 'TURN_TOO_LONG' } })
    await supervisor.stop()
  })

  it('refuses what would wait beyond the mailbox', async () => {
    const { supervisor, store } = await opened()
    // All that wait are refused soon.
    vi.spyOn(store, 'append').mockRejectedValue(new Error('no space left'))
    const messages = Array(1_000).fill({ to: 'counter/a', event: ADD })
    const sent = Array.from({ length: 101 }, () => supervisor.sendAll(messages))
    const codes = (await Promise.allSettled(sent)).map(
      (result) => (result as PromiseRejectedResult).reason.code,
    )
    expect(codes).toEqual([...Array(100).fill('STORE_FENCED'), 'MAILBOX_FULL'])
    await supervisor.stop()
  })

  it('rejects when the log refuses the commit', async () => {
    const harness = await opened()
    vi.spyOn(harness.store, 'append').mockRejectedValue(new Error('no space left'))
    await expect(
      harness.supervisor.sendAll([
        { to: 'counter/a', event: ADD },
        { to: 'counter/b', event: ADD },
      ]),
    ).rejects.toMatchObject({ code: 'STORE_FENCED' })
    await harness.supervisor.stop()
  })
})
