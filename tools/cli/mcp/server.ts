/** Serves the tools to an assistant, over the Model Context Protocol. */
import { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { issuesOf, issuesText } from '../../../errors/zod-issues.ts'
import { VERSION } from '../../../src/api/version.ts'
import { isOutcryError, OutcryError } from '../../../store/index.ts'
import type { Reader } from '../reader.ts'
import type { Tool } from './tool.ts'
import { TOOLS } from './tools.ts'

/** Characters of an answer. A longer one would fill the mind of an assistant. */
const ANSWER_MAX = 200_000

/** ms that a question may take. A closed log belongs to nobody else meanwhile. */
const ANSWER_MS = 30_000

const INSTRUCTIONS = `Outcry keeps the life of each actor of a trading run (symbol, strategy, list, order, position,
account) as a log of records. seq is a place in the log, rev a place in the life of one actor, and times are UTC.
Begin with "state", or find an actor with "actors" or "events". "replay" is its life, and "why" the causes of a record.
Nothing here changes anything.`

interface Answer {
  readonly content: { readonly type: 'text'; readonly text: string }[]
  readonly isError?: true
  [key: string]: unknown
}

/**
 * Returns a server of all tools. `open` opens the log for one question: a log that stayed open could be used by no
 * runner.
 */
export function mcpServer(open: () => Promise<Reader>): McpServer {
  const server = new McpServer({ name: 'outcry', version: VERSION }, { instructions: INSTRUCTIONS })
  let last: Promise<unknown> = Promise.resolve()
  /** Answers one question after the other: a log is open once. */
  const inTurn = (tool: Tool, input: Record<string, unknown>): Promise<Answer> => {
    const answer = last.then(() => answerOf(tool, open, input))
    last = answer.catch(() => {})
    return answer
  }
  for (const tool of TOOLS) {
    const { name, title, description, input: inputSchema } = tool
    const annotations = { readOnlyHint: true, openWorldHint: false }
    server.registerTool(name, { title, description, inputSchema, annotations }, (input) =>
      inTurn(tool, input as Record<string, unknown>),
    )
  }
  return server
}

async function answerOf(
  tool: Tool,
  open: () => Promise<Reader>,
  input: Record<string, unknown>,
): Promise<Answer> {
  try {
    const reader = await open()
    try {
      const text = JSON.stringify(await inTime(tool.answer(reader, input)))
      if (text.length > ANSWER_MAX) throw tooLong(text.length)
      return { content: [{ type: 'text', text }] }
    } finally {
      await reader.close()
    }
  } catch (error) {
    return { content: [{ type: 'text', text: refusalText(error) }], isError: true }
  }
}

/** Resolves with the answer, unless it takes so long that a runner would wait for the folder. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  // The reader is closed under an answer that is late.
  answer.catch(() => {})
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooSlow()), ANSWER_MS)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

function tooSlow(): OutcryError {
  return new OutcryError(
    'ANSWER_TOO_LONG',
    `the answer takes longer than ${ANSWER_MS / 1_000} s`,
    'Ask for less: a narrower range, or one actor.',
  )
}

function tooLong(length: number): OutcryError {
  return new OutcryError(
    'ANSWER_TOO_LONG',
    `the answer has ${length} characters, and at most ${ANSWER_MAX} are sent`,
    'Ask for less: a smaller limit, or a narrower range.',
  )
}

function refusalText(error: unknown): string {
  if (isOutcryError(error)) return `${error.code}: ${error.message}. ${error.hint}`
  if (error instanceof z.ZodError) return `REQUEST_INVALID: ${issuesText(issuesOf(error, 'input'))}`
  throw error
}
