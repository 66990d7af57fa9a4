import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { LIMITS } from '../../src/api/limits.ts'
import { strategiesOf } from '../../src/runner/actors/configured.ts'
import { instrumentsOf } from '../../src/runner/actors/instruments.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import type { OutcryError } from '../../store/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'outcry.yaml')
const fromFile = (text: string) => {
  writeFileSync(file, text)
  return () => loadConfig({ file })
}
const wrong = (field: string, rule: string) =>
  expect.objectContaining({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(`${field}: `),
    issues: expect.arrayContaining([{ field, rule: expect.stringContaining(rule) }]),
  })

describe('the configuration', () => {
  it('takes flags before the environment, the environment before the file, the file before defaults', () => {
    writeFileSync(file, 'data: from-file\nmarket: { seed: 1, ratePerSecond: 7, speed: 3 }\n')
    const env = { OUTCRY_MARKET_SEED: '2', OUTCRY_MARKET_RATE_PER_SECOND: '8' }
    const config = loadConfig({ file, env, flags: { market: { seed: 3 } } })
    expect(config).toMatchObject({
      data: 'from-file',
      market: { source: 'sim', seed: 3, ratePerSecond: 8, speed: 3 },
    })
    expect(config.server).toEqual({
      enabled: true,
      host: '127.0.0.1',
      port: 7077,
      tokens: [],
      origins: [],
      compressFrames: false,
      limits: LIMITS,
    })
  })

  it('takes numbers, money and switches from the environment, each as it is wanted', () => {
    const env = {
      OUTCRY_MARKET_SPEED: '0.5',
      OUTCRY_ACCOUNT_BALANCE: '5000',
      OUTCRY_SERVER_ENABLED: 'false',
      OUTCRY_SERVER_TOKEN: '1234567890123456',
      OUTCRY_SERVER_LIMITS_PING_MS: '500',
      OUTCRY_ACCOUNT_LIMITS_DAILY_LOSS_MAX: '7',
    }
    expect(loadConfig({ env })).toMatchObject({
      market: { speed: 0.5 },
      account: { balance: '5000', limits: { dailyLossMax: '7' } },
      server: { enabled: false, token: '1234567890123456', limits: { ...LIMITS, pingMs: 500 } },
    })
  })

  it('takes one limit, and leaves the others as they are', () => {
    const { limits } = loadConfig({ flags: { account: { limits: { dailyLossMax: '5' } } } }).account
    expect(limits).toEqual({ ...loadConfig({}).account.limits, dailyLossMax: '5' })
    expect(limits).toMatchObject({ orderNotionalMax: '10000', openOrdersMax: 20 })
  })

  it('finds modules and news from where it is, and calls news as it writes them', () => {
    const config = fromFile(`
strategies: [{ id: a, type: ./mine.ts, symbol: BTCUSDT }]
news: { sources: [{ type: jsonl, file: news/desk.jsonl }, { type: jsonl, file: /var/news.jsonl, name: wire }] }
`)()
    expect(config.strategies).toMatchObject([{ type: join(folder, 'mine.ts') }])
    expect(config.news.sources).toEqual([
      { type: 'jsonl', file: join(folder, 'news/desk.jsonl'), name: 'news/desk.jsonl' },
      { type: 'jsonl', file: '/var/news.jsonl', name: 'wire' },
    ])
  })

  it.each(['127.0.0.1', '127.0.0.2', '::1', 'localhost'])(
    'asks for no token where it listens on %s',
    (host) => {
      expect(loadConfig({ flags: { server: { host } } }).server).toMatchObject({ host })
    },
  )

  it.each(['0.0.0.0', '::', '', '192.168.0.7', 'bot.example', 'localhost.example'])(
    'asks for a token where it listens on "%s", unless it does not',
    (host) => {
      const rule = wrong('server.token', 'must be set when server.host is not 127.0.0.1, localhost or ::1')
      expect(() => loadConfig({ flags: { server: { host } } })).toThrow(rule)
      expect(() => loadConfig({ env: { OUTCRY_SERVER_HOST: host } })).toThrow(rule)
      const token = 'x'.repeat(16)
      expect(loadConfig({ env: { OUTCRY_SERVER_HOST: host, OUTCRY_SERVER_TOKEN: token } })).toMatchObject({
        server: { host, token },
      })
      expect(loadConfig({ flags: { server: { host, enabled: false } } }).server).toMatchObject({ host })
      const tokens = [{ name: 'ann', access: 'read', env: 'ANN' }]
      expect(loadConfig({ flags: { server: { host, tokens } } }).server).toMatchObject({ tokens })
    },
  )

  it('finds the files of tokens from where it is', () => {
    const { server } = fromFile(`
server: { tokens: [{ name: a, access: read, file: a.token }, { name: b, access: control, file: /var/b }] }
`)()
    expect(server.tokens).toEqual([
      { name: 'a', access: 'read', file: join(folder, 'a.token') },
      { name: 'b', access: 'control', file: '/var/b' },
    ])
  })

  it.each<[string, object, string, string]>([
    ['neither a file nor a variable', {}, '', 'file or env, not both'],
    ['both', { file: 'a', env: 'A' }, '', 'file or env, not both'],
    ['the secret itself', { token: 'x'.repeat(16) }, '.token', 'is unknown'],
    ['a variable that is a setting', { env: 'OUTCRY_SERVER_TOKEN' }, '.env', 'begin with OUTCRY_'],
    ['a variable of no name', { env: 'A B' }, '.env', 'the name of a variable'],
    ['another access', { env: 'A', access: 'all' }, '.access', 'one of read, control'],
    ['no access', { env: 'A', access: undefined }, '.access', 'one of read, control'],
    ['no name', { env: 'A', name: '' }, '.name', '1 to 64 letters'],
    ['a name that breaks a line', { env: 'A', name: 'a\nb' }, '.name', '1 to 64 letters'],
    ['a name of the server', { env: 'A', name: 'Operator' }, '.name', 'must not be operator or cli'],
  ])('refuses a named token with %s', (_, change, field, rule) => {
    const tokens = [{ name: 'ann', access: 'read', ...change }]
    expect(() => loadConfig({ flags: { server: { tokens } } })).toThrow(
      wrong(`server.tokens.0${field}`, rule),
    )
  })

  it.each([
    'fifteen-letters',
    'sixteen letters!',
    'a+token/of=base64',
    '',
    1234567890123456,
    ['x'.repeat(16)],
  ])('refuses the token %j, and does not say it', (token) => {
    let refusal: unknown
    try {
      loadConfig({ flags: { server: { token } } })
    } catch (error) {
      refusal = error
    }
    expect(refusal).toEqual(wrong('server.token', ''))
    const { message, hint, issues } = refusal as OutcryError
    if (token !== '') expect(JSON.stringify([message, hint, issues])).not.toContain(String(token))
  })

  const strategy = { id: 'a', symbol: 'X', interval: '1s', fast: 1, slow: 2, orderQty: '1' }
  const traded = { symbol: 'X', startPx: '1', tickSize: '0.01', lotSize: '0.1' }
  const limits = { orderNotionalMax: '1', openOrdersMax: 1 }
  const TOO_LONG = 2 ** 53 - 1
  it.each<[string, string, Record<string, unknown>]>([
    ['reconciliation.everyMs', 'at most 1000000000000000', { reconciliation: { everyMs: TOO_LONG } }],
    ['reconciliation.settleMs', 'at most 1000000000000000', { reconciliation: { settleMs: TOO_LONG } }],
    ['watchdog.graceMs', 'at most 1000000000000000', { watchdog: { graceMs: TOO_LONG } }],
    ['watchdog.verifyEveryMs', 'at most 1000000000000000', { watchdog: { verifyEveryMs: TOO_LONG } }],
    ['symbol.staleAfterMs', 'at most 1000000000000000', { symbol: { staleAfterMs: TOO_LONG } }],
    ['runner.heartbeatMs', 'at most 1000000000000000', { runner: { heartbeatMs: TOO_LONG } }],
    ['venue.latencyMs', 'at most 1000000000000000', { venue: { latencyMs: TOO_LONG } }],
    ['market.startAt', 'at most 253402300799999', { market: { startAt: TOO_LONG } }],
    [
      'market.symbols.0.startPx',
      'at most 1000000000000 times tickSize',
      { market: { symbols: [{ symbol: 'A', startPx: '99999999999999', tickSize: '0.0001', lotSize: '1' }] } },
    ],
  ])('refuses a %s that no time, or no price, can be made of', (field, rule, flags) => {
    expect(() => loadConfig({ flags })).toThrow(wrong(field, rule))
  })

  it.each<[string, Record<string, unknown>, string, string]>([
    ['an unknown key', { colour: 'red' }, 'colour', 'is unknown'],
    ['an unknown key of a section', { venue: { fee: '1' } }, 'venue.fee', 'is unknown'],
    ['a section that is none', { account: 5 }, 'account', 'object'],
    ['a fee that is a number', { venue: { takerFee: 0.1 } }, 'venue.takerFee', 'as a string'],
    [
      'a symbol without a price',
      { market: { symbols: [{ ...traded, startPx: undefined }] } },
      'market.symbols.0.startPx',
      'is missing',
    ],
    ['a stop at nothing', { watchdog: { stopPct: '100' } }, 'watchdog.stopPct', 'less than 100'],
    ['a fee of more than all', { venue: { makerFee: '1.5' } }, 'venue.makerFee', 'less than 1'],
    ['a negative balance', { account: { balance: '-1' } }, 'account.balance', 'not be negative'],
    ['a balance without end', { account: { balance: '9'.repeat(50) } }, 'account.balance', 'at most 40'],
    [
      'a limit of nothing',
      { account: { limits: { ...limits, orderNotionalMax: '0' } } },
      'account.limits.orderNotionalMax',
      'more than 0',
    ],
    [
      'no orders at all',
      { account: { limits: { ...limits, openOrdersMax: 0 } } },
      'account.limits.openOrdersMax',
      'more than 0',
    ],
    [
      'half an order',
      { account: { limits: { ...limits, openOrdersMax: 1.5 } } },
      'account.limits.openOrdersMax',
      'whole number',
    ],
    [
      'a negative leverage',
      { account: { limits: { ...limits, leverage: '-3' } } },
      'account.limits.leverage',
      'more than 0',
    ],
    [
      'an interval that is none',
      { symbol: { intervals: ['1x'] } },
      'symbol.intervals.0',
      'an interval such as',
    ],
    [
      'a value at an interval of no candles',
      { account: { valueEvery: '2m' } },
      'account.valueEvery',
      'one of symbol.intervals, 1s, 1m, 5m',
    ],
    [
      'a strategy at an interval of no candles',
      { strategies: [{ ...strategy, interval: '2m' }] },
      'strategies.0.interval',
      'one of symbol.intervals',
    ],
    [
      'a strategy without a symbol',
      { strategies: [{ ...strategy, symbol: undefined }] },
      'strategies.0.symbol',
      'is missing',
    ],
    [
      'two strategies of one id',
      { strategies: [strategy, strategy] },
      'strategies.1.id',
      'another one is called a',
    ],
    [
      'two instruments of one symbol',
      { instruments: [{ symbol: 'X' }, { symbol: 'X' }] },
      'instruments.1.symbol',
      'another one is called X',
    ],
    [
      'a tick of nothing',
      { instruments: [{ symbol: 'X', tickSize: '0' }] },
      'instruments.0.tickSize',
      'more than 0',
    ],
    [
      'a tick of a misspelt name',
      { instruments: [{ symbol: 'X', tikSize: '1' }] },
      'instruments.0.tikSize',
      'is unknown',
    ],
    [
      'less than the least',
      { instruments: [{ symbol: 'X', minQty: '2', maxQty: '1' }] },
      'instruments.0.minQty',
      'at most maxQty',
    ],
    [
      'a market of one symbol twice',
      { market: { symbols: [traded, traded] } },
      'market.symbols.1.symbol',
      'another one is called X',
    ],
    [
      'a market without a price',
      { market: { symbols: [{ ...traded, startPx: '0' }] } },
      'market.symbols.0.startPx',
      'more than 0',
    ],
    [
      'a market of odd ticks',
      { market: { symbols: [{ ...traded, tickSize: '0.05' }] } },
      'market.symbols.0.tickSize',
      'a power of ten',
    ],
    [
      'a market with a symbol of a reserved name',
      { market: { symbols: [{ ...traded, symbol: 'universe' }] } },
      'market.symbols.0.symbol',
      'any name but universe',
    ],
    [
      'a strategy of a universe that there is not',
      { strategies: [{ ...strategy, symbol: 'universe' }] },
      'strategies.0.symbol',
      'needs a section universe',
    ],
    [
      'a strategy of the universe at an interval of no candles',
      { universe: {}, strategies: [{ ...strategy, symbol: 'universe', interval: '2m' }] },
      'strategies.0.interval',
      'one of symbol.intervals',
    ],
    [
      'a filter that is none',
      { universe: { filters: { minVolume: '1' } } },
      'universe.filters.minVolume',
      'is unknown',
    ],
    ['too much haste', { universe: { everyMs: 10 } }, 'universe.everyMs', 'at least 1000'],
    [
      'a source that there is not',
      { market: { source: 'kraken' } },
      'market.source',
      'must be one of sim, recording, binance',
    ],
    ['a market that stands still', { market: { speed: 0 } }, 'market.speed', 'more than 0'],
    ['a pace in words', { market: { speed: 'fast' } }, 'market.speed', 'max, or a number'],
    ...['https://a.example/', 'a.example', 'https://A.example', 'http://a.example:80', '*', 'null'].map(
      (origin): [string, Record<string, unknown>, string, string] => [
        `the origin ${origin}`,
        { server: { origins: ['http://a.example:8080', origin] } },
        'server.origins.1',
        'an origin such as https://',
      ],
    ),
    ['half a seed', { market: { seed: 1.5 } }, 'market.seed', 'whole number'],
    [
      'two sources of one name',
      {
        news: {
          sources: [
            { type: 'jsonl', file: 'n' },
            { type: 'jsonl', file: 'n' },
          ],
        },
      },
      'news.sources.1.name',
      'another one is called n',
    ],
  ])('refuses %s, and names the key and the rule', (_, settings, field, rule) => {
    expect(() => loadConfig({ flags: settings })).toThrow(wrong(field, rule))
    expect(fromFile(JSON.stringify(settings))).toThrow(wrong(field, rule))
  })

  it('tells all problems at once, one a line, each with the flag and the variable that set the key', () => {
    const wrongEverywhere = `
market: { seed: half, symbols: [{ symbol: X, startPx: "1", tickSize: "3", lotSize: "1" }] }
colour: red
symbol: { intervals: [1s] }
account: { valueEvery: 5m }
strategies:
  - { id: a, type: emaCross, symbol: ETHUSDT, interval: 1h, orderQty: "1", fast: 9, slow: 3 }
  - { id: b, type: emaCros, symbol: universe, interval: 1s, orderQty: "1" }
server: { port: 70000, limits: { pingMs: 1s } }
`
    let message = ''
    try {
      fromFile(wrongEverywhere)()
    } catch (error) {
      message = (error as OutcryError).message
    }
    const [head, ...lines] = message.split('\n')
    expect(head).toBe(`the configuration (${file}) has ${lines.length} problems:`)
    expect(lines.map((line) => line.replace(/: .*?( \(.*\))?$/, '$1').trim()).sort()).toEqual([
      'account.valueEvery (OUTCRY_ACCOUNT_VALUE_EVERY)',
      'colour',
      'market.seed (--seed, OUTCRY_MARKET_SEED)',
      'market.symbols.0.tickSize',
      'server.limits.pingMs (OUTCRY_SERVER_LIMITS_PING_MS)',
      'server.port (--port, OUTCRY_SERVER_PORT)',
      'strategies.0.fast',
      'strategies.0.interval',
      'strategies.1.symbol',
      'strategies.1.type',
    ])
  })

  it('keeps what a recording did apart from what another market did, unless a folder is named', () => {
    const folderOf = (flags: object) => loadConfig({ flags: { ...flags } }).data
    expect(folderOf({})).toBe('data')
    expect(folderOf({ market: { source: 'recording' } })).toBe('data-recording')
    expect(folderOf({ market: { files: ['a.ws'] } })).toBe('data-recording')
    expect(folderOf({ market: { source: 'recording' }, data: 'mine' })).toBe('mine')
  })

  it.each<[string, Record<string, string>, string, string]>([
    ['an unknown key', { OUTCRY_COLOUR: 'red' }, 'colour', 'is unknown'],
    ['a number in words', { OUTCRY_SERVER_PORT: 'http' }, 'server.port', 'number'],
    ['a negative amount', { OUTCRY_ACCOUNT_BALANCE: '-5' }, 'account.balance', 'not be negative'],
    ['a limit of nothing', { OUTCRY_SERVER_LIMITS_IDLE_MS: '0' }, 'server.limits.idleMs', 'at least 1'],
    ['an unknown limit', { OUTCRY_SERVER_LIMITS_IDLE: '5' }, 'server.limits.idle', 'is unknown'],
    [
      'an answer that is due before the question',
      { OUTCRY_SERVER_LIMITS_SILENT_MS: '15000' },
      'server.limits.silentMs',
      'more than pingMs',
    ],
    ['a key below a number', { OUTCRY_SERVER_PORT_MAX: '5' }, 'server.portMax', 'is unknown'],
  ])('refuses %s in the environment', (_, env, field, rule) => {
    expect(() => loadConfig({ env })).toThrow(wrong(field, rule))
  })

  it.each([
    ['broken YAML', 'market: { seed: 1', 'Flow map'],
    ['a key twice', 'data: a\ndata: b', 'unique'],
    ['a list', '- data: a', 'must be a mapping'],
    ['a word', 'data', 'must be a mapping'],
  ])('refuses %s', (_, text, what) => {
    const refusal = { code: 'CONFIG_INVALID', message: expect.stringContaining(what) }
    expect(fromFile(text)).toThrow(expect.objectContaining(refusal))
  })

  it('names the variable that set a key that there is not, and no other', () => {
    const env = { OUTCRY_MARKT_SEED: '1', OUTCRY_COLOURS: 'all' }
    const text = (settings: () => unknown) => {
      try {
        settings()
      } catch (error) {
        return (error as OutcryError).message
      }
      return 'taken'
    }
    expect(text(() => loadConfig({ env }))).toMatch(/markt: is unknown \(OUTCRY_MARKT_SEED\)$/m)
    expect(text(() => loadConfig({ flags: { colour: 'red' } }))).toMatch(/colour: is unknown$/m)
  })

  it.each([
    ['does not exist', 'none.yaml', 'does not exist'],
    ['is a folder', '.', 'is a folder'],
  ])('refuses a file that %s, without a word of the system', (_, name, why) => {
    const at = join(folder, name)
    expect(() => loadConfig({ file: at })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: `the configuration ${at} ${why}` }),
    )
  })

  it.each(['instruments', 'strategies'])('refuses %s for a symbol that the market does not have', (key) => {
    const of = (...names: string[]) => {
      const symbols = names.map((symbol) => ({ ...traded, symbol }))
      return () =>
        loadConfig({
          flags: { market: { symbols }, [key]: [key === 'instruments' ? { symbol: 'X' } : strategy] },
        })
    }
    expect(of('X')).not.toThrow()
    expect(of('Y', 'Z')).toThrow(wrong(`${key}.0.symbol`, 'Y, Z'))
  })

  it.each([
    ['0.000000001', 'lotSize of X is 0.1'],
    ['0.2', 'minQty of X is 0.5'],
    ['9', 'maxQty of X is 5'],
  ])('refuses a strategy of %s, which its symbol is not traded in', (orderQty, rule) => {
    const instruments = [{ symbol: 'X', lotSize: '0.1', minQty: '0.5', maxQty: '5' }]
    const strategies = [strategy, { ...strategy, id: 'b', orderQty }]
    const market = { symbols: [traded] }
    expect(() => loadConfig({ flags: { market, instruments, strategies } })).toThrow(
      wrong('strategies.1.orderQty', rule),
    )
  })

  it('has a strategy of the universe for each symbol, of ids that nobody else has', () => {
    const universal = { ...strategy, id: 'u', symbol: 'universe' }
    const check = (names: string[], ...strategies: object[]) => {
      const symbols = names.map((symbol) => ({ ...traded, symbol }))
      return loadConfig({ flags: { market: { symbols }, universe: {}, strategies } })
    }
    expect(() => check(['X', 'Y'], strategy, universal)).not.toThrow()
    expect(() => check(['X', 'Y'], universal, { ...strategy, id: 'u-X' })).toThrow(
      wrong('strategies.1.id', 'another one is called u-X'),
    )
    expect(() => check(['X:Y'], universal)).toThrow(wrong('strategies.0.id', 'makes u-X:Y'))
    expect(() => check(['Y'], universal, strategy)).toThrow(wrong('strategies.1.symbol', 'Y'))
  })

  it('asks a venue every hour what it lists, and lets in all that trade', () => {
    expect(loadConfig({ flags: { universe: {} } }).universe).toEqual({ filters: {}, everyMs: 3_600_000 })
    expect(loadConfig({}).universe).toBeUndefined()
  })

  it('lists every symbol of the market, one of a simulated market with its ticks and lots', () => {
    const symbols = [
      { ...traded, quoteVolume24h: '7', listedAt: 5 },
      { ...traded, symbol: 'Y' },
    ]
    const config = loadConfig({ flags: { market: { symbols }, instruments: [{ symbol: 'Y' }] } })
    expect(instrumentsOf(config, { venue: 'sim', symbols: ['X', 'Y', 'Z'] })).toMatchObject([
      { symbol: 'Y' },
      { symbol: 'X', tickSize: '0.01', lotSize: '0.1' },
      { symbol: 'Z' },
    ])
  })

  it('gives its own strategies candles that are made', () => {
    const of = (intervals: string[]) =>
      strategiesOf(loadConfig({ flags: { symbol: { intervals } } }), ['X']).map(({ interval }) => interval)
    expect([of(['1m', '1s']), of(['5m', '1h'])]).toEqual([['1s'], ['5m']])
  })
})
