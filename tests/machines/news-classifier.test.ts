import { describe, expect, it } from 'vitest'
import { DEFAULT_NEWS_RULES, keywordClassifier, type NewsRules, newsRules } from '../../machines/index.ts'

const rules: NewsRules = newsRules.parse({
  rules: [
    {
      id: 'theft',
      any: ['hacked', ' stolen funds '],
      none: ['hackathon'],
      category: 'hack',
      severity: 'critical',
    },
    {
      id: 'sec-suit',
      all: ['SEC', 'lawsuit'],
      category: 'regulation',
      severity: 'warning',
      sentiment: 'negative',
      flagForMs: 60_000,
    },
    { id: 'взлом', any: ['взлом'], category: 'hack', severity: 'warning' },
    { id: 'price', any: ['$100k', 'C++ (new)'], category: 'price', severity: 'info' },
  ],
  symbols: { BTCUSDT: ['BTC', 'bitcoin'], ETHUSDT: ['ETH', 'ethereum'] },
})
const classify = keywordClassifier(rules)

describe('the keyword classifier', () => {
  it.each<[string, string, string, string[]]>([
    ['finds a word whatever its case', 'Exchange HACKED', 'theft', []],
    ['does not find it within another word', 'Whacked and unhackedly', 'none', []],
    ['finds words however they are spaced', 'Stolen\n  funds return', 'theft', []],
    ['lets what must not be there forbid a rule', 'Hacked together at a hackathon', 'none', []],
    ['wants all of what must be there', 'A lawsuit over bitcoin', 'none', ['BTCUSDT']],
    ['takes them in any order', 'Lawsuit by the SEC against ETH', 'sec-suit', ['ETHUSDT']],
    ['takes the first rule of two that fit', 'SEC lawsuit: exchange hacked', 'theft', []],
    ['knows words of other scripts, and where they end', 'Взлом биржи', 'взлом', []],
    ['does not take a part of such a word', 'взломщик', 'none', []],
    ['takes keywords as text, not as patterns', 'To $100k', 'price', []],
    ['takes brackets as text', 'Written in C++ (new).', 'price', []],
    ['knows a symbol by each of its names', 'Bitcoin up, $ETH down', 'none', ['BTCUSDT', 'ETHUSDT']],
    ['knows none by a part of one', 'Something, together', 'none', []],
  ])('%s', (_, title, rule, symbols) => {
    expect(classify({ title })).toMatchObject({ rule, symbols })
  })

  it('reads the text as it does the title, and says what the rule says', () => {
    expect(classify({ title: 'News', text: 'The SEC files a lawsuit over BTC' })).toEqual({
      category: 'regulation',
      severity: 'warning',
      sentiment: 'negative',
      symbols: ['BTCUSDT'],
      rule: 'sec-suit',
      flagForMs: 60_000,
    })
  })

  it('calls what no rule fits other', () => {
    expect(classify({ title: 'Weather' })).toEqual({
      category: 'other',
      severity: 'info',
      symbols: [],
      rule: 'none',
    })
  })
})

describe('the rules that come along', () => {
  it('are rules', () => {
    expect(newsRules.parse(DEFAULT_NEWS_RULES)).toEqual(DEFAULT_NEWS_RULES)
  })

  it.each<[string, string, string[]]>([
    ['Bridge exploited for $80m in Ethereum', 'hack', ['ETHUSDT']],
    ['Exchange will delist three pairs with XRP', 'delisting', ['XRPUSDT']],
    ['Stablecoin depegs as Solana lender files for bankruptcy', 'insolvency', ['SOLUSDT']],
    ['Exchange halts withdrawals of BTC', 'outage', ['BTCUSDT']],
    ['SEC sues exchange', 'regulation', []],
    ['Judge dismisses lawsuit about XRP', 'other', ['XRPUSDT']],
    ['Exchange will list a new coin', 'listing', []],
    ['FOMC leaves interest rate as it is', 'macro', []],
    ['Bitcoin hackathon drew thousands who hacked all night', 'other', ['BTCUSDT']],
    ['An avalanche of lists', 'other', []],
  ])('judge "%s"', (title, category, symbols) => {
    expect(keywordClassifier(DEFAULT_NEWS_RULES)({ title })).toMatchObject({ category, symbols })
  })
})

describe('a rule', () => {
  const rule = { id: 'r', any: ['x'], category: 'hack', severity: 'info' }
  it.each<[string, object, string, string]>([
    ['without keywords', { any: undefined }, 'rules.0.any', 'any or all'],
    ['with an empty keyword', { any: [' '] }, 'rules.0.any.0', 'a word or words'],
    ['of no known severity', { severity: 'bad' }, 'rules.0.severity', 'critical'],
    ['whose category is no word', { category: 'Big Hack' }, 'rules.0.category', 'a word'],
    ['that flags for no time', { flagForMs: 0 }, 'rules.0.flagForMs', 'Too small'],
    ['with a key that is none', { anyOf: ['x'] }, 'rules.0', 'anyOf'],
    ['called as what stands for no rule', { id: 'none' }, 'rules.0.id', 'no rule'],
  ])('%s is refused', (_, change, path, text) => {
    const { error } = newsRules.safeParse({ rules: [{ ...rule, ...change }], symbols: {} })
    expect(error?.issues.map((issue) => [issue.path.join('.'), issue.message])).toContainEqual([
      path,
      expect.stringContaining(text),
    ])
  })

  it('has an id of its own', () => {
    const { error } = newsRules.safeParse({ rules: [rule, rule], symbols: {} })
    expect(error?.issues[0]).toMatchObject({ path: ['rules', 1, 'id'] })
  })
})
