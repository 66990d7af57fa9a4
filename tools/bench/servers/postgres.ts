import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { freePort, needed, ServerProcess } from './server.ts'

const BIN = '/usr/lib/postgresql/15/bin'
export const INITDB = join(BIN, 'initdb')

/** A PostgreSQL that syncs each commit. */
export class PostgresServer {
  readonly port: number
  readonly #folder: string
  readonly #process: ServerProcess

  private constructor(port: number, folder: string, user: object) {
    this.port = port
    this.#folder = folder
    const set = Object.entries({
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: folder,
      shared_buffers: '16MB',
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const args = ['-D', join(folder, 'data'), ...set]
    const command = { program: join(BIN, 'postgres'), args, ...user }
    this.#process = new ServerProcess(command, () => this.ask('SELECT 1'), childrenOf)
  }

  /** `parent` is the folder for its data, on the disk that it is to use. */
  static async start(parent = tmpdir()): Promise<PostgresServer> {
    needed(INITDB)
    const folder = mkdtempSync(join(parent, 'outcry-postgres-'))
    const user = ownerOf(folder)
    const options = ['-U', 'outcry', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--no-instructions']
    const env = { ...process.env, LC_ALL: 'C' }
    execFileSync(INITDB, ['-D', join(folder, 'data'), ...options], { ...user, env, cwd: '/' })
    const server = new PostgresServer(await freePort(), folder, user)
    await server.restart()
    return server
  }

  get url(): string {
    return this.urlOf(this.port)
  }

  /** Returns the address under a port, such as that of a proxy. */
  urlOf(port: number, user = 'outcry'): string {
    return `postgres://${user}@127.0.0.1:${port}/postgres`
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
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async ask<Row extends object>(text: string): Promise<Row[]> {
    const client = new Client({ connectionString: this.url })
    client.on('error', () => {})
    try {
      await client.connect()
      const { rows } = await client.query(text)
      return rows as Row[]
    } finally {
      await client.end().catch(() => {})
    }
  }
}

/** Gives the folder to a user that may run PostgreSQL, which root may not. */
function ownerOf(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    Number(execFileSync('id', [flag, 'postgres']).toString()),
  ) as [number, number]
  chownSync(folder, uid, gid)
  chmodSync(folder, 0o700)
  return { uid, gid }
}

/** Each session is a process. */
function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}
