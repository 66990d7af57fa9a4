import type { Observable } from 'rxjs'
import type { NewsFacts } from '../../machines/index.ts'
import type { Origin } from '../runtime/record/record.ts'

/** One item on its way to the news actor. It may come again: source and `item.id` together say that it is the same. */
export interface NewsMessage {
  /** Name of the source. */
  readonly source: string
  readonly item: NewsFacts
  /** The position of the item in its source. A restart resumes after it. */
  readonly origin?: Origin
}

export interface NewsOpenOptions {
  /** Position of the last item with this origin that is durable; 0 when there is none. */
  readonly cursor?: (source: string) => number
  /** Is called before each message is emitted, as for a market. If it returns a promise, the source waits for it. */
  readonly pace?: (message: NewsMessage) => void | Promise<void>
  /** Called whenever all that is there has been emitted, or cannot be read for now. */
  readonly onCaughtUp?: () => void
}

/** A source of news. It neither ends nor fails: it warns of an error, and tries again. */
export interface NewsSource {
  /** Stable, part of the log. */
  readonly name: string
  /** `event`: an item comes at the time in it, if the market has a time of its own. `system`: an item comes when it is read. */
  readonly time: 'event' | 'system'
  open(options?: NewsOpenOptions): Observable<NewsMessage>
}

/** Something that could not be read, and was passed over or will be tried again. */
export interface NewsWarning {
  readonly source: string
  /** Line of a document, byte of a file; undefined where the whole is meant. */
  readonly where?: string
  readonly reason: string
}

export type OnNewsWarning = (warning: NewsWarning) => void
