import { type Frame, PIECE_BYTES } from './outlet.ts'
import type { Publication } from './publication.ts'
import { SharedBytes } from './shared-bytes.ts'

const batches = new SharedBytes((publications: readonly Publication[], head) =>
  Buffer.from(`${head}${publications.map(({ text }) => text).join()}]}`),
)

/** Returns publications as one frame of the subscription `id`. Clients with the same batch share its bytes. Nobody changes `publications` afterwards. */
export function batchOf(id: string, publications: readonly Publication[]): Frame {
  const head = `{"op":"batch","id":${JSON.stringify(id)},"events":[`
  const [first] = publications
  if (publications.length === 1 && first !== undefined && first.text.length > PIECE_BYTES)
    return [head, first.shared, ']}']
  return batches.of(publications, head)
}
