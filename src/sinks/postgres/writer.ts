/** Writes batches into a table, each with its position in one statement. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { checkClaim, foreign } from '../claim.ts'
import type { Batch, SinkPlace, Writer } from '../sink.ts'
import type { PostgresConfig } from './config.ts'
import { listsOf } from './rows.ts'
import { definition, insertion, VERSION } from './schema.ts'

/** Ms that the server has to hear of the end of a connection. */
const GOODBYE_MS = 1_000
/** Codes of PostgreSQL: the table or the schema is not there, and a row is there already. */
const NOT_THERE: readonly string[] = ['42P01', '3F000']
const TWICE = '23505'

interface Position {
  readonly version: number
  readonly log: string
  readonly sink: string
  /** A bigint, which pg gives as text. */
  readonly epoch: string
  readonly run: string
  readonly seq: string | null
}

/** Each writer claims the position, and from then on the statements of all earlier ones change nothing. */
export class PostgresWriter implements Writer {
  readonly #client: Client
  readonly #schema: string
  readonly #place: SinkPlace
  readonly #id = randomUUID()
  readonly #insertion: string
  #seq: number | undefined

  private constructor(client: Client, { schema }: PostgresConfig, place: SinkPlace) {
    this.#client = client
    this.#schema = schema
    this.#place = place
    this.#insertion = insertion(schema)
  }

  /** Connects, makes the tables where there are none, and claims them. @throws SINK_FOREIGN */
  static async open(client: Client, config: PostgresConfig, place: SinkPlace): Promise<PostgresWriter> {
    const writer = new PostgresWriter(client, config, place)
    const close = () => cut(client)
    place.signal.addEventListener('abort', close)
    try {
      await client.connect()
      if (!(await writer.#isThere())) await client.query(definition(config.schema))
      await client.query('BEGIN')
      await writer.#claim()
      await client.query('COMMIT')
      return writer
    } catch (error) {
      cut(client)
      throw error
    }
  }

  async position(): Promise<number | undefined> {
    return this.#seq
  }

  async write({ events, to }: Batch): Promise<number> {
    const values = [to, this.#id, ...listsOf(events)]
    const { rows } = await this.#client
      .query<{ moved: number }>({ text: this.#insertion, values })
      .catch((error) => {
        if (error.code === TWICE) throw foreign(this.#place, 'has events behind its position')
        throw error
      })
    if (rows[0]?.moved !== 1) throw new Error('another writer has claimed the table')
    return to
  }

  async close(): Promise<void> {
    const ended = this.#client.end().catch(() => {})
    await Promise.race([ended, sleep(GOODBYE_MS, undefined, { ref: false })])
    cut(this.#client)
  }

  async #isThere(): Promise<boolean> {
    try {
      await this.#client.query(`SELECT FROM ${this.#schema}.position`)
      return true
    } catch (error) {
      if (NOT_THERE.includes((error as { code: string }).code)) return false
      throw error
    }
  }

  async #claim(): Promise<void> {
    const { name, logId, epoch, run } = this.#place
    const table = `${this.#schema}.position`
    // Waits for a statement of an earlier writer that is still under way.
    const { rows } = await this.#client.query<Position>(`SELECT * FROM ${table} FOR UPDATE`)
    const [found] = rows
    if (found === undefined) return this.#begin()
    if (found.version !== VERSION)
      throw foreign(this.#place, `has tables of version ${found.version}, and this Outcry has ${VERSION}`)
    const { log, sink, epoch: of, run: by } = found
    checkClaim({ logId: log, name: sink, epoch: Number(of), run: by }, this.#place)
    await this.#client.query(`UPDATE ${table} SET log = $1, sink = $2, epoch = $3, run = $4, writer = $5`, [
      ...[logId, name, epoch, run, this.#id],
    ])
    this.#seq = found.seq === null ? undefined : Number(found.seq)
  }

  /** Claims tables that nobody has claimed. */
  async #begin(): Promise<void> {
    const { name, logId, epoch, run } = this.#place
    const { rows } = await this.#client.query<{ used: boolean }>(
      `SELECT EXISTS (SELECT FROM ${this.#schema}.events) AS used`,
    )
    if (rows[0]?.used) throw foreign(this.#place, 'has events and no position')
    await this.#client.query(
      `INSERT INTO ${this.#schema}.position (version, log, sink, epoch, run, writer, moved_at)
      VALUES ($1, $2, $3, $4, $5, $6, now())`,
      [VERSION, logId, name, epoch, run, this.#id],
    )
  }
}

/** Ends a connection at once, also one that hangs. */
function cut(client: Client): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } }
  connection.stream.destroy()
}
