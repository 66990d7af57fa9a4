/** Tests of the domain events that a supervisor hands out. */
import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { type EventEnvelope, envelopesOf } from '../../src/runtime/events/envelope.ts'
import type { EventHistoryOptions } from '../../src/runtime/events/event-history.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { bells } from './bells.ts'
import { Harness } from './harness.ts'

async function opened(): Promise<Harness> {
  const harness = new Harness()
  await harness.open({ machines: bells })
  await harness.supervisor.spawn('bell', 'a')
  return harness
}

describe('events$', () => {
  it('emits each durable event in its envelope, in the order of the log', async () => {
    const harness = await opened()
    const { supervisor } = harness
    const seen: EventEnvelope[] = []
    supervisor.events$.subscribe((envelope) => {
      expect(envelope.seq).toBeLessThanOrEqual(supervisor.seq)
      seen.push(envelope)
    })
    for (let n = 0; n < 50; n++) void supervisor.send('bell/a', { type: n % 3 === 0 ? 'TOUCH' : 'RING', n })
    const records = await harness.records()
    expect(seen).toEqual(records.flatMap(envelopesOf))
    expect(seen.length).toBe(66)
  })

  it('gives all subscribers the same envelope, and ends with the supervisor', async () => {
    const { supervisor } = await opened()
    const seen: [EventEnvelope[], EventEnvelope[]] = [[], []]
    let ended = 0
    const subscriptions = seen.map((list) =>
      supervisor.events$.subscribe({ next: (envelope) => list.push(envelope), complete: () => ended++ }),
    )
    await supervisor.send('bell/a', { type: 'RING', n: 1 })
    expect(seen[0][1]).toMatchObject({ type: 'ECHO', venue: 'sim' })
    expect(seen[0][1]).toBe(seen[1][1])
    subscriptions[0]?.unsubscribe()
    await supervisor.send('bell/a', { type: 'RING', n: 2 })
    expect(seen.map((list) => list.length)).toEqual([2, 4])
    await supervisor.stop()
    expect(ended).toBe(1)
    const late = new Subject<EventEnvelope>()
    late.subscribe({ complete: () => ended++ })
    supervisor.events$.subscribe(late)
    expect(ended).toBe(2)
  })

  it('keeps a subscriber that throws from the others', async () => {
    const harness = await opened()
    const { supervisor } = harness
    const seen: string[] = []
    supervisor.events$.subscribe(() => {
      throw undefined
    })
    supervisor.events$.subscribe(({ type }) => seen.push(type))
    await supervisor.send('bell/a', { type: 'RING', n: 1 })
    await supervisor.send('bell/a', { type: 'RING', n: 2 })
    expect(seen).toEqual(['RANG', 'ECHO', 'RANG', 'ECHO'])
    expect(harness.errors.filter((message) => message === 'an observer threw')).toHaveLength(4)
  })
})

describe('the history of events', () => {
  const listed = async (supervisor: Supervisor, options: EventHistoryOptions) => {
    const found: string[] = []
    for await (const { type, event } of supervisor.history(options)) found.push(`${type} ${event.n}`)
    return found
  }

  it('has the events of a type and a time, both ways, up to a limit', async () => {
    const harness = await opened()
    const { supervisor, clock } = harness
    for (let n = 1; n <= 6; n++) {
      clock.advanceTo(2_000 + n * 10)
      await supervisor.send('bell/a', { type: 'RING', n })
    }
    // A record may be late. It counts where the log was when it came.
    await supervisor.send('bell/a', { type: 'RING', n: 7, at: 5 })
    const all = [1, 2, 3, 4, 5, 6, 7].flatMap((n) => [`RANG ${n}`, `ECHO ${n}`])
    const rang = all.filter((line) => line.startsWith('RANG'))
    expect(await listed(supervisor, {})).toEqual(all)
    expect(await listed(supervisor, { reverse: true, limit: 3 })).toEqual(['ECHO 7', 'RANG 7', 'ECHO 6'])
    expect(await listed(supervisor, { type: 'RANG' })).toEqual(rang)
    expect(await listed(supervisor, { types: ['ECHO', 'RANG'], limit: 3 })).toEqual(all.slice(0, 3))
    expect(await listed(supervisor, { type: 'RANG', from: 2_020, to: 2_040 })).toEqual(rang.slice(1, 4))
    expect(await listed(supervisor, { type: 'RANG', from: 2_020.5, to: 2_039.5 })).toEqual(rang.slice(1, 3))
    expect(await listed(supervisor, { type: 'RANG', from: 2_060 })).toEqual(rang.slice(5))
    expect(await listed(supervisor, { type: 'RANG', from: 2_061 })).toEqual([])
    expect(await listed(supervisor, { from: -Infinity, to: Infinity })).toEqual(all)
    const fromSeq = supervisor.seq
    expect(await listed(supervisor, { type: 'RANG', fromSeq })).toEqual(['RANG 7'])
    expect(await listed(supervisor, { type: 'rang' })).toEqual([])
    await supervisor.stop()
  })

  it.each<[string, object, string]>([
    ['an unknown option', { tpye: 'RANG' }, 'OPTION_UNKNOWN'],
    ['a type and types', { type: 'RANG', types: ['ECHO'] }, 'OPTION_INVALID'],
    ['a type that is no text', { type: 7 }, 'OPTION_INVALID'],
    ['a time that is no number', { from: '2020' }, 'OPTION_INVALID'],
    ['a limit that is no number', { limit: Number.NaN }, 'OPTION_INVALID'],
  ])('refuses %s', async (_, options, code) => {
    const { supervisor } = await opened()
    expect(() => supervisor.history(options)).toThrowError(expect.objectContaining({ code }))
    const emitting = 'RANG' as unknown as string[]
    expect(() => supervisor.read({ emitting })).toThrowError(
      expect.objectContaining({ code: 'PLACE_INVALID' }),
    )
    await supervisor.stop()
  })
})
