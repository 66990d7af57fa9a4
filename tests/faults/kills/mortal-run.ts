/**
 * Whole runs in memory that end at a write: they die before it reaches the disk, or after it without an
 * acknowledgement, or are stopped.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryLevel } from 'memory-level'
import { machines } from '../../../machines/index.ts'
import { openPaperVenue } from '../../../src/adapters/paper/paper-venue.ts'
import type { PaperVenue } from '../../../src/adapters/paper/venue.ts'
import { VenueFolder } from '../../../src/adapters/paper/venue-folder.ts'
import { kindsOf, loadStrategies } from '../../../src/runner/actors/strategies.ts'
import { startRunner } from '../../../src/runner/assemble.ts'
import { loadConfig } from '../../../src/runner/config/load.ts'
import type { RunningRunner } from '../../../src/runner/runner.ts'
import { viewOf } from '../../../src/runtime/actors/actor-view.ts'
import { Registry } from '../../../src/runtime/actors/registry.ts'
import { openMemoryStore } from '../../../src/runtime/record/log.ts'
import type { TransitionRecord } from '../../../src/runtime/record/record.ts'
import { cellAt } from '../../../src/runtime/state/replay.ts'
import { verifyLog } from '../../../src/runtime/state/verify.ts'
import { type Commit, newMemory } from '../../../store/index.ts'
import { OF_EACH_START, presentOf } from '../../equal-logs.ts'
import { FaultyStore } from '../faulty-store.ts'

type Database = ConstructorParameters<typeof VenueFolder>[0]

const nothing = () => {}
const LOGGER = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** The remains of a run. */
export interface Left {
  readonly records: readonly TransitionRecord[]
  readonly presents: ReadonlyMap<string, unknown>
  /** By name: what their books have. */
  readonly venues: Readonly<Record<string, unknown>>
  readonly problems: readonly unknown[]
}

/**
 * The end of a run at a write: the process dies before or after it, or the runner is told to stop after it, as by
 * SIGTERM.
 */
export type End = 'beforeWrite' | 'answerLost' | 'stopped'
type Death = Exclude<End, 'stopped'>

/** The writes of one life so far. */
export interface Writes {
  readonly all: number
  /** Number of writes without those that only have records which each start adds. */
  readonly ofRun: number
}

/** A disk in memory that outlives every process. */
export class MortalRun {
  /** Number of kills and stops. */
  ends = 0
  readonly #config: object
  readonly #onStart: (runner: RunningRunner) => void
  readonly #log = newMemory()
  /** By venue. */
  readonly #books = new Map<string, Database>()
  readonly #folder = mkdtempSync(join(tmpdir(), 'outcry-kills-'))

  /** `onStart` is called with the runner of each life. */
  constructor(config: object, onStart: (runner: RunningRunner) => void = nothing) {
    this.#config = config
    this.#onStart = onStart
  }

  /**
   * Starts the runner, and lets it live until its market ends or it ends at a write. Returns the number of its writes.
   */
  async live(endAt: (writes: Writes) => End | undefined = () => undefined): Promise<number> {
    const writes = { all: 0, ofRun: 0 }
    let runner: RunningRunner | undefined
    let die = nothing
    let isStopped = false
    let onFailure: (error: unknown) => void = nothing
    const dead = new Promise<'dead'>((resolve, reject) => {
      die = () => resolve('dead')
      onFailure = reject
    })
    const fate = (isOfRun: boolean) => {
      writes.all++
      if (isOfRun) writes.ofRun++
      const end = endAt(writes)
      if (end !== 'stopped') return end
      // A runner that is still starting does not hear of it.
      if (runner !== undefined && !isStopped) {
        isStopped = true
        runner.stop('SIGTERM', 'test').catch(onFailure)
      }
      return undefined
    }
    const ofLog = ({ records }: Commit<TransitionRecord>) =>
      fate(records.some(({ actor }) => !OF_EACH_START.test(actor)))
    const openLog = async () =>
      new FaultyStore(await openMemoryStore(this.#log, { shortId: '7f3a' }), {
        next: ofLog,
        onDeath: () => die(),
      })
    const openBooks = async (venue: string) => {
      const books = this.#books.get(venue) ?? (new MemoryLevel<string, string>() as unknown as Database)
      this.#books.set(venue, books)
      await books.open()
      return new MortalBooks(
        books,
        () => fate(true),
        () => die(),
      )
    }
    const whole = async () => {
      const config = loadConfig({
        flags: { ...this.#config, data: this.#folder, server: { enabled: false } },
      })
      runner = await startRunner(config, LOGGER, { storage: { openLog, openBooks } })
      this.#onStart(runner)
      await runner.ended
      await runner.stop('the market has ended', 'test')
      return 'ended' as const
    }
    if ((await Promise.race([whole(), dead])) === 'dead' || isStopped) this.ends++
    return writes.all
  }

  async left(): Promise<Left> {
    const store = await openMemoryStore(this.#log)
    const registry = new Registry({ ...machines, ...kindsOf((await loadStrategies([])).strategies) })
    const records: TransitionRecord[] = []
    for await (const record of store.read()) records.push(record)
    const presents = new Map<string, unknown>()
    for await (const address of store.actors()) {
      const cell = await cellAt(store, registry, address, {})
      presents.set(address, cell && presentOf(viewOf(cell)))
    }
    const { problems } = await verifyLog(store, registry)
    const venues: Record<string, unknown> = {}
    for (const [name, books] of this.#books) {
      await books.open()
      const terms = { name: `paper:${name}`, latencyMs: 0, takerFee: '0', makerFee: '0', location: undefined }
      venues[name] = whatVenueHas(await openPaperVenue(terms, new VenueFolder(books, 'memory')))
    }
    return { records, presents, venues, problems }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

class MortalBooks extends VenueFolder {
  readonly #fate: () => Death | undefined
  readonly #onDeath: () => void

  constructor(db: Database, fate: () => Death | undefined, onDeath: () => void) {
    super(db, 'memory')
    this.#fate = fate
    this.#onDeath = onDeath
  }

  override async write(what: Parameters<VenueFolder['write']>[0]): Promise<void> {
    const fate = this.#fate()
    if (fate !== 'beforeWrite') await super.write(what)
    if (fate === undefined) return
    this.#onDeath()
    await new Promise(nothing)
  }

  /** The memory outlives the store. */
  override async close(): Promise<void> {}
}

function whatVenueHas(venue: PaperVenue): unknown {
  // A kill shifts a request's place in the log. The intent's id shows that the request is the same.
  const reports = venue.reportsAfter(0).map(({ ref, ...report }) => ({ ...report, intent: ref?.intent }))
  return {
    reports,
    open: venue.openOrders(),
    pending: venue.pendingOrders(),
    positions: venue.positions(),
    balances: venue.balances(),
  }
}
