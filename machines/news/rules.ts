/** How news is judged, as data. */
import { z } from 'zod'
import { distinct, epochMs } from '../events/fields.ts'
import { newsCategory, newsSentiment, newsSeverity } from '../events/news.ts'

/** What an item is called that no rule fits. */
export const NO_RULE = 'none'

const keyword = z.string().regex(/\S/, 'a word or words')
const keywords = z.array(keyword).min(1)

export const newsRule = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .refine((id) => id !== NO_RULE, `"${NO_RULE}" stands for no rule`)
      .describe('What it is called by what is judged by it.'),
    any: keywords
      .optional()
      .describe('Title and text hold at least one of these: whole words, in upper or lower case alike.'),
    all: keywords.optional().describe('They hold each of these.'),
    none: keywords.optional().describe('They hold none of these.'),
    category: newsCategory.describe('What it is about: hack, delisting, outage, ...'),
    sentiment: newsSentiment.optional().describe('Whether it is good for who holds the symbol.'),
    severity: newsSeverity.describe('How grave it is: while a symbol has a critical flag it is not entered.'),
    flagForMs: z
      .number()
      .int()
      .positive()
      .optional()
      .describe(
        'For so many ms after it was published the symbols that it speaks of are flagged; without it they are not.',
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
    .describe('The first one that fits an item judges it.'),
  symbols: z.record(z.string(), keywords).describe('Symbols, and the words that stand for them.'),
})

/** Other rules from now on; flags in force stay. */
export const setNewsRules = z.object({
  type: z.literal('SET_NEWS_RULES'),
  at: epochMs,
  ...newsRules.shape,
})

export type NewsRule = z.infer<typeof newsRule>
export type NewsRules = z.infer<typeof newsRules>
export type SetNewsRules = z.infer<typeof setNewsRules>

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Gravest first. Words that mean something else as often, such as "list" or "avalanche", are left out or in phrases. */
export const DEFAULT_NEWS_RULES: NewsRules = {
  rules: [
    {
      id: 'hack',
      any: [
        'hack',
        'hacks',
        'hacked',
        'hackers',
        'exploit',
        'exploited',
        'stolen',
        'drained',
        'security breach',
        'private key leak',
        '51% attack',
        'rug pull',
      ],
      none: ['hackathon', 'thwarted', 'anniversary'],
      category: 'hack',
      sentiment: 'negative',
      severity: 'critical',
      flagForMs: DAY_MS,
    },
    {
      id: 'delisting',
      any: ['delist', 'delists', 'delisted', 'delisting', 'will remove', 'cease trading', 'trading removal'],
      category: 'delisting',
      sentiment: 'negative',
      severity: 'critical',
      flagForMs: 7 * DAY_MS,
    },
    {
      id: 'insolvency',
      any: ['insolvent', 'insolvency', 'bankruptcy', 'chapter 11', 'depeg', 'depegs', 'depegged', 'bank run'],
      category: 'insolvency',
      sentiment: 'negative',
      severity: 'critical',
      flagForMs: DAY_MS,
    },
    {
      id: 'outage',
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
      category: 'outage',
      sentiment: 'negative',
      severity: 'warning',
      flagForMs: 6 * HOUR_MS,
    },
    {
      id: 'regulation',
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
      none: ['dismissed', 'dismisses', 'drops lawsuit', 'settles'],
      category: 'regulation',
      sentiment: 'negative',
      severity: 'warning',
      flagForMs: 12 * HOUR_MS,
    },
    {
      id: 'listing',
      any: ['will list', 'to list', 'new listing', 'listing announcement', 'adds support for'],
      category: 'listing',
      sentiment: 'positive',
      severity: 'info',
    },
    {
      id: 'macro',
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
