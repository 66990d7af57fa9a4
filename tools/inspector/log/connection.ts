/** The state of the connection to the server, for those who ask it and those who show it. */
import { signal } from '@preact/signals'

/** Since when the connection is lost, in ms of the browser's clock, and why; undefined while it holds. */
export const lost = signal<{ readonly at: number; readonly why: string } | undefined>(undefined)

/** Grows with each connection. */
export const connection = signal(0)

/**
 * Grows when whatever has asked must ask anew. A lost connection has come back and the actors of its log are known: the
 * server may have another log, and a question from before may never be answered. Or the log has reached the moment, and
 * what was read of it is of an earlier end.
 */
export const returns = signal(0)
