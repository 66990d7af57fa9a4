/** Tests the feed as Observables, with a real server: the same items as the feed, and the life of one actor. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { assign, emit, setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { type ActorView, type Client, createClient, type EventOnTopic } from '../../src/client/index.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { eventually, Harness } from '../runtime/harness.ts'

const counter = setup({
  types: {} as { context: { n: number }; events: { type: 'INC' }; emitted: { type: 'COUNTED'; n: number } },
}).createMachine({
  context: { n: 0 },
  on: {
    INC: {
      actions: [
        assign({ n: ({ context }) => context.n + 1 }),
        emit(({ context: { n } }) => ({ type: 'COUNTED', n })),
      ],
    },
  },
})

let harness: Harness
let api: ApiServer
let client: Client
const start = async (port = 0) => {
  api = await startApi(harness.supervisor, { host: '127.0.0.1', port }, silentLogger)
}

beforeEach(async () => {
  harness = new Harness()
  await harness.open({ machines: { counter } })
  await harness.supervisor.spawn('counter', 'a')
  await start()
  client = createClient({ url: api.url, WebSocket: WebSocket as never })
})
afterEach(async () => {
  await api.close()
  await harness.supervisor.stop()
})
const count = (id = 'a') => harness.supervisor.send(`counter/${id}`, { type: 'INC' })

describe('the events of a client', () => {
  it('come once each, from any seq on, over a restart of the server, until the subscriber ends', async () => {
    await count()
    const got: EventOnTopic[] = []
    const subscription = client.events$({ since: 0 }).subscribe((event) => got.push(event))
    await eventually(() => expect(got).toHaveLength(1))
    const { port } = new URL(api.url)
    await api.close()
    await count()
    await start(Number(port))
    await eventually(() => expect(got.map(({ event }) => event.n)).toEqual([1, 2]))
    subscription.unsubscribe()
    await count()
    const later: EventOnTopic[] = []
    const options = { topics: ['events.counted.>'], since: 0 }
    const another = client.events$(options).subscribe((event) => later.push(event))
    await eventually(() => expect(later).toHaveLength(3))
    expect(got).toHaveLength(2)
    another.unsubscribe()
  })

  it('complete when the signal says so, and error as the feed does', async () => {
    const ending = new AbortController()
    const completed = new Promise<void>((complete, error) =>
      client.events$({ signal: ending.signal }).subscribe({ complete, error }),
    )
    ending.abort()
    await completed
    const failed = new Promise((next, error) => client.events$({ since: 1e9 }).subscribe({ next, error }))
    await expect(failed).rejects.toMatchObject({ code: 'SEQ_UNKNOWN' })
  })

  it('are no records, and records are no events', () => {
    for (const topics of [['transitions.>'], ['events.>', '>']])
      expect(() => client.events$({ topics })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(() => client.transitions$({ topics: ['events.>'] })).toThrow(/no topic of transitions/)
  })
})

it('the records of a client are those of the log', async () => {
  const seqs: number[] = []
  const subscription = client.transitions$({ since: 0 }).subscribe(({ record }) => seqs.push(record.seq))
  await count()
  const { seq } = harness.supervisor
  await eventually(() => expect(seqs).toEqual(Array.from({ length: seq }, (_, i) => i + 1)))
  subscription.unsubscribe()
})

describe('an actor of a client', () => {
  const watch = (address: string) => {
    const views: ActorView[] = []
    const subscription = client.actor$(address).subscribe((view) => views.push(view))
    const counts = () => views.map(({ context }) => (context as { n: number }).n)
    return { subscription, counts }
  }

  it('is shown as it is, and then after each change', async () => {
    await count()
    const { subscription, counts } = watch('counter/a')
    await eventually(() => expect(counts()).toEqual([1]))
    await Promise.all([count(), count()])
    await eventually(() => expect(counts()).toEqual([1, 2, 3]))
    subscription.unsubscribe()
  })

  it('is waited for, and told apart from one whose topic is the same', async () => {
    const { subscription, counts } = watch('counter/b.1')
    await harness.supervisor.spawn('counter', 'b_1')
    await count('b_1')
    await count('b_1')
    await harness.supervisor.spawn('counter', 'b.1')
    await count('b.1')
    await eventually(() => expect(counts().at(-1)).toBe(1))
    expect(counts()).not.toContain(2)
    subscription.unsubscribe()
  })
})
