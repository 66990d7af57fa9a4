import { MemoryLevel } from 'memory-level'

declare const opaque: unique symbol

/** What a store in memory writes to: it outlives the store, and another one opens on it. */
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
