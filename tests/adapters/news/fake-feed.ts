import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Answer = (response: ServerResponse) => void

/** A server of one feed: the answers in turn, the last one again and again. */
export class FakeFeed {
  readonly asked: IncomingHttpHeaders[] = []
  /** In milliseconds of `performance.now()`. */
  readonly askedAt: number[] = []
  readonly #server: Server = createServer((request, response) => {
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0]
    this.asked.push(request.headers)
    this.askedAt.push(performance.now())
    answer?.(response)
  })
  answers: Answer[]

  constructor(...answers: Answer[]) {
    this.answers = answers
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}/feed.xml?key=secret`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end()

export const feed = (ids: readonly string[], headers: Record<string, string> = {}): Answer =>
  body(
    `<rss version="2.0"><channel>${ids.map((id) => `<item><guid>${id}</guid><title>Item ${id}</title></item>`).join('')}</channel></rss>`,
    headers,
  )

export const body =
  (content: string | Buffer, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(200, { 'content-type': 'application/rss+xml', ...headers }).end(content)
