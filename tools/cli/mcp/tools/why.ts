import { z } from 'zod'
import { subjectOf } from '../../why-subject.ts'
import { tool } from '../tool.ts'

export const why = tool({
  name: 'why',
  title: 'Why a record happened',
  description:
    'Explains a record: the chain of records before it, from the market event or the command that began it; the guards that each machine was asked, with their results and the values that they read; and what it led to.',
  input: z.strictObject({
    of: z
      .union([z.int().positive(), z.string()])
      .describe('seq of the record, or address of an actor: its last record that decided something'),
    depth: z.int().min(1).max(20).optional().describe('levels of what it led to'),
  }),
  async answer(reader, { of, depth }) {
    return reader.why(await subjectOf(reader, String(of)), depth)
  },
})
