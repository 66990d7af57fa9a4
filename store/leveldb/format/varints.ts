/** Reads LevelDB's numbers: seven bits in each byte, the lowest first. */
export class Varints {
  readonly #bytes: Buffer
  #offset: number

  constructor(bytes: Buffer, offset = 0) {
    this.#bytes = bytes
    this.#offset = offset
  }

  get offset(): number {
    return this.#offset
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length
  }

  next(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#offset++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  skip(length: number): void {
    this.#offset += length
  }
}
