import { recordUnknown } from '../../src/runtime/explain/why.ts'
import { parseAddress } from '../../src/runtime/record/address.ts'
import type { Reader } from './reader.ts'

/**
 * Returns the seq or the address that a text names: `1234`, `seq:1234` or `order/sim:o-1`.
 * @throws RECORD_UNKNOWN for a number that no record can have
 * @throws ADDRESS_INVALID
 */
export async function subjectOf(reader: Reader, text: string): Promise<number | string> {
  const [, digits] = /^(?:seq:)?(\d+)$/.exec(text) ?? []
  if (digits === undefined) return parseAddress(text)
  const seq = Number(digits)
  if (seq > 0 && Number.isSafeInteger(seq)) return seq
  throw recordUnknown(digits, (await reader.head()).seq)
}
