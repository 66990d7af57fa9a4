/** The log of the process: levels by component, and no secret in anything that a run says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { assign, log as logging, sendTo, setup } from 'xstate'
import { startRunner } from '../../src/runner/assemble.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { Redactor } from '../../src/runner/log/redactor.ts'
import { type LogLine, RunnerLog } from '../../src/runner/log/runner-log.ts'
import { secretsOf } from '../../src/runner/log/secrets.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { named } from '../../src/runtime/logger.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { newMemory, OutcryError } from '../../store/index.ts'
import { eventually } from '../runtime/harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'outcry-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function logOf(options: Partial<ConstructorParameters<typeof RunnerLog>[0]> = {}) {
  const lines: LogLine[] = []
  const log = new RunnerLog({
    level: 'info',
    redactor: new Redactor(),
    write: (line) => lines.push(line),
    ...options,
  })
  return { log, lines, said: () => lines.splice(0).map(({ component, msg }) => `${component}: ${msg}`) }
}

describe('levels', () => {
  it('are those of the component that writes the line', () => {
    const { log, said } = logOf({ level: 'warn', levels: { feed: 'debug', 'sink-a': 'silent' } })
    const sayAll = () => {
      for (const name of ['feed', 'sink-a', 'server']) {
        named(log, name).debug({}, 'quiet')
        named(log, name).error({}, 'loud')
      }
      log.warn({}, 'of no component')
    }
    sayAll()
    expect(said()).toEqual(['feed: quiet', 'feed: loud', 'server: loud', 'process: of no component'])
    log.setLevel('debug', 'server')
    sayAll()
    expect(said()).toContain('server: quiet')
    log.setLevel('error')
    sayAll()
    expect(said()).toEqual(['feed: loud', 'sink-a: loud', 'server: loud'])
    log.setLevel('silent')
    sayAll()
    expect(said()).toEqual([])
  })

  it('leave the name to the part that is nearest to the line', () => {
    const { log, said } = logOf()
    named(named(log, 'server'), 'feed').info({}, 'here')
    expect(said()).toEqual(['feed: here'])
  })
})

it('a line about a record says which: of a failed turn, a logging action, a failed message to a port', async () => {
  const { log, lines } = logOf()
  const machine = setup({}).createMachine({
    on: {
      LOG: { actions: logging(() => 1, 'told') },
      BAD: {
        actions: assign(() => {
          throw new Error('bad')
        }),
      },
      ASK: { actions: sendTo(({ system }) => system.get('port/out'), { type: 'PLEASE' }) },
    },
  })
  const refuse = () => Promise.reject(new Error('not now'))
  const supervisor = await createSupervisor({
    store: await openMemoryStore(newMemory()),
    machines: { m: machine },
    ports: { out: { deliver: refuse, recover: refuse } },
    logger: named(log, 'supervisor'),
  })
  await supervisor.spawn('m', 'a')
  await supervisor.send('m/a', { type: 'LOG' })
  await supervisor.send('m/a', { type: 'ASK' })
  await supervisor.send('m/a', { type: 'BAD' }).catch(() => {})
  await eventually(() => expect(lines).toHaveLength(3))
  const records: TransitionRecord[] = []
  for await (const record of supervisor.read()) records.push(record)
  for (const { msg, component, actor, seq, correlation } of lines) {
    expect([component, actor], msg).toEqual(['supervisor', 'm/a'])
    expect(records.find((record) => record.seq === seq)).toMatchObject({ actor, correlation })
  }
  await supervisor.stop()
})

/** Secrets that nobody has told of, as they appear in text. `§` is the part that must go. */
const UNTOLD = [
  'connect postgres://ann:§@db.example/events failed',
  'no wss://§@stream.example here',
  'GET /feed?token=§&since=4',
  'GET https://api.example/v3/order?symbol=BTCUSDT&signature=§',
  'https://x.example/?api_key=§',
  'https://api.telegram.org/bot§/sendMessage says 401',
  'https://hooks.slack.com/services/§ is gone',
  'https://discord.com/api/webhooks/§',
  'Authorization: Bearer §',
  'authorization: Basic §',
  'host=db password=§ user=ann',
  'it answered {"apiKey":"§","code":1}',
  'it answered {\\"secret\\": \\"§\\"}',
  'cookie outcry_token=§; path=/',
  '-----BEGIN EC PRIVATE KEY-----\n§\n-----END EC PRIVATE KEY-----',
].map((text) => {
  const secret = text.includes('/bot') ? '12345:AAHdqTcvCH1vGWJx-fSeofSAs0K5PALDsaw' : 'hunter22-S3cret.Value'
  return { secret, text: text.replace('§', secret) }
})

/** Each way in which a text gets into a line. */
const DOORS: Readonly<Record<string, (log: RunnerLog, text: string) => void>> = {
  message: (log, text) => log.error({}, text),
  field: (log, text) => log.info({ url: text }, 'x'),
  nested: (log, text) => log.warn({ a: [{ b: { c: text } }] }, 'x'),
  'name of a field': (log, text) => log.warn({ a: { [text]: 1 } }, 'x'),
  error: (log, text) => log.error({ err: new Error(text) }, 'x'),
  cause: (log, text) => log.error({ err: new Error('a', { cause: new Error(text) }) }, 'x'),
  several: (log, text) => log.error({ err: new AggregateError([new Error(text)], 'a') }, 'x'),
  'field of an error': (log, text) => log.error({ err: Object.assign(new Error('a'), { where: text }) }, 'x'),
  'an own error': (log, text) => log.error({ err: new OutcryError('STOPPED', text, text) }, 'x'),
}

describe('secrets', () => {
  it.each(UNTOLD)('goes from $text', ({ secret, text }) => {
    for (const [door, put] of Object.entries(DOORS)) {
      const { log, lines } = logOf()
      put(log, text)
      expect(lines, door).toHaveLength(1)
      expect(JSON.stringify(lines), door).not.toContain(secret)
    }
  })

  it('that are known go in each form, wherever they are', () => {
    const secret = 'p"ss wörd/+&'
    const told = new Redactor([secret])
    const forms = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify({ x: secret }),
      Buffer.from(secret).toString('base64'),
    ]
    for (const form of forms)
      for (const put of Object.values(DOORS)) {
        const { log, lines } = logOf({ redactor: told })
        put(log, `it is ${form} here`)
        expect(JSON.stringify(lines)).toMatch(/it is .*\*\*\*.* here/)
      }
  })

  it('go from fields that have the name of one, and from bytes', () => {
    const { log, lines } = logOf()
    const plain = 'abcdef-plain'
    const bytes = Buffer.from(plain)
    log.info(
      {
        password: plain,
        headers: { Authorization: plain },
        tokens: [plain],
        a: { secretKey: { of: plain } },
      },
      'x',
    )
    log.info({ bytes }, 'x')
    expect(JSON.stringify(lines)).not.toContain(plain)
    expect(JSON.stringify(lines)).not.toContain([...bytes].slice(0, 4).join())
  })

  it('leave prose as it is', () => {
    const prose = [
      'server.token: must be set when server.host is not 127.0.0.1',
      'a token file has no tokens any more',
      'order/sim:o-1: rejected by its venue (key 12)',
      'http://127.0.0.1:7077/actors?kind=order&limit=5',
      'Send Authorization: Bearer <token>.'.slice(0, 4),
    ]
    for (const text of prose) expect(new Redactor().text(text)).toBe(text)
  })
})

it('of a whole run none gets out: not by its lines, its records, its health or its failure', async () => {
  const secrets = {
    server: 'operator-token-0123456789',
    file: 'file-token-abcdefghijk',
    variable: 'variable-token-zyxwvut',
    signing: 'signing-key-of-webhook',
    address: '/services/T0AAA/B0BBB/address-secret',
  }
  const file = join(folder, 'ann.token')
  writeFileSync(file, `${secrets.file}\n`, { mode: 0o600 })
  process.env.TEST_LOG_VARIABLE = secrets.variable
  process.env.TEST_LOG_SIGNING = secrets.signing
  // Says everything that it hears, and everything else that is secret, in its refusals.
  const receiver = createServer(({ url, headers }, response) => {
    response.writeHead(500).end(`${url} ${headers['x-outcry-signature']} ${Object.values(secrets).join(' ')}`)
  })
  await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
  const { port } = receiver.address() as AddressInfo
  const config = loadConfig({
    flags: {
      data: join(folder, 'data'),
      market: { source: 'sim', speed: 'max', seed: 7, startAt: 1_700_000_000_000, durationMs: 500 },
      server: {
        port: 0,
        token: secrets.server,
        tokens: [
          { name: 'ann', access: 'read', file },
          { name: 'bob', access: 'read', env: 'TEST_LOG_VARIABLE' },
        ],
      },
      sinks: [
        {
          type: 'webhook',
          url: `http://127.0.0.1:${port}${secrets.address}`,
          secret: '${TEST_LOG_SIGNING}',
          topics: ['events.>'],
        },
      ],
      log: { level: 'debug' },
    },
  })
  const redactor = new Redactor(secretsOf(config))
  const { log, lines } = logOf({ level: 'debug', redactor })
  const runner = await startRunner(config, log, { redactor })
  const said: unknown[] = []
  try {
    await runner.ended
    await eventually(() =>
      expect(lines).toContainEqual(expect.objectContaining({ component: 'sink-webhook', level: 40 })),
    )
    const headers = { authorization: `Bearer ${secrets.server}` }
    const health = await fetch(`${runner.url}/health`, { headers })
    said.push(await health.json())
    await fetch(`${runner.url}/actors?token=${secrets.server}`, { headers })
    await runner.supervisor.idle()
    for await (const record of runner.supervisor.read()) said.push(record)
  } finally {
    await runner.stop('the test ends', 'test')
    receiver.close()
    delete process.env.TEST_LOG_VARIABLE
  }
  const failure = redactor.error(new OutcryError('STOPPED', `no ${secrets.file}`, `not ${secrets.signing}`))
  const all = JSON.stringify([said, lines, String(failure), (failure as OutcryError).hint])
  expect(all).toContain('the receiver answered 500')
  for (const [name, secret] of Object.entries(secrets)) expect(all.includes(secret), name).toBe(false)
})

it('of addresses in a configuration those who ask are secret, and not the place', () => {
  const config = loadConfig({
    flags: {
      news: {
        sources: [{ type: 'rss', url: 'https://ann:pass-word1@news.example/rss?apikey=key-2&lang=en' }],
      },
    },
  })
  const redactor = new Redactor(secretsOf(config))
  expect(redactor.text('news.example/rss says pass-word1 and key-2 in en')).toBe(
    'news.example/rss says *** and *** in en',
  )
})

it('the user of a database is no secret, and the key of a web service is one', () => {
  process.env.TEST_LOG_DATABASE = 'postgres://outcry:pass-word2@db.example/trading'
  const config = loadConfig({
    flags: {
      sinks: [
        { type: 'postgres', url: 'postgres://postgres@localhost/trading' },
        { type: 'postgres', name: 'other', url: '${TEST_LOG_DATABASE}' },
        { type: 'webhook', url: 'https://key-of-ours@hooks.example/' },
      ],
    },
  })
  const redactor = new Redactor(secretsOf(config))
  delete process.env.TEST_LOG_DATABASE
  expect(
    redactor.value({ component: 'sink-postgres', msg: 'outcry.events, pass-word2, key-of-ours' }),
  ).toEqual({
    component: 'sink-postgres',
    msg: 'outcry.events, ***, ***',
  })
})
