import { type LogRecord, type Memory, newMemory, openMemoryStore, type Store } from '../../store/index.ts'
import { databaseIn } from '../../store/leveldb/codec/database.ts'

/** Makes an empty store with the name of another, as if its commits had been written to that one. */
export async function anotherLifeOf<R extends LogRecord>(
  memory: Memory,
): Promise<{ memory: Memory; store: Store<R> }> {
  const other = newMemory()
  await (await openMemoryStore(other)).close()
  await databaseIn(other).open()
  await databaseIn(other).put('m!id', (await databaseIn(memory).get('m!id')) as Buffer)
  // The epoch is also the same.
  await databaseIn(other).put('m!epoch', Buffer.from('0'))
  return { memory: other, store: await openMemoryStore<R>(other) }
}
