/** What an item of news is about, and how grave that is. */
import type { NewsItem, NewsSentiment, NewsSeverity } from '../events/news.ts'
import { type NewsRule, type NewsRules, NO_RULE } from './rules.ts'

export interface Classification {
  readonly category: string
  readonly sentiment?: NewsSentiment
  readonly severity: NewsSeverity
  readonly symbols: string[]
  /** Id of the rule that says so. */
  readonly rule: string
  /** How long after it was published the symbols are flagged; undefined when they are not. */
  readonly flagForMs?: number
}

/** Pure: the same item gives the same answer. */
export type Classifier = (item: Pick<NewsItem, 'title' | 'text'>) => Classification

/** Judges by the first rule whose keywords fit title and text. */
export function keywordClassifier({ rules, symbols }: NewsRules): Classifier {
  const tests = rules.map((rule) => ({ rule, fits: fitting(rule) }))
  const aliases = Object.entries(symbols).map(([symbol, words]) => ({ symbol, pattern: anyOf(words) }))
  return ({ title, text = '' }) => {
    const words = `${title}\n${text}`
    const found = aliases.filter(({ pattern }) => pattern.test(words)).map(({ symbol }) => symbol)
    const rule = tests.find(({ fits }) => fits(words))?.rule
    if (rule === undefined) return { category: 'other', severity: 'info', symbols: found, rule: NO_RULE }
    const { id, category, sentiment, severity, flagForMs } = rule
    return {
      category,
      ...(sentiment !== undefined && { sentiment }),
      severity,
      symbols: found,
      rule: id,
      ...(flagForMs !== undefined && { flagForMs }),
    }
  }
}

function fitting({ any, all = [], none }: NewsRule): (words: string) => boolean {
  const wanted = [...(any ? [anyOf(any)] : []), ...all.map((keyword) => anyOf([keyword]))]
  const unwanted = none && anyOf(none)
  return (words) => wanted.every((pattern) => pattern.test(words)) && !unwanted?.test(words)
}

/** `\b` knows only the letters of English. */
const WORD = String.raw`[\p{L}\p{N}_]`

function anyOf(keywords: readonly string[]): RegExp {
  return new RegExp(`(?<!${WORD})(?:${keywords.map(patternOf).join('|')})(?!${WORD})`, 'iu')
}

function patternOf(keyword: string): string {
  return keyword
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
    .join(String.raw`\s+`)
}
