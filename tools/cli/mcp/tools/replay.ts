import { z } from 'zod'
import { compact } from '../../../../errors/compact.ts'
import type { RecordInDetail } from '../../../../src/api/contract/record.ts'
import { parseAddress } from '../../../../src/runtime/record/address.ts'
import { wantedOf } from '../../command-replay.ts'
import { actorUnknown, placeOf } from '../../places.ts'
import { address, limit, place } from '../fields.ts'
import { tool } from '../tool.ts'

export const replay = tool({
  name: 'replay',
  title: "An actor's life",
  description:
    'Lists the records of an actor: each event that it took, the state before and after, what that changed in its context, what it emitted and sent. The last ones without "from". "next" is the "from" of the next page.',
  input: z.strictObject({
    address,
    from: place.optional(),
    to: place.optional(),
    changes: z.boolean().default(true).describe('with what each record changed in the context'),
    limit,
  }),
  async answer(reader, { address, from, to, changes: detail, limit }) {
    parseAddress(address)
    if ((await reader.actor(address)) === undefined) throw actorUnknown(address, reader)
    const asked = compact({
      from: from === undefined ? undefined : placeOf(from, 'from'),
      to: to === undefined ? undefined : placeOf(to, 'to'),
    })
    const wanted = await wantedOf(reader, address, { ...asked, detail, follow: false })
    const reverse = from === undefined
    const records: RecordInDetail[] = []
    for await (const record of reader.life(address, { ...wanted, reverse, limit: limit + 1 }))
      records.push(record)
    const beyond = records.length > limit ? records.pop() : undefined
    if (reverse) return { records: records.reverse(), earlier: beyond !== undefined }
    return { records, ...compact({ next: beyond && `rev:${beyond.rev}` }) }
  },
})
