/** Requests and upgrades to a server with any headers, over real sockets. */
import { once } from 'node:events'
import { type IncomingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { WebSocket } from 'ws'
import { rawConnection } from './raw-client.ts'

export type Headers = Record<string, string>

export interface Answer {
  readonly status: number | undefined
  readonly code: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export async function ask(
  port: number,
  path: string,
  headers: Headers = {},
  method = 'GET',
  body?: object,
): Promise<Answer> {
  const content: Headers = body === undefined ? {} : { 'content-type': 'application/json' }
  const asked = request({ host: '127.0.0.1', port, path, method, headers: { ...content, ...headers } })
  asked.end(body && JSON.stringify(body))
  const [response] = await once(asked, 'response')
  return answerOf(response.statusCode, response.headers, await text(response))
}

function answerOf(status: number | undefined, headers: IncomingHttpHeaders, body: string): Answer {
  const isProblem = headers['content-type']?.startsWith('application/problem+json')
  return { status, headers, body, code: isProblem ? JSON.parse(body).code : undefined }
}

/** Returns the refusal of the upgrade, the code of the close, or `open` once the server sends a frame. */
export function upgrade(
  port: number,
  path: string,
  headers: Headers = {},
): Promise<Answer | number | 'open'> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', resolve)
    socket.once('message', () => {
      resolve('open')
      socket.close()
    })
    socket.once('unexpected-response', async (_, response) =>
      resolve(answerOf(response.statusCode, response.headers, await text(response))),
    )
  })
}

/** Sends a head as it is, and returns everything that comes back until the server closes the connection. */
export async function say(port: number, ...lines: readonly string[]): Promise<string> {
  const socket = await rawConnection(`http://127.0.0.1:${port}`)
  socket.write([...lines, 'Connection: close', '', ''].join('\r\n'))
  return text(socket)
}
