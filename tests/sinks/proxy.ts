import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** The ways in which a proxy harms what goes through it. */
export const HARMS = ['drop', 'late', 'delay', 'halve'] as const
export type Harm = (typeof HARMS)[number]

/** Ms for which bytes are held back. */
const HELD_MS = 150

/** A proxy of TCP between a client and a server, with faults. */
export class FaultyProxy {
  readonly #server: Server
  readonly #pairs = new Set<readonly [client: Socket, server: Socket]>()
  /** The harm that comes to the next piece that goes to the server. */
  #harm: Harm | undefined
  /** The number of times that a harm was done. */
  harmed = 0

  private constructor(to: number) {
    this.#server = createServer((client) => {
      const server = connect(to, '127.0.0.1')
      const pair = [client, server] as const
      this.#pairs.add(pair)
      for (const [one, other] of [pair, [server, client] as const]) {
        one.on('error', () => {})
        one.on('close', () => {
          this.#pairs.delete(pair)
          other.destroy()
        })
      }
      server.on('data', (bytes) => void client.write(bytes))
      let before = Promise.resolve()
      client.on('data', (bytes) => {
        before = before.then(() => this.#pass(bytes, client, server))
      })
    })
  }

  static async start(to: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(to)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  /** Harms what comes next. */
  harm(harm: Harm): void {
    this.#harm = harm
  }

  async end(): Promise<void> {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #pass(bytes: Buffer, client: Socket, server: Socket): Promise<void> {
    const harm = this.#harm
    if (harm === undefined) return void server.write(bytes)
    this.#harm = undefined
    this.harmed++
    if (harm === 'halve') bytes = bytes.subarray(0, bytes.length >> 1)
    if (harm === 'delay') await sleep(HELD_MS)
    // The server takes it after the client has given up, and has perhaps come back.
    if (harm === 'late') {
      client.removeAllListeners('close').destroy()
      await sleep(HELD_MS)
    }
    if (harm !== 'drop') await new Promise((resolve) => server.write(bytes, resolve))
    if (harm === 'late') await sleep(HELD_MS)
    if (harm !== 'delay') for (const socket of [client, server]) socket.destroy()
  }
}
