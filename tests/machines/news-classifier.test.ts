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
    ['lets what must not be there forbid a keyword', 'Hacked together at a hackathon', 'none', []],
    ['but only close to it', 'Hacked: a fund that met its founders at a hackathon', 'theft', []],
    ['and in the same clause', 'Exchange hacked, hackathon goes on', 'theft', []],
    ['and not where the keyword comes once more', 'Hackathon of the hacked; an exchange hacked', 'theft', []],
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
      confidence: 1,
      flagForMs: 60_000,
    })
  })

  it('reads the title alone where the rule says so, symbols included', () => {
    const rule = { id: 'theft', in: 'title', any: ['hacked'], category: 'hack', severity: 'critical' }
    const classify = keywordClassifier(newsRules.parse({ ...rules, rules: [rule] }))
    const text = 'BTC was hacked years ago'
    expect(classify({ title: 'ETH rises', text })).toMatchObject({
      rule: 'none',
      confidence: 0,
      symbols: ['BTCUSDT', 'ETHUSDT'],
    })
    expect(classify({ title: 'ETH hacked', text })).toMatchObject({ rule: 'theft', symbols: ['ETHUSDT'] })
  })

  it('calls what no rule fits other', () => {
    expect(classify({ title: 'Weather' })).toEqual({
      category: 'other',
      severity: 'info',
      symbols: [],
      rule: 'none',
      confidence: 0,
    })
  })
})

describe('the rules that come along', () => {
  it('are rules', () => {
    expect(newsRules.parse(DEFAULT_NEWS_RULES)).toEqual(DEFAULT_NEWS_RULES)
  })

  const BTC = ['BTCUSDT']
  const ETH = ['ETHUSDT']
  const SOL = ['SOLUSDT']
  const XRP = ['XRPUSDT']
  it.each<[string, string, string[]]>([
    ['Bybit hacked for $1.4bn in Ethereum', 'hack', ETH],
    ['Hackers steal $100M from Solana bridge', 'hack', SOL],
    ['Bridge exploited for $80m in Ethereum', 'hack', ETH],
    ['Exchange hacking in Korea: 6,000 BTC gone', 'hack', BTC],
    ['Coinbase hacked; attack on second bridge thwarted, BTC stolen', 'hack', BTC],
    ['Exchange hacked but no user lost bitcoin, it says', 'hack', BTC],
    ['Litecoin fork suffers 51% attack', 'hack', ['LTCUSDT']],
    ['Security breach at custodian of Solana fund', 'hack', SOL],
    ['Flash loan attack empties Ethereum lender', 'hack', ETH],
    ['Rug pull: team behind Solana coin vanishes', 'hack', SOL],
    ['Solana wallets drained overnight', 'hack', SOL],
    ['Exchanges not affected as of now after Solana bridge hacked', 'hack', SOL],
    ['Bitcoin was NOT hacked', 'other', BTC],
    ['No, Bitcoin wasn’t hacked', 'other', BTC],
    ['Exchange denies it was hacked, bitcoin recovers', 'other', BTC],
    ['Supply of bitcoin on exchanges drained to a five-year low', 'other', BTC],
    ['Bitcoin hackathon drew thousands who hacked all night', 'other', BTC],
    ['Hacked together in a weekend: a bitcoin wallet for children', 'other', BTC],
    ['Crypto hacks fell by half in the third quarter as bitcoin rose', 'other', BTC],
    ['Hack attempt on Ethereum bridge thwarted', 'other', ETH],
    ['Stolen Ethereum returned by attacker', 'other', ETH],
    ['US seizes bitcoin stolen in 2016', 'other', BTC],
    ['Could bitcoin be hacked by quantum computers?', 'other', BTC],
    ['Exchange will delist three pairs with XRP', 'delisting', XRP],
    ['Kraken delists XRP in Canada', 'delisting', XRP],
    ['Binance will remove and cease trading of LTC', 'delisting', ['LTCUSDT']],
    ['Binance will remove trading fees for BTC', 'other', BTC],
    ['Exchange will not delist XRP', 'other', XRP],
    ['Exchange will remove leverage tiers for DOGE', 'other', ['DOGEUSDT']],
    ['Stablecoin depegs as Solana lender files for bankruptcy', 'insolvency', SOL],
    ['stETH depegging rattles ETH lenders', 'insolvency', ETH],
    ['Bank run at the bank of crypto, bitcoin falls', 'insolvency', BTC],
    ['Fund with 10,000 BTC insolvent, says auditor', 'insolvency', BTC],
    ['FTX bankruptcy estate unlocks SOL', 'other', SOL],
    ['Lender would be insolvent if bitcoin halved', 'other', BTC],
    ['Issuer denies it is insolvent, BTC calm', 'other', BTC],
    ['Exchange halts withdrawals of BTC', 'outage', BTC],
    ['SEC sues exchange', 'regulation', []],
    ['SEC drops its lawsuit over SOL', 'other', SOL],
    ['Judge dismisses lawsuit about XRP', 'other', XRP],
    ['Exchange will list a new coin', 'listing', []],
    ['FOMC leaves interest rate as it is', 'macro', []],
    ['An avalanche of lists', 'other', []],
  ])('judge "%s"', (title, category, symbols) => {
    expect(keywordClassifier(DEFAULT_NEWS_RULES)({ title })).toMatchObject({ category, symbols })
  })

  it('flag nothing for what a text tells in passing', () => {
    const text =
      'Nothing like it since the FTX bankruptcy, when ETH was stolen and SOL delisted; one was sued.'
    const found = keywordClassifier(DEFAULT_NEWS_RULES)({ title: 'Bitcoin hits a new all-time high', text })
    expect(found).toEqual({
      category: 'other',
      severity: 'info',
      symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'],
      rule: 'none',
      confidence: 0,
    })
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
