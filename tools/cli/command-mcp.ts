import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { mcpServer } from './mcp/server.ts'
import { named, type ReadOptions } from './named.ts'
import { note, written } from './output.ts'
import { openReader } from './reader.ts'

/** Characters of what is told of a message that cannot be read. */
const NOTE_MAX = 500

/** `outcry mcp`: answers the questions of an assistant on stdin, until it closes it. */
export async function mcp(options: ReadOptions): Promise<number> {
  const { data, modules } = await named(options)
  const open = () => openReader(data, modules)
  // A folder without a log is told at once, and not at the first question.
  await (await open()).close()
  // The SDK drops the questions that are open when its input ends, so it does not see the end.
  const input = process.stdin.pipe(new PassThrough(), { end: false })
  const transport = new StdioServerTransport(input, process.stdout)
  const answered = answersOf(transport)
  const onerror = ({ message }: Error) => note(message.replace(/\s+/g, ' ').slice(0, NOTE_MAX))
  const serving = serveStdio(() => mcpServer(open), { transport, onerror })
  await answered
  await written()
  await serving.close()
  return 0
}

/** Resolves when the input has ended and each request in it is answered. */
async function answersOf(transport: StdioServerTransport): Promise<void> {
  const open = new Set<unknown>()
  let onAnswer = () => {}
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    const { id, method } = messageIn(line)
    if (id !== undefined && method !== undefined) open.add(id)
  })
  const send = transport.send.bind(transport)
  transport.send = async (message, ...rest) => {
    await send(message, ...rest)
    if (!('method' in message) && open.delete(message.id)) onAnswer()
  }
  await once(lines, 'close')
  while (open.size > 0)
    await new Promise<void>((resolve) => {
      onAnswer = resolve
    })
}

function messageIn(line: string): { readonly id?: unknown; readonly method?: unknown } {
  try {
    return Object(JSON.parse(line))
  } catch {
    return {}
  }
}
