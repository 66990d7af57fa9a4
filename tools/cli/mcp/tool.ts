/** The form of a question that an assistant may ask: a file in tools/, and a line in tools.ts. */
import type { z } from 'zod'
import type { Reader } from '../reader.ts'

/** Answers one question about a log. It changes nothing. */
export interface Tool<Input extends z.ZodObject = z.ZodObject> {
  readonly name: string
  readonly title: string
  /** Says to an assistant when to ask, and what the answer has. */
  readonly description: string
  readonly input: Input
  answer(reader: Reader, input: z.infer<Input>): Promise<object>
}

/** Returns the tool, with the type of its input taken from its schema. */
export function tool<Input extends z.ZodObject>(given: Tool<Input>): Tool {
  return given as unknown as Tool
}
