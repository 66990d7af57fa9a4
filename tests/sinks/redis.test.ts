/** Tests that a real redis-server has each event once, and that no target is taken for another one. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { addressOf } from '../../src/sinks/address.ts'
import { clientOf } from '../../src/sinks/client.ts'
import { redis } from '../../src/sinks/redis/sink.ts'
import { RedisServer } from '../../tools/bench/servers/redis.ts'
import { eventually } from '../runtime/harness.ts'
import { eventsOf } from './following.ts'
import { AT, onServer } from './on-server.ts'
import { blocksOf } from './page.ts'

const FILLED = { type: 'ORDER_FILLED', venue: 'sim', symbol: 'BTCUSDT', strategy: 'btc', px: '61837.64' }

const AsyncFunction = (async () => {}).constructor as FunctionConstructor

describe('the sink redis', () => {
  const at = onServer(
    redis,
    () => RedisServer.start(),
    (server) => server.ask((client) => client.flushall()),
  )
  const { start, tell } = at

  function entriesOf(key: string) {
    return at.server.ask((client) => client.xrange(key, '-', '+'))
  }

  async function expectAll(): Promise<void> {
    const events = await eventsOf(at.supervisor)
    await eventually(async () => expect(await entriesOf('outcry:events')).toHaveLength(events.length))
    const entries = await entriesOf('outcry:events')
    expect(entries.map(([id]) => id)).toEqual(events.map(({ envelope: { seq, index } }) => `${seq}-${index}`))
    expect(entries.map(([, fields]) => fields.at(-1))).toEqual(events.map(({ text }) => text))
  }

  it('writes an entry for each event, with its place as the id and some fields to filter by', async () => {
    await tell(FILLED)
    start()
    await tell(FILLED, { type: 'TOLD' })
    await expectAll()
    const [[, fields] = [], last] = [
      (await entriesOf('outcry:events'))[0],
      (await entriesOf('outcry:events')).at(-1),
    ]
    expect(fields?.slice(0, -1)).toEqual(
      [
        'type',
        'ORDER_FILLED',
        'at',
        `${AT}`,
        'actor',
        'teller/a',
        'venue',
        'sim',
        'symbol',
        'BTCUSDT',
      ].concat(['strategy', 'btc', 'correlation', JSON.parse(fields?.at(-1) as string).correlation, 'json']),
    )
    expect(last?.[1]).not.toContain('venue')
  })

  it('goes on behind what the server has after a restart of either', async () => {
    const first = start()
    await tell(FILLED)
    await expectAll()
    await first.stop(0)
    await tell(FILLED)
    start()
    await at.server.kill()
    await tell(FILLED)
    await at.server.restart()
    await expectAll()
  })

  it('writes again what a server has lost that comes back with an earlier state', async () => {
    const keys = ['outcry:events', '{outcry:events}:position']
    const first = start()
    await tell(FILLED)
    await expectAll()
    const earlier = await at.server.ask((client) => Promise.all(keys.map((key) => client.dumpBuffer(key))))
    await tell(FILLED)
    await expectAll()
    await first.stop(0)
    await at.server.ask((client) =>
      Promise.all(keys.map((key, i) => client.restore(key, 0, earlier[i] as Buffer, 'REPLACE'))),
    )
    expect(await entriesOf('outcry:events')).toHaveLength(3)
    start()
    await expectAll()
    await at.server.ask((client) => client.flushall())
    await tell(FILLED)
    await expectAll()
  })

  it('has a stream for each type or each topic, in one slot, and keeps about as many entries as it is told', async () => {
    start({ split: 'topic', stream: 'a' }, { name: 'topics' })
    start({ split: 'type', stream: '{b}' }, { name: 'types' })
    start({ stream: 'c', maxLength: 100 }, { name: 'short' })
    for (let i = 0; i < 150; i++) void tell(FILLED)
    await at.supervisor.idle()
    const lengthOf = (key: string) => at.server.ask((client) => client.xlen(key))
    await eventually(async () => {
      expect(await lengthOf('{a}:order_filled:sim:BTCUSDT')).toBe(150)
      expect(await lengthOf('{b}:order_filled')).toBe(150)
      expect(await lengthOf('{b}:nothing')).toBe(300)
      expect((await entriesOf('c')).at(-1)?.[0]).toBe(`${at.supervisor.seq}-2`)
    })
    expect(await lengthOf('c')).toBeLessThan(250)
    const keys = await at.server.ask((client) => client.keys('{*'))
    expect(new Set(keys.map((key) => key.slice(0, 3)))).toEqual(new Set(['{a}', '{b}', '{c}']))
  })

  it.each([
    ['of another log', { logId: 'other' }, /events of the log/],
    ['of another sink', { name: 'other' }, /belongs to the sink test/],
    ['that a copy of the log writes', { run: 'other' }, /written by another runner/],
    ['that a later start of the log has written', { epoch: 0 }, /written by another runner/],
  ] as const)('refuses a target %s', async (_, place, message) => {
    const first = start()
    await tell(FILLED)
    await expectAll()
    await first.stop(0)
    const second = start({}, place)
    await expect(second.run()).rejects.toMatchObject({ code: 'SINK_FOREIGN', message })
  })

  it('refuses a stream whose position is gone, and a position whose stream has more', async () => {
    const first = start()
    await tell(FILLED)
    await expectAll()
    await first.stop(0)
    await at.server.ask((client) => client.hset('{outcry:events}:position', 'seq', 1))
    await expect(start().run()).rejects.toMatchObject({ code: 'SINK_FOREIGN', message: /position is 1/ })
    await at.server.ask((client) => client.del('{outcry:events}:position'))
    await expect(start().run()).rejects.toMatchObject({ code: 'SINK_FOREIGN', message: /not there/ })
  })

  it('leaves the target to a later start of its log, and says so', async () => {
    const earlier = start()
    await tell(FILLED)
    await expectAll()
    start({}, { epoch: at.supervisor.epoch + 1, run: 'later' })
    await eventually(async () =>
      expect(await at.server.ask((client) => client.hget('{outcry:events}:position', 'run'))).toBe('later'),
    )
    await tell(FILLED)
    await expect(earlier.run()).rejects.toMatchObject({ code: 'SINK_FOREIGN', message: /another runner/ })
    await expectAll()
  })

  it('is read by the commands and the program of its page', async () => {
    start()
    for (let i = 0; i < 50; i++) void tell(FILLED)
    await at.supervisor.idle()
    await expectAll()
    const [commands = ''] = blocksOf('sh')
    const text = execFileSync('sh', [
      '-ec',
      commands.replaceAll('redis-cli', `redis-cli -p ${at.server.port}`),
    ]).toString()
    expect(text.split('\n')[0]).toBe('150')
    expect(text).toMatch(new RegExp(`\n${at.supervisor.seq}\n$`))
    // It handles some, ends, and goes on with those that it has not acknowledged.
    const [consumer = ''] = blocksOf('js')
    const body = consumer.replace(/^import .*$/m, '').replace('localhost:6379', `127.0.0.1:${at.server.port}`)
    const handled: number[] = []
    const consume = async (most: number) => {
      let client: Redis | undefined
      class Client extends Redis {
        constructor(url: string) {
          super(url)
          client = this
        }
      }
      const handle = async (seq: number) => {
        if (handled.length === most) throw new Error('enough')
        handled.push(seq)
      }
      await new AsyncFunction('Redis', 'handle', body)(Client, handle).catch((error: Error) => error)
      client?.disconnect()
    }
    await consume(70)
    await consume(149)
    const events = await eventsOf(at.supervisor)
    expect(handled).toEqual(events.slice(0, 149).map(({ envelope }) => envelope.seq))
  })

  it('finds the node of a Cluster that has the stream', async () => {
    // Another node of it says where that is to each command. A Cluster of real ones takes seconds to begin.
    const other = createServer((socket) => {
      socket.on('data', () => void socket.write(`-MOVED 12 127.0.0.1:${at.server.port}\r\n`))
      socket.on('error', () => {})
    }).listen(0, '127.0.0.1')
    await once(other, 'listening')
    at.atEnd(async () => other.close())
    await tell(FILLED)
    start({ url: `redis://127.0.0.1:${(other.address() as AddressInfo).port}`, split: 'type' })
    await eventually(async () =>
      expect(await at.server.ask((client) => client.xlen('{outcry:events}:nothing'))).toBe(2),
    )
  })

  it('tells no secret when it is refused', async () => {
    await at.server.ask((client) => client.config('SET', 'requirepass', 'right-one'))
    at.atEnd(() =>
      at.server.ask(async (client) =>
        client.call('AUTH', 'right-one').then(() => client.config('SET', 'requirepass', '')),
      ),
    )
    process.env.TEST_REDIS_PASSWORD = 'wrong/one'
    const url = 'redis://:${TEST_REDIS_PASSWORD}@127.0.0.1'
    const follower = start({ url: `${url}:${at.server.port}` })
    await eventually(() => expect(follower.health).toMatch(/WRONGPASS/))
    const config = redis.config.parse({ url: `${url}:${at.server.port}` })
    const error = await redis
      .open(config as never, { signal: new AbortController().signal } as never)
      .catch((one) => one)
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toMatch(
      /wrong.{1,3}one/,
    )
  })

  it('says how its package is installed where it is missing', async () => {
    const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
    await expect(clientOf('ioredis', '6', () => Promise.reject(missing))).rejects.toMatchObject({
      code: 'SINK_CLIENT_MISSING',
      message: expect.stringContaining('npm install ioredis@6'),
    })
  })

  it('takes a password from the environment alone', () => {
    const urls = ['redis://:secret@h', 'redis://h?password=secret', 'http://h', 'h']
    for (const url of urls) expect([url, redis.config.safeParse({ url }).success]).toEqual([url, false])
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: a person writes it so
    for (const url of ['${REDIS_URL}', 'rediss://me:${SECRET}@h:1/2', 'redis://h'])
      expect([url, redis.config.safeParse({ url }).success]).toEqual([url, true])
    const { url, hide } = addressOf('redis://:${SECRET}@h', { SECRET: 'a/b' })
    expect([url, hide('no a/b, and no a%2Fb')]).toEqual(['redis://:a%2Fb@h', 'no ***, and no ***'])
    expect(addressOf('${URL}', { URL: 'redis://:a%2Fb@h' }).hide('a/b')).toBe('***')
    expect(() => addressOf('redis://:${SECRET}@h', {})).toThrow(
      expect.objectContaining({ code: 'SINK_SECRET_MISSING' }),
    )
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: a person writes it so
  })
})
