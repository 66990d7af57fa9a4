/** Events as lines of JSON at the end of a file. The file keeps no position, so after a kill it may get some events again. */
import { open } from 'node:fs/promises'
import { z } from 'zod'
import { defineSink } from '../define-sink.ts'

const config = z.strictObject({
  path: z.string().min(1).describe('The file. Its path starts at the working directory.'),
})

export const lines = defineSink({
  name: 'lines',
  about: 'Lines of JSON at the end of a file.',
  config,
  open: async ({ path }) => {
    const file = await open(path, 'a')
    return {
      write: async ({ events, to }) => {
        await file.appendFile(events.map(({ text }) => `${text}\n`).join(''))
        await file.datasync()
        return to
      },
      close: () => file.close(),
    }
  },
})
