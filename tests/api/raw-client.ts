/** A client that misbehaves as no library does: it reads when the test says, and sends any bytes. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface RawFrame {
  readonly opcode: number
  readonly data: Buffer
}

/** The frames that a client of the feed or of /inspect has received so far. */
export class RawWebSocket {
  readonly socket: Socket
  readonly frames: RawFrame[] = []
  closeCode: number | undefined
  closeReason = ''
  #rest = Buffer.alloc(0)
  #isUp = false

  private constructor(socket: Socket) {
    this.socket = socket
  }

  /** Opens a connection and reads only the handshake. */
  static async open(url: string, path: string): Promise<RawWebSocket> {
    const socket = await rawConnection(url)
    const client = new RawWebSocket(socket)
    const key = randomBytes(16).toString('base64')
    const upgrade = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Key: ${key}`]
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${upgrade.join('\r\n')}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    )
    await once(socket, 'readable')
    return client
  }

  says(frame: object): boolean {
    return this.socket.write(masked(1, Buffer.from(JSON.stringify(frame))))
  }

  /** Takes at most this many of the received bytes. */
  take(bytes: number): void {
    const chunk: Buffer | null = this.socket.read(Math.min(bytes, this.socket.readableLength))
    if (chunk !== null) this.#parse(chunk)
  }

  /** Takes everything until the other end has closed. */
  async takeAll(): Promise<void> {
    for (;;) {
      this.take(Number.POSITIVE_INFINITY)
      if (this.socket.closed || this.socket.readableEnded || this.closeCode !== undefined) return
      await Promise.race([
        once(this.socket, 'readable'),
        once(this.socket, 'close'),
        once(this.socket, 'end'),
      ])
    }
  }

  /** Seqs of the received events, batched or not. */
  get seqs(): number[] {
    return this.frames
      .filter(({ opcode }) => opcode === 1)
      .map(({ data }) => JSON.parse(String(data)))
      .filter(({ op }) => op === 'event')
      .map(({ seq }) => seq)
  }

  #parse(chunk: Buffer): void {
    let rest = Buffer.concat([this.#rest, chunk])
    if (!this.#isUp) {
      const end = rest.indexOf('\r\n\r\n')
      this.#isUp = end >= 0
      if (this.#isUp) rest = rest.subarray(end + 4)
    }
    while (this.#isUp && rest.length >= 2) {
      const opcode = (rest[0] as number) & 15
      let length = (rest[1] as number) & 127
      let start = 2
      if (length === 126) {
        if (rest.length < 4) break
        length = rest.readUInt16BE(2)
        start = 4
      } else if (length === 127) {
        if (rest.length < 10) break
        length = Number(rest.readBigUInt64BE(2))
        start = 10
      }
      if (rest.length < start + length) break
      const data = rest.subarray(start, start + length)
      rest = rest.subarray(start + length)
      if (opcode === 8) {
        this.closeCode = data.readUInt16BE(0)
        this.closeReason = data.toString('utf8', 2)
      } else if (opcode === 9) this.socket.write(masked(10, data))
      else this.frames.push({ opcode, data })
    }
    this.#rest = rest
  }
}

/** Returns a frame as clients send it. */
export function masked(opcode: number, data: Buffer): Buffer {
  const mask = randomBytes(4)
  const head =
    data.length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | data.length])
      : Buffer.from([0x80 | opcode, 0xfe, data.length >> 8, data.length & 255])
  return Buffer.concat([head, mask, data.map((byte, i) => byte ^ (mask[i & 3] as number))])
}

export async function rawConnection(url: string): Promise<Socket> {
  const { hostname: host, port } = new URL(url)
  const socket = connect(Number(port), host)
  socket.setMaxListeners(0)
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}
