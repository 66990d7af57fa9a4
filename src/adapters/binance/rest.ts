/** Questions to Binance's REST API. */
import type { z } from 'zod'
import { issuesOf, issuesText, PLAINLY } from '../../../errors/zod-issues.ts'
import { getJson } from '../transport/http.ts'

const TIMEOUT_MS = 10_000

/** Resolves with what the API says. `api`: `https://api.binance.com/api/v3`. @throws Refused, and what fetch throws */
export function ask(api: string, path: string, signal: AbortSignal): Promise<unknown> {
  return getJson(`${api}/${path}`, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]))
}

/** Returns the answer to a path. @throws an error that says where it is not of the shape that Binance gives it */
export function read<T>(schema: z.ZodType<T>, answer: unknown, path: string): T {
  const { data, error } = schema.safeParse(answer, PLAINLY)
  if (error) throw new Error(`${path} is not of Binance's shape: ${issuesText(issuesOf(error, 'answer'))}`)
  return data as T
}
