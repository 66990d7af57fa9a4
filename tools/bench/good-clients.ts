/**
 * Clients that read all events of the feed, and check that each is the next one. A process of its own, started by
 * crowd.ts.
 */
import WebSocket from 'ws'

export interface GoodTask {
  readonly url: string
  readonly clients: number
  readonly batchMs?: number
  /** Number of the first event that is to come. */
  readonly first: number
}

export interface GoodResult {
  /** Number of clients that got every event, in order. */
  readonly whole: number
  /** First fault of each other client. */
  readonly faults: readonly string[]
}

/** The field of an event's number. Frames are searched for it and not parsed, so that clients leave the machine to the server. */
const NUMBER = Buffer.from('"n":')
const [ZERO, NINE] = [48, 57]

// The clients do not outlive the server's process.
process.once('disconnect', () => process.exit())
process.once('message', async ({ url, clients, batchMs, first }: GoodTask) => {
  const listeners = Array.from({ length: clients }, () => new Listener(url, batchMs, first))
  await Promise.all(listeners.map(({ ready }) => ready))
  process.send?.('ready')
  process.once('message', async (last: number) => {
    await Promise.all(listeners.map((one) => one.reached(last)))
    const faults = listeners.flatMap(({ fault }) => (fault === undefined ? [] : [fault]))
    process.send?.({ whole: clients - faults.length, faults } satisfies GoodResult, () => process.exit())
  })
})

class Listener {
  readonly ready: Promise<void>
  fault: string | undefined
  #next: number
  #onEvent = () => {}

  constructor(url: string, batchMs: number | undefined, first: number) {
    this.#next = first
    const socket = new WebSocket(`${url.replace('http', 'ws')}/feed`, {
      perMessageDeflate: false,
      skipUTF8Validation: true,
    })
    socket.on('open', () =>
      socket.send(JSON.stringify({ op: 'subscribe', id: 's', topics: ['events.beeped.>'], batchMs })),
    )
    this.ready = new Promise((resolve) => {
      socket.on('message', (data: Buffer) => {
        if (data.subarray(0, 20).includes('caughtUp')) resolve()
        else this.#take(data)
      })
    })
    socket.on('error', () => {})
    socket.on('close', (code, reason) => this.#fail(`closed with ${code} ${reason}`))
  }

  /** Resolves when this event has come, or something is wrong. */
  async reached(last: number): Promise<void> {
    while (this.fault === undefined && this.#next <= last)
      await new Promise<void>((resolve) => {
        this.#onEvent = resolve
      })
  }

  #take(data: Buffer): void {
    for (let at = data.indexOf(NUMBER); at >= 0; at = data.indexOf(NUMBER, at)) {
      let n = 0
      at += NUMBER.length
      for (let digit = data[at] as number; digit >= ZERO && digit <= NINE; digit = data[++at] as number)
        n = 10 * n + digit - ZERO
      if (n !== this.#next) this.#fail(`event ${n} came in place of ${this.#next}`)
      this.#next++
    }
    this.#onEvent()
  }

  #fail(why: string): void {
    this.fault ??= why
    this.#onEvent()
  }
}
