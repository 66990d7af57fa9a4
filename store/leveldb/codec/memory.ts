import { MemoryLevel } from 'memory-level'

declare const opaque: unique symbol

/** The memory that a store in memory writes to. It outlives the store: another store can open on it. */
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
