/** The state of the connection to the server, for those who ask it and those who show it. */
import { computed, signal } from '@preact/signals'

/** Since when the connection is lost, in ms of the browser's clock, and why; undefined while it holds. */
export const lost = signal<{ readonly at: number; readonly why: string } | undefined>(undefined)

/** Grows with each connection, as soon as it is open. */
export const connection = signal(0)

/** True once there was a connection. */
export const wasConnected = computed(() => connection.value > 0)

/**
 * Grows when whatever has asked must ask anew. A lost connection has come back, or another log has come, and the actors
 * are known: a question from before may never be answered. Or the log has reached the moment, and what was read of it is
 * of an earlier end.
 */
export const returns = signal(0)
