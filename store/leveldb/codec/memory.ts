import { MemoryLevel } from 'memory-level'

declare const opaque: unique symbol

/** A store in memory writes to it. It outlives the store, and another store opens on it. */
export interface Memory {
  readonly [opaque]: true
}

export function newMemory(): Memory {
  const db = new MemoryLevel<string, Buffer>({
    keyEncoding: 'utf8',
    valueEncoding: 'buffer',
    storeEncoding: 'buffer',
  })
  return db as unknown as Memory
}
