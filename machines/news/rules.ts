/** The rules that judge news, as data. */
import { z } from 'zod'
import { newsCategory, newsSentiment, newsSeverity } from '../events/news.ts'
import { distinct, durationMs, epochMs } from '../model/fields.ts'

/** The name of the rule for an item that no rule fits. */
export const NO_RULE = 'none'

const keyword = z.string().regex(/\S/, 'a word or words')
const keywords = z.array(keyword).min(1)

export const newsRule = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .refine((id) => id !== NO_RULE, `"${NO_RULE}" stands for no rule`)
      .describe('The name of the rule, which its judgements carry.'),
    in: z
      .literal('title')
      .optional()
      .describe('`title` matches the title alone. Without it title and text are matched.'),
    any: keywords.optional().describe('At least one of these is there. Whole words count, in any case.'),
    all: keywords.optional().describe('Each of these is there.'),
    none: keywords
      .optional()
      .describe(
        'A keyword does not count when one of these is close to it in its clause: `not hacked`, `hack thwarted`.',
      ),
    category: newsCategory.describe('The subject: hack, delisting, outage, ...'),
    sentiment: newsSentiment.optional().describe('The sentiment for a holder of the symbol.'),
    severity: newsSeverity.describe('The graveness of the item. A critical flag blocks entries in a symbol.'),
    confidence: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('The confidence of the rule, from 0 to 1. The default is 1.'),
    flagForMs: durationMs
      .optional()
      .describe(
        'The time for which the symbols of the item are flagged after its publication, in ms. Without it they are not flagged.',
      ),
  })
  .refine(({ any, all }) => any !== undefined || all !== undefined, {
    error: 'name keywords under any or all',
    path: ['any'],
  })

export const newsRules = z.strictObject({
  rules: z
    .array(newsRule)
    .check(distinct(({ id }) => id, 'id'))
    .describe('The rules that judge an item. The first rule that matches decides.'),
  symbols: z.record(z.string(), keywords).describe('The symbols, and the words that stand for them.'),
})

/** The venues whose accounts are told of flags. */
export const venuesToWarn = z
  .array(z.string())
  .min(1)
  .optional()
  .describe('Venues whose accounts hear of flags; by default that of the news itself.')

/** Other rules from now on; flags in force stay. */
export const setNewsRules = z.object({
  type: z.literal('SET_NEWS_RULES'),
  at: epochMs,
  ...newsRules.shape,
  venues: venuesToWarn,
})

export type NewsRule = z.infer<typeof newsRule>
export type NewsRules = z.infer<typeof newsRules>
export type SetNewsRules = z.infer<typeof setNewsRules>

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Says that it did not happen, or may, or did long ago. */
const UNREAL = [
  'not',
  'no',
  'never',
  "wasn't",
  "weren't",
  "isn't",
  "aren't",
  "hasn't",
  "haven't",
  "won't",
  'denies',
  'denied',
  'refutes',
  'debunks',
  'if',
  'could',
  'would',
  'might',
  'years after',
  'years ago',
  'anniversary',
]

/**
 * Gravest first. Texts tell of old cases and of other coins in passing: what flags symbols goes by the title. Words that
 * mean something else as often, such as "drained", "list" or "avalanche", are left out or in phrases.
 */
export const DEFAULT_NEWS_RULES: NewsRules = {
  rules: [
    {
      id: 'hack',
      confidence: 0.9,
      in: 'title',
      any: [
        'hacked',
        'exchange hack',
        'exchange hacking',
        'bridge hack',
        'wallet hack',
        'suffers hack',
        'hit by hack',
        'hack drains',
        'hackers steal',
        'hackers stole',
        'hackers drain',
        'hacker steals',
        'hacker drains',
        'exploited for',
        'bridge exploited',
        'protocol exploited',
        'exploit drains',
        'hit by exploit',
        'suffers exploit',
        'stolen',
        'wallets drained',
        'funds drained',
        'bridge drained',
        'drained of',
        'security breach',
        'private key leak',
        '51% attack',
        'flash loan attack',
        'rug pull',
      ],
      none: [
        ...UNREAL,
        'hackathon',
        'hacked together',
        'thwart',
        'thwarts',
        'thwarted',
        'foiled',
        'averted',
        'prevented',
        'returns',
        'returned',
        'recovers',
        'recovered',
        'seizes',
        'seized',
        'arrested',
        'charged',
        'convicted',
        'sentenced',
        'pleads guilty',
      ],
      category: 'hack',
      sentiment: 'negative',
      severity: 'critical',
      flagForMs: DAY_MS,
    },
    {
      id: 'delisting',
      confidence: 0.9,
      in: 'title',
      any: [
        'delist',
        'delists',
        'delisted',
        'delisting',
        'cease trading',
        'ceases trading',
        'remove trading pairs',
        'remove spot trading pairs',
        'removes trading pairs',
        'removal of trading pairs',
        'trading removal',
      ],
      none: [...UNREAL, 'reverses', 'reversed', 'cancels', 'lifted'],
      category: 'delisting',
      sentiment: 'negative',
      severity: 'critical',
      flagForMs: 7 * DAY_MS,
    },
    {
      id: 'insolvency',
      confidence: 0.9,
      in: 'title',
      any: [
        'insolvent',
        'insolvency',
        'files for bankruptcy',
        'filed for bankruptcy',
        'filing for bankruptcy',
        'declares bankruptcy',
        'files for chapter 11',
        'filed for chapter 11',
        'depegs',
        'depegged',
        'depegging',
        'loses peg',
        'loses its peg',
        'lost its peg',
        'bank run',
      ],
      none: UNREAL,
      category: 'insolvency',
      sentiment: 'negative',
      severity: 'critical',
      flagForMs: DAY_MS,
    },
    {
      id: 'outage',
      confidence: 0.8,
      in: 'title',
      any: [
        'outage',
        'halts withdrawals',
        'halted withdrawals',
        'suspends withdrawals',
        'suspended withdrawals',
        'withdrawals paused',
        'halts trading',
        'trading halted',
        'network halted',
        'block production halted',
      ],
      none: UNREAL,
      category: 'outage',
      sentiment: 'negative',
      severity: 'warning',
      flagForMs: 6 * HOUR_MS,
    },
    {
      id: 'regulation',
      confidence: 0.8,
      in: 'title',
      any: [
        'lawsuit',
        'sues',
        'sued',
        'indicted',
        'subpoena',
        'enforcement action',
        'cease and desist',
        'sanctions',
        'sanctioned',
        'wells notice',
      ],
      none: [...UNREAL, 'dismissed', 'dismisses', 'drops', 'dropped', 'settles', 'settled'],
      category: 'regulation',
      sentiment: 'negative',
      severity: 'warning',
      flagForMs: 12 * HOUR_MS,
    },
    {
      id: 'listing',
      confidence: 0.6,
      any: ['will list', 'to list', 'new listing', 'listing announcement', 'adds support for'],
      category: 'listing',
      sentiment: 'positive',
      severity: 'info',
    },
    {
      id: 'macro',
      confidence: 0.6,
      any: [
        'FOMC',
        'federal reserve',
        'interest rate',
        'rate hike',
        'rate cut',
        'CPI',
        'nonfarm payrolls',
        'ECB',
      ],
      category: 'macro',
      severity: 'info',
    },
  ],
  symbols: {
    BTCUSDT: ['BTC', 'XBT', 'bitcoin'],
    ETHUSDT: ['ETH', 'ethereum'],
    SOLUSDT: ['SOL', 'solana'],
    BNBUSDT: ['BNB'],
    XRPUSDT: ['XRP'],
    ADAUSDT: ['cardano'],
    DOGEUSDT: ['DOGE', 'dogecoin'],
    TRXUSDT: ['TRX'],
    AVAXUSDT: ['AVAX'],
    LTCUSDT: ['LTC', 'litecoin'],
  },
}
