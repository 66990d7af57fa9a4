/** Tests of the domain events that a supervisor hands out. */
import { Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { type EventEnvelope, envelopesOf } from '../../src/runtime/events/envelope.ts'
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
