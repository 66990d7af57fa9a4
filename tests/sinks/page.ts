import { readFileSync } from 'node:fs'

/** Returns the blocks of docs/sinks.md in a language. */
export function blocksOf(language: string): readonly string[] {
  const page = readFileSync(new URL('../../docs/sinks.md', import.meta.url), 'utf8')
  return [...page.matchAll(/^```(\w+)\n(.*?)^```/gms)].flatMap(([, of, text]) =>
    of === language ? [text as string] : [],
  )
}
