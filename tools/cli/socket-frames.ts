/** Reads the frames of a past life from a runner. */
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { createWebSocketStream, type WebSocket } from 'ws'
import { isErrorCode } from '../../errors/codes.ts'
import { OutcryError } from '../../store/index.ts'

/**
 * Yields frames until the life has ended, and then closes the socket.
 * @throws the code of the runner's refusal; RUNNER_UNREACHABLE when the connection ends before the life
 */
export async function* framesOf(socket: WebSocket, signal: AbortSignal): AsyncGenerator<string> {
  const refused = new Promise<never>((_, reject) => {
    socket.on('unexpected-response', (_request, response) => void refusalIn(response).then(reject))
  })
  refused.catch(() => {})
  const frames = createWebSocketStream(socket, { readableObjectMode: true, signal })
  const next = frames[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { value, done } = await Promise.race([next.next(), refused])
      if (done) break
      yield value
      const { type } = JSON.parse(value) as { readonly type?: string }
      if (type === 'outcry.end') return
    }
  } catch (error) {
    throw isSystemError(error) ? unreachable(error) : error
  } finally {
    frames.destroy()
    socket.terminate()
  }
  throw unreachable()
}

async function refusalIn(response: IncomingMessage): Promise<OutcryError> {
  const { code, detail, hint } = JSON.parse(await text(response)) as Readonly<Record<string, string>>
  const known = isErrorCode(code ?? '') ? (code as 'RUNNER_REFUSED') : 'RUNNER_REFUSED'
  return new OutcryError(known, detail ?? 'the runner refuses it', hint ?? 'See the log of the runner.')
}

function isSystemError(error: unknown): boolean {
  return Object(error).syscall !== undefined
}

function unreachable(cause?: unknown): OutcryError {
  const what = 'the connection to the runner ended before the life did'
  return new OutcryError('RUNNER_UNREACHABLE', what, 'Look whether the runner still runs.', { cause })
}
