/** The time of commits without sinks, and beside all of them and a Prometheus that scrapes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startApi } from '../../src/api/server.ts'
import { SINKS as SINK_METRICS } from '../../src/metrics/groups/sinks.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import type { Address } from '../../src/runtime/record/address.ts'
import { openLevelStore } from '../../src/runtime/record/log.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { Follower, type SinkFigures } from '../../src/sinks/follower.ts'
import { Recent } from '../../src/sinks/recent.ts'
import { SINKS, sinkNamed } from '../../src/sinks/registry.ts'
import { type SinkConfig, sinkName, sinksSection, wantedBy } from '../../src/sinks/section.ts'
import { filler } from './fills.ts'
import { paced } from './latency.ts'
import { median, quantile } from './report.ts'
import { startScraper } from './servers/scraper.ts'
import { startTarget, type Target } from './servers/targets.ts'
import { silent } from './workload.ts'

export const PER_SECOND = 1_000
const ACTORS = 100
/** Events before each part that counts: a process compiles its code first, and Prometheus begins to scrape. */
export const WARM_UP = 2 * PER_SECOND
/** Most ms until the sinks have what there is. */
const CAUGHT_UP_MS = 60_000
/** The keys of sections that differ from the defaults, so that each sink writes several times within a part. */
const SETTINGS: Readonly<Record<string, object>> = {
  parquet: { everySeconds: 2 },
  webhook: { perMinute: 600 },
}

export interface Times {
  /** Medians over the rounds, of the ms from `send` to its acknowledgement. */
  readonly p50: number
  readonly p99: number
}

export interface Beside {
  readonly without: Times
  readonly beside: Times
  /** The program that scraped. */
  readonly scraper: string
  readonly sinks: readonly SinkFigures[]
}

interface Options {
  /** The sinks by their type. */
  readonly types: readonly string[]
  /** Number of events of each part of a round. */
  readonly events: number
  /** Number of events before each part that do not count. */
  readonly warmUp: number
  readonly rounds: number
  readonly folder: string
}

/**
 * Measures rounds of two parts, with two logs in this process: of one nobody knows, the other has sinks and is scraped.
 * @throws when a sink has not written each event
 */
export async function besideSinks({ types, events, warmUp, rounds, folder }: Options): Promise<Beside> {
  const location = mkdtempSync(join(folder, 'sinks-'))
  const targets: Target[] = []
  const [alone, watched] = [await openLog(join(location, 'alone')), await openLog(join(location, 'watched'))]
  try {
    for (const type of types) targets.push(await startTarget(type, folder))
    const followers = follow(watched, targets)
    const figures = () => followers.map((follower) => follower.figures)
    const metrics = new Metrics()
    metrics.add(SINK_METRICS, {
      get sinks() {
        return figures()
      },
    })
    const api = await startApi(watched, { host: '127.0.0.1', port: 0, metrics }, silent)
    const scraper = await startScraper(api.url, folder)
    try {
      const [without, beside]: [Times[], Times[]] = [[], []]
      for (let round = 0; round < rounds; round++) {
        scraper.pause()
        await part(alone, warmUp)
        without.push(await part(alone, events))
        scraper.resume()
        await part(watched, warmUp)
        beside.push(await part(watched, events))
        await caughtUp(followers, (round + 1) * (warmUp + events))
      }
      return {
        without: mediansOf(without),
        beside: mediansOf(beside),
        scraper: scraper.name,
        sinks: figures(),
      }
    } finally {
      for (const follower of followers) await follower.stop(0)
      await scraper.end()
      await api.close()
    }
  } finally {
    for (const log of [alone, watched]) await log.stop()
    for (const target of targets) await target.end()
    rmSync(location, { recursive: true, force: true })
  }
}

async function openLog(location: string): Promise<Supervisor> {
  const store = await openLevelStore(location)
  const log = await createSupervisor({ store, machines: { filler }, logger: silent })
  for (let i = 0; i < ACTORS; i++) await log.spawn('filler', String(i))
  return log
}

function follow(log: Supervisor, targets: readonly Target[]): readonly Follower[] {
  const recent = new Recent(log.transitions$, log.seq)
  const sections = targets.map(({ type, place }) => ({ type, ...place, ...SETTINGS[type], since: 'start' }))
  return sinksSection(SINKS)
    .parse(sections)
    .map((config) => followerOf(log, recent, config))
}

function followerOf(log: Supervisor, recent: Recent, config: SinkConfig): Follower {
  const { logId, epoch, seq } = log
  const name = sinkName(config)
  const place = { name, logId, epoch, run: 'bench', seq, logger: silent }
  const follower = new Follower({
    name,
    log,
    recent,
    mark: log.bookmark(`sink:${name}`),
    logger: silent,
    open: (signal) => sinkNamed(config.type).open(config as never, { ...place, signal }),
    wants: wantedBy(config),
    since: config.since,
  })
  // A failure is in the figures.
  follower.run().catch(() => {})
  return follower
}

async function part(log: Supervisor, count: number): Promise<Times> {
  const took = await paced(count, PER_SECOND, (n) =>
    log.send(`filler/${n % ACTORS}` as Address, { type: 'FILL', n }),
  )
  const sorted = Float64Array.from(took).sort()
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}

async function caughtUp(followers: readonly Follower[], events: number): Promise<void> {
  const until = performance.now() + CAUGHT_UP_MS
  for (const follower of followers)
    while (follower.figures.events < events) {
      if (performance.now() > until) {
        const { name, events: written, failure = 'it is slow' } = follower.figures
        throw new Error(`the sink ${name} has written ${written} of ${events} events: ${failure}`)
      }
      await sleep(20)
    }
}

function mediansOf(parts: readonly Times[]): Times {
  return { p50: median(parts.map(({ p50 }) => p50)), p99: median(parts.map(({ p99 }) => p99)) }
}
