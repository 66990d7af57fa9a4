/** Tests that a client which a public generator makes from the OpenAPI document trades at a running runner. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Running, startTrading } from './running.ts'

const PROGRAM = `import { setTimeout } from 'node:timers/promises'
import { type AccountOrderRequest, Api, type OrderCancel } from './api.ts'

const [, , baseUrl = '', token = ''] = process.argv
const api = new Api({ baseUrl, securityWorker: () => ({ headers: { authorization: \`Bearer \${token}\` } }) })

const order: AccountOrderRequest = {
  type: 'ORDER_REQUEST',
  clOrdId: 'sim:mine-1',
  venue: 'sim',
  symbol: 'BTCUSDT',
  side: 'BUY',
  ordType: 'LIMIT',
  price: '50000',
  orderQty: '0.01',
  timeInForce: 'GTC',
  refPx: '61000',
}
const placed = await api.actors.send('account/sim', order, { headers: { 'idempotency-key': 'k-1' } })
const again = await api.actors.send('account/sim', order, { headers: { 'idempotency-key': 'k-1' } })

const executionOf = async (): Promise<string | undefined> => {
  const { value } = (await api.actors.actor('order/sim:mine-1')).data
  return typeof value === 'string' ? value : String(value.execution)
}
const reached = async (execution: string): Promise<string> => {
  while ((await executionOf()) !== execution) await setTimeout(20)
  return execution
}
const working = await reached('accepted')
const { data: { accounts } } = await api.accounts.accounts()
// The strategies of the run have orders of their own.
const orders = accounts.flatMap(({ orders }) => orders).filter(({ address }) => address === 'order/sim:mine-1')
const prices = orders.map(({ price }) => price)

const cancel: OrderCancel = { type: 'CANCEL', by: 'ann' }
await api.actors.send('order/sim:mine-1', cancel)
const ended = await reached('canceled')
const refused = await api.actors.send('order/sim:mine-1', cancel).catch(({ error, status }) => [status, error.code])
const { data: { records } } = await api.actors.history('order/sim:mine-1', { limit: 1 })

console.log(JSON.stringify({
  events: placed.data.events.map(({ type }) => type),
  isSame: placed.data.seq === again.data.seq && again.data.duplicate,
  working, prices, ended, refused,
  first: records[0]?.event.type,
}))
`

const token = 'a-token-for-the-generated-client'
const folder = mkdtempSync(join(tmpdir(), 'outcry-generated-'))
let running: Running
beforeAll(async () => {
  running = await startTrading({ token })
})
afterAll(async () => {
  await running.stop()
  rmSync(folder, { recursive: true })
})

const run = promisify(execFile)
/** Runs the program of a package of the tests. */
function bin(name: string, command: string, ...args: readonly string[]) {
  const at = createRequire(import.meta.url).resolve(`${name}/package.json`)
  const { bin: of } = JSON.parse(readFileSync(at, 'utf8')) as { bin: Readonly<Record<string, string>> }
  return run(process.execPath, [join(dirname(at), of[command] as string), ...args], { cwd: folder })
}

it('it is typed, places an order, and cancels it', async () => {
  const document = await fetch(`${running.url}/openapi.json`, {
    headers: { authorization: `Bearer ${token}` },
  })
  writeFileSync(join(folder, 'openapi.json'), await document.text())
  await bin(
    'swagger-typescript-api',
    'swagger-typescript-api',
    'generate',
    '-p',
    'openapi.json',
    '-o',
    '.',
    '-n',
    'api.ts',
  )
  const made = readFileSync(join(folder, 'api.ts'), 'utf8')
  // The generator switches the check of its own file off.
  writeFileSync(join(folder, 'api.ts'), made.replace('// @ts-nocheck', ''))
  writeFileSync(join(folder, 'program.ts'), PROGRAM)
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const types = dirname(dirname(createRequire(import.meta.url).resolve('@types/node/package.json')))
  const compilerOptions = {
    strict: true,
    target: 'es2023',
    module: 'nodenext',
    rewriteRelativeImportExtensions: true,
    typeRoots: [types],
    types: ['node'],
    outDir: 'out',
    rootDir: '.',
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
  await bin('typescript', 'tsc').catch(({ stdout }: { stdout: string }) => expect(stdout).toBe(''))
  const { stdout } = await run(process.execPath, [join(folder, 'out/program.js'), running.url, token])
  expect(JSON.parse(stdout)).toEqual({
    events: expect.arrayContaining(['RISK_APPROVED', 'ORDER_CREATED']),
    isSame: true,
    working: 'accepted',
    prices: ['50000'],
    ended: 'canceled',
    refused: [422, 'ORDER_CANCEL_REJECTED'],
    first: 'xstate.init',
  })
})

it('has names for what it sends and gets, and no type twice', () => {
  const made = readFileSync(join(folder, 'api.ts'), 'utf8')
  const names = [...made.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name)
  expect(names).toEqual(
    expect.arrayContaining(['Problem', 'EventEnvelope', 'TransitionRecord', 'AccountCommand', 'Taken']),
  )
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  expect(made.match(/what happened, and where/g)).toHaveLength(4)
})
