/**
 * An operator's night: a real runner and a real Prometheus with the alerts as they are shipped. Each fault is brought about by
 * real means, its alert comes, what the runbook says is done, and the alert goes.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { RedisServer } from '../../tools/bench/servers/redis.ts'
import { FakeBinance } from '../adapters/fake-binance.ts'
import { SetClock } from '../faults/clock/set-clock.ts'
import { mountDisk, NO_MOUNT } from '../faults/disk/mount.ts'
import { NO_SHIM } from '../faults/disk/shim.ts'
import { freePort, Prometheus } from '../metrics/prometheus.ts'
import { OutcryProcess, outcry } from '../runner/runner-process.ts'
import { eventually } from '../runtime/harness.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const runbook = readFileSync(`${ROOT}docs/runbook.md`, 'utf8')

/**
 * Returns the rules in a world where a minute takes a second and an hour a minute. Only durations change: `for`, ranges, and
 * the seconds that a gauge of seconds is compared with.
 */
function hastened(rules: string): string {
  return rules
    .replace(/\b(\d+)m\b/g, '$1s')
    .replace(/\b(\d+)h\b/g, '$1m')
    .replace(/(_seconds) > (\d+)$/gm, (_, name, seconds) => `${name} > ${Number(seconds) / 60}`)
}

const folder = mkdtempSync(join(tmpdir(), 'outcry-night-'))
const disk = join(folder, 'disk')
const isMounted = mountDisk(disk, '96m')
const clock = SetClock.in(folder)
const data = join(isMounted ? disk : folder, 'data')
const config = join(folder, 'outcry.json')
const ballast = join(disk, 'core.1234')
const exchange = new FakeBinance()
let trading: NodeJS.Timeout
let redis: RedisServer
let prometheus: Prometheus
let runner: OutcryProcess

/** Writes a strategy that throws at one of its candles. */
function writeStrategy(throwsAt: number): void {
  writeFileSync(
    join(folder, 'fragile.ts'),
    `
import { defineStrategy } from 'outcry/machines'
import { z } from 'zod'
export const strategy = defineStrategy({
  name: 'fragile', version: '1', description: 'Throws.',
  params: z.object({}), initial: () => ({ n: 0 }), next: ({ n }) => ({ n: n + 1 }), values: ({ n }) => ({ n }),
  decide: ({ is }) => { if (is.n === ${throwsAt}) throw new TypeError('no price'); return undefined },
})
`,
  )
}
async function startRunner(): Promise<void> {
  runner = new OutcryProcess({ ...clock?.env }, 'run', '--config', config, '--data', data)
  await runner.started()
}
async function stopRunner(): Promise<void> {
  runner.child.kill('SIGTERM')
  expect((await runner.finished()).code, runner.stderr).toBe(0)
}

beforeAll(async () => {
  redis = await RedisServer.start()
  const port = await freePort()
  writeStrategy(2)
  const configuration = {
    market: { source: 'binance', symbols: ['XUSDT'], ...(await exchange.start()) },
    strategies: [{ id: 'fragile', type: './fragile.ts', symbol: 'XUSDT', interval: '1s', orderQty: '1' }],
    // It places no stop of its own within the night.
    watchdog: { graceMs: 600_000 },
    sinks: [{ type: 'redis', url: redis.url }],
    server: { port },
  }
  writeFileSync(config, JSON.stringify(configuration))
  let t = 0
  trading = setInterval(() => {
    const now = Date.now()
    const quote = { u: ++t, s: 'XUSDT', b: '100.00', B: '50', a: '100.01', A: '50' }
    const trade = { e: 'trade', E: now, s: 'XUSDT', t, p: '100.00', q: '1', T: now, m: false }
    for (const client of exchange.clients) {
      client.send(JSON.stringify({ stream: 'xusdt@bookTicker', data: quote }))
      client.send(JSON.stringify({ stream: 'xusdt@trade', data: trade }))
    }
  }, 50)
  const rules = join(folder, 'alerts.yml')
  writeFileSync(rules, hastened(readFileSync(`${ROOT}deploy/alerts.yml`, 'utf8')))
  const scrape = { job_name: 'outcry', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }
  const often = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' }
  await startRunner()
  prometheus = await Prometheus.start(folder, {
    global: often,
    rule_files: [rules],
    scrape_configs: [scrape],
  })
})
afterAll(async () => {
  try {
    clearInterval(trading)
    await prometheus?.stop()
    await stopRunner()
  } finally {
    await exchange.stop()
    await redis?.end()
    if (isMounted) execFileSync('umount', ['--lazy', disk])
    rmSync(folder, { recursive: true, force: true })
  }
})

const NIGHT = [
  'OutcryClockJump',
  'OutcryPositionUnprotected',
  'OutcrySinkDown',
  'OutcryDiskNearlyFull',
  'OutcryQuarantine',
]

interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly state: 'pending' | 'firing'
}

/** Returns the labels of an alert that fires; undefined where it does not. */
async function firing(name: string): Promise<Alert['labels'] | undefined> {
  const { alerts } = await prometheus.get<{ alerts: readonly Alert[] }>('alerts')
  return alerts.find(({ labels, state }) => labels.alertname === name && state === 'firing')?.labels
}

/** Waits until an alert does not fire, as a slow start may have caused it. */
async function quiet(name: string): Promise<void> {
  await eventually(async () => expect(await firing(name)).toBeUndefined())
}

/** Waits until an alert fires. Returns what the runbook says of it, with what it names in its place. */
async function toldBy(name: string, more: Readonly<Record<string, string>> = {}) {
  await eventually(async () => expect(await firing(name)).toBeDefined())
  const names = { ...(await firing(name)), ...more }
  const [, part = ''] = new RegExp(`^## ${name}\\n([^]*?)(?=\\n## |$(?![^]))`, 'm').exec(runbook) ?? []
  const commands = [...part.matchAll(/`([^`]+)`/g)].map(([, command]) => command as string)
  return {
    /** Runs the command of the runbook that begins so. Returns all that it prints. */
    async run(begin: string, also: Readonly<Record<string, string>> = {}): Promise<string> {
      const command = commands.find((one) => one.startsWith(begin))
      expect(command, `${begin} in the runbook's ${name}`).toBeDefined()
      const line = Object.entries({ ...names, ...also }).reduce(
        (text, [label, value]) => text.replaceAll(`<${label}>`, value),
        command as string,
      )
      expect(line).not.toMatch(/<|>/)
      if (!line.startsWith('outcry ')) return execFileSync('sh', ['-c', line], { encoding: 'utf8' })
      const { code, stdout, stderr } = await outcry(...line.split(' ').slice(1), '--data', data)
      // `outcry health` and `outcry actors` end with 1 where something is not well.
      expect([0, /^outcry (health|actors)/.test(line) ? 1 : 0], `${line}: ${stderr}`).toContain(code)
      return `${stdout}${stderr}`
    },
    ends: () => quiet(name),
  }
}

const order = (clOrdId: string, terms: object) => {
  const { port } = JSON.parse(readFileSync(config, 'utf8')).server
  return createClient({ url: `http://127.0.0.1:${port}` }).send('account/binance', {
    type: 'ORDER_REQUEST',
    clOrdId: `binance:${clOrdId}`,
    venue: 'binance',
    symbol: 'XUSDT',
    timeInForce: 'GTC',
    refPx: '100',
    orderQty: '2',
    ...terms,
  })
}

it('the clock jumps: it is set', async ({ skip }) => {
  skip(clock === undefined, NO_SHIM)
  // A counter that is seen for the first time has not increased.
  await eventually(async () => expect(await prometheus.value('outcry_clock_jumps_total')).toBe(0))
  clock?.set(30_000)
  const told = await toldBy('OutcryClockJump')
  expect(await told.run('outcry replay')).toContain('outcry.clockSet')
  clock?.set(0)
})

it('a position loses its stop: it is closed', async () => {
  await eventually(() => order('entry', { side: 'BUY', ordType: 'MARKET' }))
  await eventually(async () => expect(await prometheus.value('outcry_position_exposure')).toBeGreaterThan(0))
  await order('stop', { side: 'SELL', ordType: 'STOP', stopPx: '80', reduceOnly: true })
  const unprotected = 'outcry_position_unprotected_seconds{account="binance",symbol="XUSDT"}'
  await eventually(async () => expect(await prometheus.value(unprotected)).toBe(0))
  await quiet('OutcryPositionUnprotected')
  expect((await outcry('cancel', 'order/binance:stop', '--data', data)).code).toBe(0)

  const told = await toldBy('OutcryPositionUnprotected')
  expect(await told.run('outcry state')).toContain('XUSDT')
  expect(await told.run('outcry replay')).toMatch(/order=order\/binance:stop.*ordStatus=CANCELED/)
  expect(await told.run('outcry events')).not.toContain('ORDER_REJECTED')
  await told.run('outcry close')
  await told.ends()
})

it('a sink loses its target: that is mended', async () => {
  await quiet('OutcrySinkDown')
  await redis.kill()
  const told = await toldBy('OutcrySinkDown')
  expect(await told.run('outcry health')).toMatch(/sink-redis.*ECONNREFUSED/)
  await redis.restart()
  await told.run('outcry restart')
  await told.ends()
})

it('the disk is nearly full: room is made', async ({ skip }) => {
  skip(!isMounted, NO_MOUNT)
  await quiet('OutcryDiskNearlyFull')
  execFileSync('sh', [
    '-c',
    `head -c $(($(df --output=size -B1 ${disk} | tail -1) / 100 * 92)) /dev/zero > ${ballast}`,
  ])
  const told = await toldBy('OutcryDiskNearlyFull', { disk, folder: data })
  expect(await told.run('df')).toMatch(new RegExp(`9\\d% ${disk}`))
  expect(await told.run('du')).toContain(ballast)
  rmSync(ballast)
  await told.ends()
})

it('a strategy throws: it is mended, and let go', async () => {
  const told = await toldBy('OutcryQuarantine')
  const listed = await told.run('outcry actors')
  const [address = ''] = /^\S+\/\S+(?=.*quarantined)/m.exec(listed) ?? []
  expect(await told.run('outcry why', { address })).toContain('no price')
  await stopRunner()
  writeStrategy(1_000)
  await startRunner()
  // A start leaves it where it is.
  await eventually(async () => expect(await firing('OutcryQuarantine')).toBeDefined())
  await told.run('outcry release', { address })
  await told.ends()
})

it('the clock has been right for ten minutes of the night: no alert is left', async () => {
  for (const name of NIGHT) await quiet(name)
})
