/**
 * A WebSocket that is opened again whenever it ends or falls silent, slower each time that it was of no use. For its owner one
 * object is one connection, over any number of sockets.
 */
import { WebSocket } from 'ws'
import { backoffMs } from './backoff.ts'

export interface ReconnectingSocketOptions {
  /** Asked for before each connection. */
  readonly url: () => string
  /** Sent once a connection is open: what it is to carry, at an exchange that wants to be told. */
  readonly greeting?: () => readonly string[]
  /** The longest message, in bytes. A longer one ends the connection. */
  readonly messageMaxBytes: number
  /** A socket that is silent for so long is taken for dead: one may stay open for hours with nobody at its other end. */
  readonly silenceMs: number
  /** Returns whether the message is what the connection is there for: then the next one is tried soon. */
  readonly onMessage: (text: string) => boolean
  /** Called after a connection has ended, and before the next one is tried. */
  readonly onEnd: (reason: string) => void
  readonly onWarning: (reason: string) => void
}

const HANDSHAKE_TIMEOUT_MS = 10_000

export class ReconnectingSocket {
  readonly #options: ReconnectingSocketOptions
  #socket: WebSocket | undefined
  #silence: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  /** Connections in a row that were of no use. */
  #attempt = 0
  #isClosed = false

  constructor(options: ReconnectingSocketOptions) {
    this.#options = options
  }

  connect(): void {
    const { url, greeting, messageMaxBytes: maxPayload, onWarning } = this.#options
    // ws has one limit of zlib for the whole process: a message of a market would wait for the frames of all clients.
    const socket = new WebSocket(url(), {
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      maxPayload,
      perMessageDeflate: false,
    })
    this.#socket = socket
    socket.on('open', () => {
      for (const text of greeting?.() ?? []) socket.send(text)
    })
    socket.on('message', (data) => this.#onMessage(socket, data.toString()))
    socket.on('error', (error) => {
      if (!this.#isClosed) onWarning(`the socket failed: ${error.message}`)
    })
    socket.on('close', (code) => this.#onClose(socket, code))
    this.#hearSilence(socket)
  }

  /** Ends a connection whose messages are of no use any more, and opens the next one. */
  renew(): void {
    this.#socket?.terminate()
  }

  /** Closes for good: nothing is called any more. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#silence)
    clearTimeout(this.#retry)
    this.#socket?.terminate()
  }

  #onMessage(socket: WebSocket, text: string): void {
    if (this.#isClosed) return
    this.#hearSilence(socket)
    if (this.#options.onMessage(text)) this.#attempt = 0
  }

  #hearSilence(socket: WebSocket): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      this.#options.onWarning('the socket fell silent')
      socket.terminate()
    }, this.#options.silenceMs)
  }

  #onClose(socket: WebSocket, code: number): void {
    if (this.#isClosed || socket !== this.#socket) return
    clearTimeout(this.#silence)
    const reason = `the connection ended with code ${code}`
    this.#options.onEnd(reason)
    // Whoever was told may have closed it.
    if (this.#isClosed) return
    const delayMs = backoffMs(this.#attempt++)
    this.#options.onWarning(`${reason}; the next one is tried in ${Math.round(delayMs)} ms`)
    this.#retry = setTimeout(() => this.connect(), delayMs)
  }
}
