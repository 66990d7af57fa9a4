import { type DefineCommand, finish, reading } from '../define-command.ts'
import type { ReadOptions } from '../named.ts'

const EXAMPLES = `
An assistant starts this command by itself. In its configuration:
  { "mcpServers": { "outcry": { "command": "npx", "args": ["outcry", "mcp", "--data", "/path/to/data"] } } }
It may read state, actors, lives, causes and events, of a closed log or a running runner. It changes nothing.`

export const mcp: DefineCommand = (program) =>
  reading(
    program,
    'mcp',
    'answer questions of AI assistants, by the Model Context Protocol on stdin and stdout',
  )
    .addHelpText('after', EXAMPLES)
    .action(async (options: ReadOptions) => finish((await import('../command-mcp.ts')).mcp(options)))
