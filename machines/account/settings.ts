/** Settings that people change at run time. They are checked as a whole and reported one by one. Pure. */

import type { ZodType } from 'zod'
import { compact } from '../../errors/compact.ts'

export interface Change {
  readonly setting: string
  readonly value?: unknown
  readonly was?: unknown
}
export interface Problem {
  readonly field: string
  readonly rule: string
}
export type Renewal<T> =
  | { readonly settings: T; readonly changes: readonly Change[] }
  | { readonly problems: readonly Problem[] }

type Settings = Readonly<Record<string, unknown>>

/** Returns the settings with the changes applied, or the problems. A null removes a setting. */
export function renewed<T extends object>(schema: ZodType<T>, was: T, asked: Settings): Renewal<T> {
  const wanted = Object.entries({ ...was, ...asked }).filter(([, value]) => value !== null)
  const judged = schema.safeParse(Object.fromEntries(wanted))
  if (!judged.success) {
    const problems = judged.error.issues.flatMap((issue) => {
      const fields = issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.')]
      return fields.map((field) => ({ field, rule: issue.message }))
    })
    return { problems }
  }
  return { settings: judged.data, changes: changesOf(was as Settings, judged.data as Settings) }
}

function changesOf(were: Settings, are: Settings): Change[] {
  return [...new Set([...Object.keys(were), ...Object.keys(are)])].flatMap((setting) => {
    const [was, value] = [were[setting], are[setting]]
    if (JSON.stringify(was) === JSON.stringify(value)) return []
    return compact({ setting, value, was })
  })
}
