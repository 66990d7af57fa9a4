import type { ZodType } from 'zod'

/** Returns the frame in a text; undefined when the text is none. */
export function frameOf<T>(schema: ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
