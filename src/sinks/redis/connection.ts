/** Connections to Redis. They queue nothing and never reconnect, because the follower does that. */
import type { Redis } from 'ioredis'

/** Most nodes of a Cluster that are asked for the one that has the stream. */
const HOPS = 5
/** Ms until a node has to be reached. */
const CONNECT_MS = 10_000

export class Connection {
  readonly #url: string
  readonly #client: Redis
  /** The last error that the client told by itself. It is the reason behind its `Connection is closed`. */
  #fault: Error | undefined

  constructor(Client: typeof Redis, url: string) {
    this.#url = url
    this.#client = new Client(url, {
      lazyConnect: true,
      retryStrategy: null,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
      // A server that still loads its data refuses commands.
      enableReadyCheck: false,
      disableClientInfo: true,
      connectTimeout: CONNECT_MS,
      keepAlive: CONNECT_MS,
      // Servers and proxies of any age know it.
      protocol: 2,
    })
    this.#client.on('error', (error: Error) => {
      this.#fault = error
    })
  }

  connect(): Promise<void> {
    return this.#told(this.#client.connect())
  }

  /** Sends commands at once. Resolves with their replies, of which some may be errors. */
  async send(
    commands: readonly (readonly [name: string, ...args: (string | number)[]])[],
  ): Promise<unknown[]> {
    const pipeline = this.#client.pipeline()
    for (const [name, ...args] of commands) pipeline.call(name, ...args)
    const replies = (await this.#told(pipeline.exec())) ?? []
    return replies.map(([error, reply]) => error ?? reply)
  }

  close(): void {
    this.#client.disconnect()
  }

  /** Returns a connection to another node. */
  moved(Client: typeof Redis, host: string, port: string): Connection {
    const url = new URL(this.#url)
    url.hostname = host.includes(':') ? `[${host}]` : host
    url.port = port
    return new Connection(Client, url.href)
  }

  #told<T>(work: Promise<T>): Promise<T> {
    return work.catch((error) => {
      throw this.#fault ?? error
    })
  }
}

/** Connects to the node that has the key. A node of a Cluster says which one that is. */
export async function connect(
  Client: typeof Redis,
  url: string,
  key: string,
  signal: AbortSignal,
): Promise<Connection> {
  let connection = new Connection(Client, url)
  const close = () => connection.close()
  signal.addEventListener('abort', close)
  try {
    for (let hop = 0; ; hop++) {
      await connection.connect()
      const [reply] = await connection.send([['EXISTS', key]])
      const [, host, port] = /^MOVED \d+ (.*):(\d+)$/.exec((reply as Error).message ?? '') ?? []
      if (host === undefined || port === undefined || hop === HOPS) {
        if (reply instanceof Error) throw reply
        signal.throwIfAborted()
        return connection
      }
      const next = connection.moved(Client, host, port)
      connection.close()
      connection = next
    }
  } catch (error) {
    connection.close()
    throw error
  }
}
