/** Classifies an item of news: its subject and its severity. */
import { compact } from '../../errors/compact.ts'
import type { NewsItem, NewsSentiment, NewsSeverity } from '../events/news.ts'
import { type NewsRule, type NewsRules, NO_RULE } from './rules.ts'

export interface Classification {
  readonly category: string
  readonly sentiment?: NewsSentiment
  readonly severity: NewsSeverity
  readonly symbols: string[]
  /** Id of the rule that says so. */
  readonly rule: string
  /** The confidence of the rule in that, from 0 to 1; 0 if no rule matched. */
  readonly confidence: number
  /** The time after its publication during which the symbols are flagged, in ms; undefined if they are not. */
  readonly flagForMs?: number
}

/** Pure: the same item gives the same answer. */
export type Classifier = (item: Pick<NewsItem, 'title' | 'text'>) => Classification

/** Judges by the first rule that fits; the symbols are those named where that looks. */
export function keywordClassifier({ rules, symbols }: NewsRules): Classifier {
  const tests = rules.map((rule) => ({ rule, fits: fitting(rule) }))
  const aliases = Object.entries(symbols).map(([symbol, words]) => ({ symbol, pattern: anyOf(words) }))
  const named = (words: string) =>
    aliases.filter(({ pattern }) => has(words, pattern)).map(({ symbol }) => symbol)
  return ({ title, text = '' }) => {
    const all = `${title}.\n${text}`
    const readBy = (rule: NewsRule) => (rule.in === 'title' ? title : all)
    const rule = tests.find(({ rule, fits }) => fits(readBy(rule)))?.rule
    if (rule === undefined)
      return { category: 'other', severity: 'info', symbols: named(all), rule: NO_RULE, confidence: 0 }
    const { id, category, sentiment, severity, confidence = 1, flagForMs } = rule
    return compact({
      category,
      sentiment,
      severity,
      symbols: named(readBy(rule)),
      rule: id,
      confidence,
      flagForMs,
    })
  }
}

function fitting({ any, all = [], none }: NewsRule): (words: string) => boolean {
  const wanted = [...(any ? [any] : []), ...all.map((keyword) => [keyword])].map(anyOf)
  const unwanted = none && anyOf(none)
  return (words) =>
    wanted.every((pattern) =>
      unwanted === undefined
        ? has(words, pattern)
        : [...words.matchAll(pattern)].some((found) => !has(around(words, found), unwanted)),
    )
}

function has(words: string, pattern: RegExp): boolean {
  return words.search(pattern) >= 0
}

/** So far words can be from each other and be about the same: "was not even hacked", "the hack attempt was thwarted". */
const REACH_WORDS = 4
const REACH_CHARACTERS = 80
/** Not that of "Mt. Gox". */
const CLAUSE_END = /[,;:!?…](?=\s|$)|(?<=\p{L}{3})\.(?=\s|$)|\s[–—-]+\s|\s(?:but|while|with)\s/iu

/** Returns a keyword and the words next to it in the same clause. */
function around(words: string, { index, 0: keyword }: RegExpExecArray): string {
  const end = index + keyword.length
  const before = words
    .slice(Math.max(0, index - REACH_CHARACTERS), index)
    .split(CLAUSE_END)
    .at(-1) as string
  const after = words.slice(end, end + REACH_CHARACTERS).split(CLAUSE_END)[0] as string
  return [...wordsOf(before).slice(-REACH_WORDS), keyword, ...wordsOf(after).slice(0, REACH_WORDS)].join(' ')
}

function wordsOf(text: string): string[] {
  return text.trim().split(/\s+/)
}

/** `\b` knows only the letters of English. */
const WORD = String.raw`[\p{L}\p{N}_]`

function anyOf(keywords: readonly string[]): RegExp {
  return new RegExp(`(?<!${WORD})(?:${keywords.map(patternOf).join('|')})(?!${WORD})`, 'giu')
}

function patternOf(keyword: string): string {
  return keyword
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`).replaceAll("'", "['’]"))
    .join(String.raw`\s+`)
}
