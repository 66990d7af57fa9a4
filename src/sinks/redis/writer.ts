/** Writes batches into streams, each with its position in one transaction. */
import { randomUUID } from 'node:crypto'
import { type Claim, checkClaim, foreign } from '../claim.ts'
import type { Batch, SinkPlace, Writer } from '../sink.ts'
import type { RedisConfig } from './config.ts'
import type { Connection } from './connection.ts'
import { entryFields, entryId } from './entry.ts'
import { positionKey, streamKey } from './keys.ts'

type Command = readonly [name: string, ...args: (string | number)[]]

/** The fields of the position: whose events these are, who writes them, and how far it has come. */
const FIELDS = ['log', 'sink', 'epoch', 'run', 'writer', 'seq'] as const

/**
 * The position is watched from one transaction to the next. So a transaction does nothing when another writer has moved
 * or claimed the position meanwhile, and what an earlier connection has sent late does nothing either.
 */
export class RedisWriter implements Writer {
  readonly #connection: Connection
  readonly #config: RedisConfig
  readonly #place: SinkPlace
  readonly #key: string
  /** Id of this writer. Each opening has another. */
  readonly #id = randomUUID()
  /** Streams that have nothing behind the position but what this writer has written. */
  readonly #checked = new Set<string>()
  #seq: number | undefined

  private constructor(connection: Connection, config: RedisConfig, place: SinkPlace) {
    this.#connection = connection
    this.#config = config
    this.#place = place
    this.#key = positionKey(config)
  }

  /** Claims the target. @throws SINK_FOREIGN */
  static async open(connection: Connection, config: RedisConfig, place: SinkPlace): Promise<RedisWriter> {
    const writer = new RedisWriter(connection, config, place)
    try {
      await writer.#claim()
      return writer
    } catch (error) {
      connection.close()
      throw error
    }
  }

  async position(): Promise<number | undefined> {
    return this.#seq
  }

  async write({ events, to }: Batch): Promise<number> {
    const adds = events.map((event): Command => {
      const limit = this.#config.maxLength === 0 ? [] : ['MAXLEN', '~', this.#config.maxLength]
      return ['XADD', streamKey(this.#config, event), ...limit, entryId(event), ...entryFields(event)]
    })
    await this.#check(adds.map(([, key]) => key as string))
    await this.#transact([...adds, ['HSET', this.#key, 'seq', to]])
    this.#seq = to
    return to
  }

  async close(): Promise<void> {
    this.#connection.close()
  }

  async #claim(): Promise<void> {
    const { name, logId, epoch, run } = this.#place
    const [, found] = await this.#send([
      ['WATCH', this.#key],
      ['HMGET', this.#key, ...FIELDS],
    ])
    const values = found as (string | null)[]
    const claim = claimOf(values)
    if (claim !== undefined) checkClaim(claim, this.#place)
    const seq = values[FIELDS.indexOf('seq')]
    this.#seq = claim === undefined || seq === null ? undefined : Number(seq)
    if (this.#config.split === 'none') await this.#check([this.#config.stream])
    const fields = ['log', logId, 'sink', name, 'epoch', epoch, 'run', run, 'writer', this.#id]
    await this.#transact([['HSET', this.#key, ...fields]])
  }

  /** Checks that streams have nothing behind the position. @throws SINK_FOREIGN */
  async #check(keys: readonly string[]): Promise<void> {
    const unchecked = [...new Set(keys)].filter((key) => !this.#checked.has(key))
    if (unchecked.length === 0) return
    const replies = await this.#connection.send(unchecked.map((key) => ['XINFO', 'STREAM', key]))
    for (const [i, reply] of replies.entries()) {
      const key = unchecked[i] as string
      if (reply instanceof Error && !/no such key/.test(reply.message)) throw reply
      const [last = 0] = reply instanceof Error ? [] : lastIdOf(reply as unknown[])
      if (last > (this.#seq ?? 0))
        throw foreign(
          this.#place,
          `has in ${key} an entry of seq ${last}, and its position is ${this.#seq ?? 'not there'}`,
        )
      this.#checked.add(key)
    }
  }

  /** Does the commands as one, and watches the position for the next time. */
  async #transact(commands: readonly Command[]): Promise<void> {
    const replies = await this.#send([
      ['MULTI'],
      ...commands,
      ['EXEC'],
      ['WATCH', this.#key],
      ['HGET', this.#key, 'writer'],
    ])
    const [done, , writer] = replies.slice(-3)
    if (done === null) throw new Error('another writer has claimed the stream')
    const refused = (done as unknown[]).find((reply) => reply instanceof Error) as Error | undefined
    if (refused !== undefined) {
      // Redis has done the other commands. Without a position behind its entries, the stream is not written any more.
      await this.#send([
        this.#seq === undefined ? ['HDEL', this.#key, 'seq'] : ['HSET', this.#key, 'seq', this.#seq],
      ])
      throw foreign(this.#place, `does not take an entry: ${refused.message}`)
    }
    if (writer !== this.#id) throw new Error('another writer has claimed the stream')
  }

  /** @throws the first error among the replies */
  async #send(commands: readonly Command[]): Promise<unknown[]> {
    const replies = await this.#connection.send(commands)
    for (const reply of replies) if (reply instanceof Error && !/^EXECABORT/.test(reply.message)) throw reply
    return replies
  }
}

function claimOf(values: readonly (string | null)[]): Claim | undefined {
  const [logId, name, epoch, run] = values
  if (logId == null || name == null || epoch == null || run == null) return undefined
  return { logId, name, epoch: Number(epoch), run }
}

/** Returns seq and index of the last entry that a stream had, as XINFO says. */
function lastIdOf(info: readonly unknown[]): number[] {
  return String(info[info.indexOf('last-generated-id') + 1])
    .split('-')
    .map(Number)
}
