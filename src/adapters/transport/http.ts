/** The common part of the sources that ask over HTTP. */
import { setTimeout as sleep } from 'node:timers/promises'
import { TIMEOUT_MAX_MS } from '../../runtime/time/clock.ts'

const RETRY_AFTER_MAX_MS = 86_400_000
/** No answer that is asked for is as long: what Binance says of all its symbols is a third of it. */
const BODY_BYTES_MAX = 64 * 2 ** 20
/** So much of a refusal's body says what it is about. */
const EXCERPT_LENGTH = 200

/** Status of an answer that has not changed since the last one. */
const NOT_MODIFIED = 304

/** Why there is no answer this time, and how long the server asks us to stay away. */
export class Refused extends Error {
  readonly body: string
  readonly retryAfterMs: number

  constructor({ status, headers }: Response, body = '') {
    super(`the server answered ${status}${body && `: ${body.slice(0, EXCERPT_LENGTH)}`}`)
    this.body = body
    this.retryAfterMs = retryAfterMs(headers.get('retry-after'))
  }
}

/** Requests of this process to servers outside, by outcome. */
export const FETCHES = { ok: 0, refused: 0, failed: 0 }

/** Returns the response of a server, and counts it. @throws what fetch throws */
export async function fetchCounted(url: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, init)
  } catch (error) {
    // The run stops, and nobody waits for the answer.
    if (init.signal?.reason?.name !== 'AbortError') FETCHES.failed++
    throw error
  }
  if (response.ok || response.status === NOT_MODIFIED) FETCHES.ok++
  else FETCHES.refused++
  return response
}

/** @throws Refused, and what fetch throws; an error for an answer that is too long */
export async function getJson(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetchCounted(url, { signal })
  const body = new TextDecoder().decode(await bytesOf(response, BODY_BYTES_MAX))
  if (!response.ok) throw new Refused(response, body)
  return JSON.parse(body)
}

/** @throws what fetch throws, and an error for more bytes than may come */
export async function bytesOf(response: Response, bytesMax: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > bytesMax) throw new Error(`the answer is longer than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Returns the reason of an error. The error of fetch has it in its cause. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}

export interface PollOptions {
  /** The time from one answer to the next question, in ms. */
  readonly everyMs: number
  /** The time from a failure to the next question, in ms. It doubles after each further failure. */
  readonly retryMs: { readonly min: number; readonly max: number }
  readonly signal: AbortSignal
  readonly onFailure: (reason: string) => void
}

/** Asks now, and again and again until the signal. */
export async function poll(ask: () => Promise<void>, options: PollOptions): Promise<void> {
  const { everyMs, retryMs, signal, onFailure } = options
  let failures = 0
  while (!signal.aborted) {
    let waitMs = everyMs
    try {
      await ask()
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      const backoffMs = Math.min(retryMs.min * 2 ** failures++, retryMs.max)
      waitMs = Math.max(backoffMs, error instanceof Refused ? error.retryAfterMs : 0)
      onFailure(`${reasonOf(error)}; it is asked again in ${Math.round(waitMs / 1_000)} s`)
    }
    await sleep(Math.min(waitMs, TIMEOUT_MAX_MS), undefined, { signal }).catch(() => {})
  }
}

/** Returns the wait that a header gives as seconds or as a date, in ms. */
function retryAfterMs(header: string | null): number {
  if (header === null) return 0
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), RETRY_AFTER_MAX_MS)
}
