/** Tests of handlers that take durable events: in order, at least once, and harmless to all else. */
import { describe, expect, it } from 'vitest'
import type { EventEnvelope } from '../../src/runtime/events/envelope.ts'
import type { EventSubscription } from '../../src/runtime/subscriptions/options.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { bells } from './bells.ts'
import { eventually, Harness } from './harness.ts'

type Options = Partial<Parameters<Harness['open']>[0]>
/** For handlers that never end. */
const HASTY: Options = { handlerStopMs: 20 }

async function opened(options: Options = {}): Promise<Harness> {
  const harness = await reopened(new Harness(), options)
  await harness.supervisor.spawn('bell', 'a')
  return harness
}

async function reopened(harness: Harness, options: Options = {}): Promise<Harness> {
  await harness.open({ machines: bells, ...options })
  return harness
}

/** Rings the bell with the numbers from `from` to `to`, and waits until all is durable. */
async function ring(supervisor: Supervisor, from: number, to = from): Promise<void> {
  const sent: Promise<unknown>[] = []
  for (let n = from; n <= to; n++) sent.push(supervisor.send('bell/a', { type: 'RING', n }))
  await Promise.all(sent)
}

function upTo(to: number, from = 1): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

/** A promise that the test settles. */
function held(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

const n = ({ event }: EventEnvelope) => event.n as number
const RANG = 'events.rang.>'

describe('a subscription', () => {
  it('gets the events of its topics that are published after it began, in order', async () => {
    const { supervisor } = await opened()
    await ring(supervisor, 1, 3)
    const all: string[] = []
    const some: string[] = []
    const note = (list: string[]) => (envelope: EventEnvelope) =>
      void list.push(`${envelope.type} ${n(envelope)}`)
    await supervisor.subscribe('events.>', note(all))
    await supervisor.subscribe(['events.*.sim.*', 'events.echo.>'], note(some))
    await ring(supervisor, 4, 5)
    expect(all).toEqual(['RANG 4', 'ECHO 4', 'RANG 5', 'ECHO 5'])
    expect(some).toEqual(['ECHO 4', 'ECHO 5'])
    await supervisor.stop()
  })

  it('begins behind `since`, and goes on with what comes without a gap or a repeat', async () => {
    const { supervisor } = await opened()
    await ring(supervisor, 1, 300)
    const seen: number[] = []
    await supervisor.subscribe(RANG, (envelope) => void seen.push(n(envelope)), { since: 1 })
    for (let at = 301; at <= 600; at += 50) await ring(supervisor, at, at + 49)
    await eventually(() => expect(seen).toHaveLength(600))
    expect(seen).toEqual(upTo(600))
    await supervisor.stop()
  })

  it('gives an async handler one event at a time', async () => {
    const { supervisor } = await opened()
    const log: string[] = []
    await supervisor.subscribe(RANG, async (envelope) => {
      log.push(`begin ${n(envelope)}`)
      await new Promise(setImmediate)
      log.push(`end ${n(envelope)}`)
    })
    await ring(supervisor, 1, 50)
    await eventually(() => expect(log).toHaveLength(100))
    expect(log).toEqual(upTo(50).flatMap((i) => [`begin ${i}`, `end ${i}`]))
    await supervisor.stop()
  })

  it('gives its handler only what the filter lets through', async () => {
    const { supervisor } = await opened()
    const seen: number[] = []
    const filter = (envelope: EventEnvelope) => n(envelope) % 3 === 0
    await supervisor.subscribe(RANG, (envelope) => void seen.push(n(envelope)), { filter })
    await ring(supervisor, 1, 10)
    expect(seen).toEqual([3, 6, 9])
    await supervisor.stop()
  })

  it('tries again, and gives up with a dead letter, and then goes on', async () => {
    const harness = await opened()
    const { supervisor } = harness
    const attempts: string[] = []
    await supervisor.subscribe(
      RANG,
      (envelope, { attempt }) => {
        attempts.push(`${n(envelope)}#${attempt}`)
        if (n(envelope) === 2) throw undefined
        if (n(envelope) === 3 && attempt < 2) return Promise.reject(new Error('not yet'))
        return undefined
      },
      { name: 'mail', retries: 2, retryDelayMs: 0 },
    )
    await ring(supervisor, 1, 4)
    await eventually(() => expect(attempts).toEqual(['1#1', '2#1', '2#2', '2#3', '3#1', '3#2', '4#1']))
    const [letter] = (await harness.records()).filter(({ event }) => event.type === 'DEAD_LETTER')
    expect(letter?.event).toMatchObject({
      to: 'system/subscriptions/mail',
      reason: 'handlerFailed',
      event: { type: 'RANG', n: 2 },
      error: { message: 'undefined' },
    })
    const [cause] = (await harness.records()).filter(({ event }) => event.type === 'RING' && event.n === 2)
    expect(letter).toMatchObject({ cause: cause?.seq, correlation: cause?.correlation })
    await expect(supervisor.redeliver(letter?.seq ?? 0)).rejects.toMatchObject({ code: 'LETTER_UNKNOWN' })
    await supervisor.stop()
  })

  it('hands a dead letter to its own function, and records what that cannot take', async () => {
    const harness = await opened()
    const { supervisor } = harness
    const letters: unknown[] = []
    await supervisor.subscribe(
      RANG,
      async (envelope) => {
        throw new Error(`no ${n(envelope)}`)
      },
      {
        retries: 0,
        deadLetter: async (envelope, error) => {
          letters.push([n(envelope), (error as Error).message])
          if (n(envelope) === 2) throw new Error('nor this')
        },
      },
    )
    await ring(supervisor, 1, 3)
    await eventually(() => expect(letters).toHaveLength(3))
    expect(letters).toEqual([
      [1, 'no 1'],
      [2, 'no 2'],
      [3, 'no 3'],
    ])
    expect(await harness.deadLetters()).toMatchObject([
      { to: 'system/subscriptions/-', event: { n: 2 }, error: { message: 'no 2' } },
    ])
    await supervisor.stop()
  })
})

describe('a handler', () => {
  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    [
      'throws undefined',
      () => {
        throw undefined
      },
    ],
    ['is rejected with nothing', () => Promise.reject()],
    ['hangs for ever', () => new Promise(() => {})],
    [
      'returns what throws when it is waited for',
      () =>
        Object.defineProperty({}, 'then', {
          get() {
            throw new Error('no')
          },
        }),
    ],
  ])('that %s stops no other, no commit and no stop', async (_, handler) => {
    const { supervisor } = await opened(HASTY)
    const seen: number[] = []
    await supervisor.subscribe('>', handler, { retryDelayMs: 100_000 })
    await supervisor.subscribe(RANG, (envelope) => void seen.push(n(envelope)))
    await ring(supervisor, 1, 200)
    expect(seen).toEqual(upTo(200))
    await supervisor.stop()
  })

  it('that is slow is given all, from the log once many wait for it', async () => {
    const { supervisor } = await opened()
    const seen: number[] = []
    const first = held()
    await supervisor.subscribe(RANG, async (envelope) => {
      await first.promise
      seen.push(n(envelope))
    })
    for (let at = 1; at <= 6_000; at += 1_000) await ring(supervisor, at, at + 999)
    expect(seen).toEqual([])
    first.resolve()
    await eventually(() => expect(seen).toHaveLength(6_000))
    await ring(supervisor, 6_001, 6_010)
    await eventually(() => expect(seen).toHaveLength(6_010))
    expect(seen).toEqual(upTo(6_010))
    await supervisor.stop()
  })

  it('sends to actors and waits for them, and hears what came of it', async () => {
    const { supervisor } = await opened()
    const seen: number[] = []
    await supervisor.subscribe(RANG, async (envelope) => {
      seen.push(n(envelope))
      if (n(envelope) < 20) await supervisor.send('bell/a', { type: 'RING', n: n(envelope) + 1 })
    })
    await ring(supervisor, 1)
    await eventually(() => expect(seen).toEqual(upTo(20)))
    await supervisor.stop()
  })

  it('ends its own subscription, and begins others', async () => {
    const harness = await opened()
    const { supervisor } = harness
    const seen: string[] = []
    await supervisor.subscribe(
      RANG,
      async (envelope, { unsubscribe }) => {
        seen.push(`first ${n(envelope)}`)
        unsubscribe()
        await supervisor.subscribe(RANG, (later) => void seen.push(`second ${n(later)}`))
      },
      { name: 'once' },
    )
    await ring(supervisor, 1, 5)
    await ring(supervisor, 6)
    expect(seen.filter((line) => line.startsWith('first'))).toEqual(['first 1'])
    expect(seen).toContain('second 6')
    // The name is free again once the position is kept.
    await eventually(async () => {
      const again = await supervisor.subscribe(RANG, (envelope) => void seen.push(`again ${n(envelope)}`), {
        name: 'once',
      })
      expect(again.closed).toBe(false)
    })
    await eventually(() => expect(seen).toContain('again 6'))
    expect(seen.filter((line) => line.startsWith('again'))).toEqual(upTo(6, 2).map((i) => `again ${i}`))
    await supervisor.stop()
  })

  it('that waits for its own end waits alone', async () => {
    const { supervisor } = await opened(HASTY)
    const subscription: EventSubscription = await supervisor.subscribe(RANG, () => subscription.unsubscribe())
    const seen: number[] = []
    await supervisor.subscribe(RANG, (envelope) => void seen.push(n(envelope)))
    await ring(supervisor, 1, 3)
    expect(seen).toEqual([1, 2, 3])
    expect(subscription.closed).toBe(true)
    await supervisor.stop()
  })
})

describe('a durable subscription', () => {
  it('goes on after a restart with the first event that it has not handled', async () => {
    const harness = await opened()
    await ring(harness.supervisor, 1, 2)
    const seen: number[] = []
    const handler = (envelope: EventEnvelope) => void seen.push(n(envelope))
    await harness.supervisor.subscribe(RANG, handler, { name: 'mail' })
    await ring(harness.supervisor, 3, 5)
    await harness.supervisor.stop()
    await reopened(harness)
    await ring(harness.supervisor, 6, 7)
    expect(seen).toEqual([3, 4, 5])
    await harness.supervisor.subscribe(RANG, handler, { name: 'mail', since: 0 })
    await eventually(() => expect(seen).toEqual(upTo(7, 3)))
    await harness.supervisor.stop()
  })

  it('keeps its place between two events of one record', async () => {
    const harness = await opened()
    const seen: string[] = []
    const echo = held()
    const subscription = await harness.supervisor.subscribe(
      'events.>',
      async ({ type }) => {
        seen.push(type)
        if (seen.length === 1) await echo.promise
      },
      { name: 'mail' },
    )
    await ring(harness.supervisor, 1)
    const ended = subscription.unsubscribe()
    echo.resolve()
    await ended
    expect(seen).toEqual(['RANG'])
    await harness.supervisor.stop()
    await reopened(harness)
    await harness.supervisor.subscribe('events.>', ({ type }) => void seen.push(type), { name: 'mail' })
    await eventually(() => expect(seen).toEqual(['RANG', 'ECHO']))
    await harness.supervisor.stop()
  })

  it('gets again what it had in hand when it ended', async () => {
    const harness = await opened()
    const seen: number[] = []
    await harness.supervisor.subscribe(
      RANG,
      (envelope) => {
        seen.push(n(envelope))
        if (n(envelope) === 2) throw new Error('not now')
      },
      { name: 'mail', retryDelayMs: 1_000_000 },
    )
    await ring(harness.supervisor, 1, 3)
    expect(seen).toEqual([1, 2])
    await harness.supervisor.stop()
    await reopened(harness)
    await harness.supervisor.subscribe(RANG, (envelope) => void seen.push(n(envelope)), { name: 'mail' })
    await eventually(() => expect(seen).toEqual([1, 2, 2, 3]))
    expect(await harness.deadLetters()).toEqual([])
    await harness.supervisor.stop()
  })

  it('is refused a second time, and after its end goes on where it was, or begins anew', async () => {
    const { supervisor } = await opened()
    const seen: number[] = []
    const handler = (envelope: EventEnvelope) => void seen.push(n(envelope))
    const beginning = supervisor.subscribe(RANG, handler, { name: 'mail' })
    await expect(supervisor.subscribe(RANG, handler, { name: 'mail' })).rejects.toMatchObject({
      code: 'SUBSCRIPTION_EXISTS',
    })
    const first = await beginning
    await ring(supervisor, 1)
    const ended = first.unsubscribe()
    await expect(supervisor.subscribe(RANG, handler, { name: 'mail' })).rejects.toMatchObject({
      code: 'SUBSCRIPTION_EXISTS',
    })
    await ended
    await ring(supervisor, 2)
    const second = await supervisor.subscribe(RANG, handler, { name: 'mail' })
    await eventually(() => expect(seen).toEqual([1, 2]))
    // An end that has passed does not move the position back.
    await first.unsubscribe({ forget: true })
    await second.unsubscribe({ forget: true })
    await ring(supervisor, 3)
    await supervisor.subscribe(RANG, handler, { name: 'mail' })
    await ring(supervisor, 4)
    expect(seen).toEqual([1, 2, 4])
    await supervisor.stop()
  })

  it('takes its position along with a commit, and with none soon after', async () => {
    const harness = await opened()
    const { supervisor } = harness
    await supervisor.subscribe(RANG, () => {}, { name: 'mail' })
    await ring(supervisor, 1)
    const { seq } = supervisor
    await supervisor.send('bell/a', { type: 'TOUCH' })
    expect(harness.store.position('mail')).toEqual({ name: 'mail', seq })
    await ring(supervisor, 2)
    await eventually(() => expect(harness.store.position('mail')?.seq).toBe(supervisor.seq))
    await supervisor.stop()
  })

  it('passes events that it does not want', async () => {
    const harness = await opened()
    const { supervisor } = harness
    await supervisor.subscribe('events.other.>', () => {}, { name: 'mail' })
    for (let at = 1; at <= 11_000; at += 1_000) await ring(supervisor, at, at + 999)
    await supervisor.send('bell/a', { type: 'TOUCH' })
    expect(harness.store.position('mail')?.seq).toBeGreaterThan(10_000)
    await supervisor.stop()
    await reopened(harness)
    expect(harness.store.position('mail')?.seq).toBeGreaterThan(11_000)
    await harness.supervisor.stop()
  })

  it('that is beyond the log goes on from its end, and says so', async () => {
    const harness = await opened()
    await harness.store.putPositions([{ name: 'mail', seq: 1_000, state: { events: 2 } }])
    const seen: number[] = []
    await harness.supervisor.subscribe(RANG, (envelope) => void seen.push(n(envelope)), { name: 'mail' })
    await ring(harness.supervisor, 1)
    expect(seen).toEqual([1])
    expect(harness.errors).toContainEqual(
      expect.stringMatching(/"mail" was at seq 1000, and the log ends at \d+/),
    )
    await harness.supervisor.stop()
  })
})

describe('the end of a supervisor', () => {
  it('waits until handlers have taken what waits for them', async () => {
    const { supervisor } = await opened()
    const seen: number[] = []
    await supervisor.subscribe(RANG, async (envelope) => {
      await new Promise(setImmediate)
      seen.push(n(envelope))
    })
    await ring(supervisor, 1, 100)
    await supervisor.stop()
    expect(seen).toEqual(upTo(100))
    await expect(supervisor.subscribe(RANG, () => {})).rejects.toMatchObject({ code: 'STOPPED' })
  })

  it('does not wait for ever for a handler that hangs, and none of its events is lost', async () => {
    const harness = await opened(HASTY)
    const seen: number[] = []
    await harness.supervisor.subscribe(RANG, () => new Promise(() => {}), { name: 'mail' })
    await harness.supervisor.subscribe(RANG, () => harness.supervisor.stop())
    await ring(harness.supervisor, 1, 3)
    await harness.supervisor.stop()
    await reopened(harness)
    await harness.supervisor.subscribe(RANG, (envelope) => void seen.push(n(envelope)), { name: 'mail' })
    await eventually(() => expect(seen).toEqual([1, 2, 3]))
    await harness.supervisor.stop()
  })

  it.each([
    ['is slow', {}, 5_000],
    ['reads the past', { since: 0 }, 100],
  ])(
    'gives a subscription without a name the rest of its events when it is behind: it %s',
    async (_, options, count) => {
      const { supervisor } = await opened()
      const go = held()
      const seen: number[] = []
      if (!('since' in options)) await subscribed()
      await ring(supervisor, 1, count)
      if ('since' in options) await subscribed()
      const stopped = supervisor.stop()
      go.resolve()
      await stopped
      expect(seen).toEqual(upTo(count))

      function subscribed() {
        return supervisor.subscribe(
          RANG,
          async (envelope) => {
            await go.promise
            seen.push(n(envelope))
          },
          options,
        )
      }
    },
  )

  it('says so when a subscription without a name could not have the rest of its events', async () => {
    const { supervisor, errors } = await opened(HASTY)
    await supervisor.subscribe(RANG, () => new Promise(() => {}))
    await ring(supervisor, 1, 5_000)
    await supervisor.stop()
    expect(errors).toEqual(['a subscription ended before it had handled all its events'])
  })

  it('leaves to the next start what a handler could not send any more', async () => {
    const harness = await opened()
    const go = held()
    const errors: unknown[] = []
    await harness.supervisor.subscribe(
      RANG,
      async () => {
        await go.promise
        await harness.supervisor.send('bell/a', { type: 'TOUCH' }).catch((error) => {
          errors.push(error)
          throw error
        })
      },
      { name: 'mail', retries: 0 },
    )
    await ring(harness.supervisor, 1)
    const stopped = harness.supervisor.stop()
    go.resolve()
    await stopped
    expect(errors).toMatchObject([{ code: 'STOPPED' }])
    await reopened(harness)
    const seen: number[] = []
    await harness.supervisor.subscribe(RANG, (envelope) => void seen.push(n(envelope)), { name: 'mail' })
    await eventually(() => expect(seen).toEqual([1]))
    expect(await harness.deadLetters()).toEqual([])
    await harness.supervisor.stop()
  })
})

describe('options of a subscription', () => {
  it.each<[string, unknown[]]>([
    ['no topic', [undefined, () => {}]],
    ['no topics', [[], () => {}]],
    ['a topic that no event can have', ['events.RANG.>', () => {}]],
    ['a topic of records', ['transitions.order.*', () => {}]],
    ['no handler', [RANG]],
    ['a wrong name', [RANG, () => {}, { name: ' ' }]],
    ['a negative number of retries', [RANG, () => {}, { retries: -1 }]],
    ['half a retry', [RANG, () => {}, { retries: 0.5 }]],
    ['an endless delay', [RANG, () => {}, { retryDelayMs: Infinity }]],
    ['a filter that is no function', [RANG, () => {}, { filter: 'n > 1' }]],
    ['a place that is no number', [RANG, () => {}, { since: '1' }]],
    ['null', [RANG, () => {}, null]],
  ])('are refused: %s', async (_, args) => {
    const { supervisor } = await opened()
    const subscribe = supervisor.subscribe.bind(supervisor) as (...args: unknown[]) => Promise<unknown>
    await expect(subscribe(...args)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    await supervisor.stop()
  })

  it('are refused when they are not known, or beyond the log', async () => {
    const { supervisor } = await opened()
    const wrong = { nmae: 'mail' } as object
    await expect(supervisor.subscribe(RANG, () => {}, wrong)).rejects.toMatchObject({
      code: 'OPTION_UNKNOWN',
    })
    await expect(supervisor.subscribe(RANG, () => {}, { since: 1e6 })).rejects.toMatchObject({
      code: 'SEQ_UNKNOWN',
    })
    const subscription = await supervisor.subscribe(RANG, () => {})
    await expect(subscription.unsubscribe({ froget: true } as object)).rejects.toMatchObject({
      code: 'OPTION_UNKNOWN',
    })
    await supervisor.stop()
  })
})

describe('very many subscriptions', () => {
  it('all get every event, from the log and live', async () => {
    const { supervisor } = await opened()
    await ring(supervisor, 1, 20)
    const counts = new Map<number, number[]>()
    for (let i = 0; i < 2_000; i++) {
      const seen: number[] = []
      counts.set(i, seen)
      await supervisor.subscribe(RANG, (envelope) => void seen.push(n(envelope)), { since: i % 2 })
    }
    await ring(supervisor, 21, 40)
    await eventually(() => expect([...counts.values()].every((seen) => seen.length === 40)).toBe(true))
    for (const seen of counts.values()) expect(seen).toEqual(upTo(40))
    await supervisor.stop()
  })
})
