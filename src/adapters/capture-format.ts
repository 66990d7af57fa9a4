/** The format of the captures of an exchange's sockets. Each line of a capture has one raw message. */
import type { Instrument, MarketEvent } from '../../machines/index.ts'
import type { Place } from './adapter.ts'

export interface CaptureFormat {
  /** The socket, in a few words. */
  readonly about: string
  /** The venues, as addresses name them. The first counts if a capture does not show which one it is. */
  readonly venues: readonly string[]
  /** Returns the stream that a message is of, cheaply, for each line is asked; undefined where that takes reading it. */
  streamOf(json: string): string | undefined
  /** Returns which symbol a message is about, and at which venue where only one has its shape; undefined of any other text. */
  originOf(json: string): Origin | undefined
  /** Returns whether a text is an answer of the exchange to a request, such as a snapshot. An answer names no symbol. */
  isAnswer(json: string): boolean
  /** Returns a decoder for one reading of a market. */
  decoder(place: Place): CaptureDecoder
  /** Returns the rules of the symbols, as far as the name of the venue says them. */
  instruments(place: Place): readonly Instrument[]
}

interface Origin {
  readonly symbol: string
  readonly venue: string | undefined
}

/** Keeps what it needs of the messages before, such as books. */
export interface CaptureDecoder {
  /** `snapshotOf`: the symbol of a snapshot that names none. @throws Refusal when the message is not believed; then nothing has changed */
  decode(json: string, receipt: Receipt, snapshotOf?: string): Decoded
}

/** The time of receipt of a message: in ms for machines, and, if a recording has them, in nanoseconds as text. */
export interface Receipt {
  readonly at: number
  readonly receivedNs?: string
}

export interface Decoded {
  /** The kind that is counted: `trade`, `depthUpdate`, ... */
  readonly kind: string
  readonly symbol: string
  readonly events: readonly MarketEvent[]
}
