/** A file of items, one JSON object a line, read on as lines are appended. */
import { type FileHandle, open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Observable, type Subscriber } from 'rxjs'
import { z } from 'zod'
import { NEWS_MAX, type NewsFacts, newsFacts } from '../../../machines/index.ts'
import type { NewsMessage, NewsOpenOptions, NewsSource, OnNewsWarning } from '../news-source.ts'

export interface JsonlOptions {
  readonly name: string
  /** It only grows, or gives way to another of its name; the time of publishing may also be ISO text in it. */
  readonly file: string
  /** The time from one look at the file to the next, in ms. */
  readonly everyMs?: number
  readonly onWarning?: OnNewsWarning
}

const EVERY_MS = 500
/** Read at a time; a longer line is passed over. */
const LINE_BYTES_MAX = 262_144
const NEWLINE = 10

const cutTo = (max: number) => (text: string) => text.slice(0, max)

const line = newsFacts
  .extend({
    id: newsFacts.shape.id.optional(),
    title: z.string().min(1).transform(cutTo(NEWS_MAX.title)),
    text: z.string().transform(cutTo(NEWS_MAX.text)).optional(),
    publishedAt: z
      .union(
        [newsFacts.shape.publishedAt, z.iso.datetime({ offset: true }).transform((iso) => Date.parse(iso))],
        'epoch milliseconds, or a time such as 2026-01-31T08:00:00Z',
      )
      .optional(),
  })
  .transform(({ id, ...rest }, context): NewsFacts => {
    const known = id ?? rest.url
    if (known === undefined) context.addIssue({ code: 'custom', path: ['id'], message: 'an id or a url' })
    return { id: known ?? '', ...rest }
  })

export function createJsonlNews(options: JsonlOptions): NewsSource {
  return {
    name: options.name,
    time: 'event',
    open: (openOptions = {}) =>
      new Observable((subscriber) => {
        const tail = new Tail(options, openOptions, subscriber)
        void tail.run()
        return () => tail.stop()
      }),
  }
}

/** A file as it was opened: one that is replaced by another of its name is read to its end all the same. */
interface OpenFile {
  readonly handle: FileHandle
  readonly inode: number
  /** The name under which its positions are counted. */
  readonly source: string
  /** Whole lines up to here are taken. */
  offset: number
  /** The line at `offset` began before it, and is too long. */
  inLongLine: boolean
  /** It was cut short: its positions have been used for other lines. */
  isCut: boolean
}

/** One subscription. */
class Tail {
  readonly #options: JsonlOptions
  readonly #openOptions: NewsOpenOptions
  readonly #subscriber: Subscriber<NewsMessage>
  readonly #stopped = new AbortController()
  readonly #buffer = Buffer.alloc(LINE_BYTES_MAX)
  #file: OpenFile | undefined
  /** Why it could not be read the last time: said once. */
  #trouble: string | undefined

  constructor(options: JsonlOptions, openOptions: NewsOpenOptions, subscriber: Subscriber<NewsMessage>) {
    this.#options = options
    this.#openOptions = openOptions
    this.#subscriber = subscriber
  }

  async run(): Promise<void> {
    const { everyMs = EVERY_MS } = this.#options
    const { signal } = this.#stopped
    while (!signal.aborted) {
      await this.#look()
      await sleep(everyMs, undefined, { signal }).catch(() => {})
    }
    await this.#file?.handle.close()
  }

  stop(): void {
    this.#stopped.abort()
  }

  async #look(): Promise<void> {
    try {
      const { ino } = await stat(this.#options.file)
      if (this.#file !== undefined) await this.#readOn(this.#file)
      if (this.#file?.inode !== ino) {
        const replaced = this.#file
        this.#file = await this.#open()
        await replaced?.handle.close()
        await this.#readOn(this.#file)
      }
      this.#trouble = undefined
    } catch (error) {
      const { message } = error as Error
      if (message !== this.#trouble) this.#warn(message)
      this.#trouble = message
    } finally {
      this.#openOptions.onCaughtUp?.()
    }
  }

  async #open(): Promise<OpenFile> {
    const { name, file } = this.#options
    const handle = await open(file)
    const { ino: inode, birthtimeMs } = await handle.stat()
    // Another file may get the inode of one that is gone.
    const source = `${name}:${inode}:${Math.trunc(birthtimeMs)}`
    const offset = this.#openOptions.cursor?.(source) ?? 0
    return { handle, inode, source, offset, inLongLine: false, isCut: false }
  }

  async #readOn(file: OpenFile): Promise<void> {
    const { size } = await file.handle.stat()
    if (size < file.offset) {
      this.#warn('the file was cut short, and is read from its start; replace it rather than cut it')
      Object.assign(file, { offset: 0, inLongLine: false, isCut: true })
    }
    while (!this.#stopped.signal.aborted) {
      const { bytesRead } = await file.handle.read(this.#buffer, 0, LINE_BYTES_MAX, file.offset)
      const bytes = this.#buffer.subarray(0, bytesRead)
      if (bytes.includes(NEWLINE)) await this.#takeLines(file, bytes)
      else if (bytesRead === LINE_BYTES_MAX) {
        if (!file.inLongLine) this.#warn(`the line is longer than ${LINE_BYTES_MAX} bytes`, file.offset)
        file.inLongLine = true
        file.offset += bytesRead
      } else return
    }
  }

  async #takeLines(file: OpenFile, bytes: Buffer): Promise<void> {
    const from = file.offset
    for (let start = 0; ; ) {
      const end = bytes.indexOf(NEWLINE, start)
      if (end < 0 || this.#stopped.signal.aborted) return
      const item = file.inLongLine ? undefined : this.#read(bytes.toString('utf8', start, end), from + start)
      start = end + 1
      file.offset = from + start
      file.inLongLine = false
      if (item !== undefined) await this.#emit(file, item)
    }
  }

  #read(text: string, offset: number): NewsFacts | undefined {
    if (text.trim() === '') return undefined
    try {
      const parsed = line.safeParse(JSON.parse(text))
      if (parsed.success) return parsed.data
      this.#warn(
        parsed.error.issues.map((i) => `${i.path.join('.') || 'line'}: ${i.message}`).join('; '),
        offset,
      )
    } catch (error) {
      this.#warn((error as Error).message, offset)
    }
    return undefined
  }

  async #emit({ source, offset, isCut }: OpenFile, item: NewsFacts): Promise<void> {
    const message: NewsMessage = {
      source: this.#options.name,
      item,
      ...(!isCut && { origin: { source, position: offset } }),
    }
    await this.#openOptions.pace?.(message)
    if (!this.#stopped.signal.aborted) this.#subscriber.next(message)
  }

  #warn(reason: string, offset?: number): void {
    const { name: source, onWarning } = this.#options
    onWarning?.({ source, ...(offset !== undefined && { where: `byte ${offset}` }), reason })
  }
}
