import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort, ServerProcess } from './server.ts'

export const REDIS = '/usr/bin/redis-server'

/** A redis-server that keeps each write before it answers. */
export class RedisServer {
  readonly port: number
  readonly #folder: string
  readonly #process: ServerProcess

  private constructor(port: number, parent: string) {
    this.port = port
    this.#folder = mkdtempSync(join(parent, 'outcry-redis-'))
    const kept = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', this.#folder, ...kept]
    this.#process = new ServerProcess(
      { program: REDIS, args },
      () => this.#ping(),
      () => [],
    )
  }

  /** `parent` is the folder for its data, on the disk that it is to use. */
  static async start(parent = tmpdir()): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), parent)
    await server.restart()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  restart(): Promise<void> {
    return this.#process.start()
  }

  kill(): Promise<void> {
    return this.#process.kill()
  }

  /** Ends the server, and removes its data. */
  async end(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true })
  }

  /** Returns what a client is told. */
  async ask<T>(question: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.url, {
      lazyConnect: true,
      retryStrategy: null,
      enableReadyCheck: false,
      protocol: 2,
    })
    client.on('error', () => {})
    try {
      await client.connect()
      return await question(client)
    } finally {
      client.disconnect()
    }
  }

  #ping(): Promise<unknown> {
    return this.ask(async (client) => {
      const reply = await client.ping().catch((error: Error) => error.message)
      if (reply !== 'PONG' && !reply.startsWith('NOAUTH')) throw new Error(reply)
    })
  }
}
