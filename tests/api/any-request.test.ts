/** Tests that a route answers any request by the contract: with its answer, or with one of its refusal codes. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { assign, emit, sendTo, setup, spawnChild } from 'xstate'
import { factsOf, isErrorCode } from '../../errors/codes.ts'
import { problem } from '../../src/api/contract/problem.ts'
import { REFUSALS_OF_ALL, REFUSALS_OF_BODIES, type Route } from '../../src/api/contract/route.ts'
import { routes } from '../../src/api/contract/routes.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { Harness } from '../runtime/harness.ts'
import { howMany, SEED, untilMet } from '../seeded.ts'

const REQUESTS = howMany('REQUESTS', 800)

/** An odd actor: it has children with odd names, ends, fails, emits what it is told, and sends to unknown actors. */
const child = setup({}).createMachine({ id: 'child', on: { END: {} } })
const odd = setup({
  types: {} as {
    context: { n: number }
    events: { type: string; as?: string; id?: string }
    emitted: { type: string }
  },
  actors: { child },
}).createMachine({
  id: 'odd',
  context: { n: 0 },
  initial: 'on',
  states: {
    on: {
      after: { 60000000: 'off' },
      on: {
        INC: { actions: assign({ n: ({ context }) => context.n + 1 }) },
        EMIT: { actions: emit(({ event }) => ({ type: event.as ?? 'EMITTED' })) },
        CHILD: { actions: spawnChild('child', { id: ({ event }) => event.id ?? 'kid' }) },
        LOSE: { actions: sendTo(({ system }) => system.get('port/none'), { type: 'LOST' }) },
        END: 'off',
        THROW: {
          actions: assign(() => {
            throw Object.assign(new Error('boom'), { code: 'EBOOM' })
          }),
        },
      },
    },
    off: { type: 'final' },
  },
})

const KINDS = ['odd', 'history', 'events', 'actors', 'machine', 'constructor', '-']
const IDS = [
  'a',
  'history',
  'events',
  'machine',
  'release',
  '..',
  '.',
  '%2F',
  '%',
  'a%20b',
  '币安人生USDT',
  'a b',
  '',
  '#',
  '(x)',
  'a:b',
  '\ud800',
]
const CHILD_IDS = ['kid', 'a/b', ' ', '%2F', '..', 'history', '币']

let harness: Harness
let api: ApiServer
const faults: unknown[] = []

beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  harness = new Harness()
  const kind = { machine: odd, supervision: { strategy: 'quarantine' as const } }
  const machines = Object.fromEntries(KINDS.map((name) => [name, kind]))
  const supervisor = await harness.open({ machines })
  for (const id of IDS)
    for (const name of KINDS)
      await supervisor
        .spawn(name, id)
        .catch((error: { code?: string }) => expect(error.code).toBe('ADDRESS_INVALID'))
  for (const id of CHILD_IDS) await supervisor.send('odd/a', { type: 'CHILD', id })
  for (const type of ['EMIT', 'LOSE', 'END']) await supervisor.send('history/history', { type })
  await supervisor.send('odd/history', { type: 'THROW' }).catch(() => {})
  const fault = (details: object) => void faults.push(details)
  const logger = { debug() {}, info() {}, warn() {}, error: fault }
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, logger)
})
afterAll(async () => {
  await api.close()
  await harness.supervisor.stop()
})

const place = fc.oneof(
  fc.constantFrom(
    '0',
    '1',
    '2',
    '7',
    '1e3',
    '-1',
    '1.5',
    'x',
    '',
    ' ',
    '9007199254740992',
    'Infinity',
    'null',
    '0x1',
    '1&limit=2',
  ),
  fc.integer({ min: -2, max: 60 }).map(String),
)
const word = fc.oneof(
  fc.constantFrom(
    '',
    'odd',
    'odd/',
    'EMITTED',
    'emitted',
    '>',
    '"',
    '%',
    '\u0000',
    '__proto__',
    'true',
    'false',
    'yes',
    'folder',
  ),
  fc.string(),
)
const encoded = (text: string) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '?'))
const PLACES = ['seq', 'rev', 'at', 'fromRev', 'toRev', 'limit', 'tail', 'since']
const WORDS = ['kind', 'prefix', 'after', 'type', 'actor', 'reverse', 'of', 'token', 'unknown']
const query = fc
  .array(fc.oneof(fc.tuple(fc.constantFrom(...PLACES), place), fc.tuple(fc.constantFrom(...WORDS), word)), {
    maxLength: 3,
  })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${encoded(value)}`).join('&'))

const address = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...KINDS).map((kind) => `${kind}/a`) },
  fc
    .tuple(fc.constantFrom(...KINDS, 'system', 'port', 'nothing', ''), fc.constantFrom(...IDS))
    .map((parts) => parts.join('/')),
  fc.constantFrom(...CHILD_IDS).map((id) => `odd/a/${encodeURIComponent(id)}`),
  fc.constantFrom('system/dead-letters', 'system/clock', 'odd', '/', '//', 'odd//a'),
  fc.string(),
)
/** Addresses in one segment, as the contract has them, as people write them, or in wrong forms. */
const segment = fc.oneof(
  { weight: 5, arbitrary: address.map(encoded) },
  { weight: 3, arbitrary: address.map((text) => text.split('/').map(encoded).join('/')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '%',
      '%2',
      '%00',
      '%ff',
      '..',
      '%2e%2e',
      'odd%2Fa%2F',
      'odd%252Fa',
      'a'.repeat(2_000),
    ),
  },
)

const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constantFrom('INC', 'EMIT', 'NOTHING'), as: fc.constantFrom('A', 'b') }),
  },
  fc.record({
    type: fc.constantFrom(
      'INC',
      'EMIT',
      'CHILD',
      'LOSE',
      'END',
      'THROW',
      'NOTHING',
      '',
      '*',
      'outcry.stop',
      'xstate.init',
    ),
    id: fc.option(fc.constantFrom(...CHILD_IDS, ''), { nil: undefined }),
    as: fc.option(fc.constantFrom('A', 'order filled', '', '>', 'a.b'), { nil: undefined }),
    at: fc.option(fc.constantFrom(0, 1_000, 1.5, -1, 1e300), { nil: undefined }),
  }),
  fc.jsonValue(),
)
const body = fc.oneof(
  { weight: 6, arbitrary: event.map((value) => JSON.stringify(value)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '',
      '{',
      '[]',
      'null',
      '"x"',
      '{"__proto__":{"type":"INC"}}',
      '{"type":"INC","constructor":{"prototype":1}}',
      `{"type":"INC","x":"${'x'.repeat(70_000)}"}`,
      '['.repeat(5_000),
    ),
  },
  { weight: 1, arbitrary: fc.constant(JSON.stringify({ by: 'ann', reason: 'why' })) },
)
const headers = fc.record(
  {
    'content-type': fc.constantFrom(
      ...Array<string>(6).fill('application/json'),
      'application/json',
      'application/json; charset=utf-8',
      'text/plain',
      'application/xml',
      '',
    ),
    'idempotency-key': fc.constantFrom('k', 'l', '', ' ', 'x'.repeat(200), '\u00e9'),
    'accept-encoding': fc.constantFrom('identity', 'x'),
  },
  { requiredKeys: ['content-type'] },
)

type Name = keyof typeof routes
const asked = fc.record({
  name: fc.constantFrom(...(Object.keys(routes) as Name[])),
  segment,
  query,
  body,
  headers,
})

async function ask(
  method: string,
  path: string,
  init: Readonly<Record<string, string>>,
  text: string | undefined,
) {
  const { hostname, port } = new URL(api.url)
  const sent = request({ method, hostname, port, path, headers: { ...init } })
  sent.end(text)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode ?? 0, bytes: Buffer.concat(chunks) }
}

it(`any request gets an answer of the contract, seed ${SEED}`, async () => {
  const met = new Map<string, number>()
  const property = fc.asyncProperty(asked, async ({ name, segment, query, body, headers }) => {
    // In the form that people write, an actor with such a name ends like another route. The contract has one segment.
    const [, as] = name === 'actor' ? (/\/(history|machine)$/.exec(segment) ?? []) : []
    const route: Route = routes[(as as 'history' | 'machine' | undefined) ?? name]
    const path = `${routes[name].path.replace(/\{\w+\}/, () => segment)}${query === '' ? '' : `?${query}`}`
    const isPost = route.method === 'POST'
    const { status, bytes } = await ask(route.method, path, headers, isPost ? body : undefined)
    const what = `${route.method} ${path} ${status} ${bytes.subarray(0, 300)}`
    expect(faults, what).toEqual([])
    if (status === 200 && (route.isBinary || route.text)) return
    const answer: unknown = JSON.parse(bytes.toString())
    const schema = route.answers[status]
    const fits = schema?.safeParse(answer)
    met.set(`${name} ${status}`, (met.get(`${name} ${status}`) ?? 0) + 1)
    if (fits?.success) {
      expect(fits.data, what).toEqual(answer)
      return
    }
    const { code, status: told } = problem.parse(answer)
    const known = [...route.refusals, ...REFUSALS_OF_ALL, ...(isPost ? REFUSALS_OF_BODIES : [])]
    expect(known, what).toContain(code)
    expect(told, what).toBe(status)
    expect(isErrorCode(code) && factsOf(code).status, what).toBe(status)
  })
  const wanted = [
    'send 200',
    'send 400',
    'actor 200',
    'history 200',
    'machine 200',
    'actors 200',
    'events 200',
  ]
  await untilMet(
    (seed) => fc.assert(property, { numRuns: REQUESTS, seed }),
    () => wanted.filter((what) => !met.has(what)),
  )
}, 600_000)
