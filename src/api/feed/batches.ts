/** Frames with several publications. Clients with the same batch share its bytes. */
import { type Frame, PIECE_BYTES } from './outlet.ts'
import type { Publication } from './publication.ts'

interface Batch {
  readonly id: string
  readonly publications: readonly Publication[]
  readonly bytes: Buffer
}

/** Batches that are kept for the next clients: one for each kind of subscription that many clients have. */
const RECENT_MAX = 8
const recent: Batch[] = []

/** Returns publications as one frame of the subscription `id`. */
export function batchOf(id: string, publications: readonly Publication[]): Frame {
  const head = `{"op":"batch","id":${JSON.stringify(id)},"events":[`
  const [first] = publications
  if (publications.length === 1 && first !== undefined && first.text.length > PIECE_BYTES)
    return [head, first.shared, ']}']
  const made = recent.find((batch) => batch.id === id && isSame(batch.publications, publications))
  if (made !== undefined) return made.bytes
  const bytes = Buffer.from(`${head}${publications.map(({ text }) => text).join()}]}`)
  if (recent.push({ id, publications, bytes }) > RECENT_MAX) recent.shift()
  return bytes
}

function isSame(some: readonly Publication[], others: readonly Publication[]): boolean {
  return some.length === others.length && some.every((one, i) => one === others[i])
}
