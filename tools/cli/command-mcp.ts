import { once } from 'node:events'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { mcpServer } from './mcp/server.ts'
import { named, type ReadOptions } from './named.ts'
import { note } from './output.ts'
import { openReader } from './reader.ts'

/** `outcry mcp`: answers the questions of an assistant on stdin, until it closes it. */
export async function mcp(options: ReadOptions): Promise<number> {
  const { data, modules } = named(options)
  const open = () => openReader(data, modules)
  // A folder without a log is told at once, and not at the first question.
  await (await open()).close()
  const serving = serveStdio(() => mcpServer(open), { onerror: ({ message }) => note(message) })
  await once(process.stdin, 'close')
  await serving.close()
  return 0
}
