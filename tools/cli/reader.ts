/** The log as the commands that only read see it: a closed store, or a runner that holds it. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { machines as tradingMachines } from '../../machines/index.ts'
import { RUNNER_FILE, type RunnerInfo } from '../../src/runner/runner.ts'
import { rememberedStrategies } from '../../src/runner/strategies.ts'
import { importUserModule } from '../../src/runner/user-module.ts'
import { type ActorView, viewOf } from '../../src/runtime/actor-view.ts'
import { openLevelStore } from '../../src/runtime/log.ts'
import type { TransitionRecord } from '../../src/runtime/record.ts'
import { type Machines, Registry } from '../../src/runtime/registry.ts'
import { cellAt } from '../../src/runtime/replay.ts'
import { type Verification, verifyLog } from '../../src/runtime/verify.ts'
import {
  decodeEntries,
  isOutcryError,
  OutcryError,
  type Store,
  type StoreEntry,
  storeExists,
} from '../../store/index.ts'

export type ActorSummary = Pick<ActorView, 'address' | 'machine' | 'value' | 'status' | 'rev' | 'seq' | 'at'>

export interface Reader {
  /** Whom it asks: a folder or a URL. */
  readonly source: string
  actors(prefix: string): AsyncIterable<ActorSummary>
  history(address: string): AsyncIterable<TransitionRecord>
  verify(onProgress: (seq: number) => void): Promise<Verification>
  /** All that the log holds, as one consistent copy. */
  entries(): AsyncIterable<StoreEntry>
  close(): Promise<void>
}

/** @throws STORE_NONE, STORE_LOCKED when a runner without a server holds it, STORE_CORRUPT, ... */
export async function openReader(data: string, machinesFrom?: string): Promise<Reader> {
  const location = join(data, 'log')
  if (!storeExists(location)) {
    throw new OutcryError(
      'STORE_NONE',
      `there is no log in ${location}`,
      'Name the folder of a run with --data, or make one: outcry run.',
    )
  }
  try {
    const store = await openLevelStore(location)
    return new StoreReader(location, store, await loadMachines(data, machinesFrom))
  } catch (error) {
    const { url, token } = isOutcryError(error, 'STORE_LOCKED') ? runnerInfo(data) : {}
    if (url === undefined) throw error
    return new RunnerReader(url, token)
  }
}

async function loadMachines(data: string, from: string | undefined): Promise<Machines> {
  const known = { ...tradingMachines, ...(await rememberedStrategies(data)) }
  if (from === undefined) return known
  const module: { machines?: Machines } = await importUserModule(resolve(from))
  if (module.machines !== undefined) return { ...known, ...module.machines }
  throw new OutcryError(
    'MACHINES_NONE',
    `${from} exports no "machines"`,
    'Export const machines = { kind: machine }.',
  )
}

function runnerInfo(data: string): Partial<RunnerInfo> {
  const file = join(data, RUNNER_FILE)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RunnerInfo) : {}
}

class StoreReader implements Reader {
  readonly source: string
  readonly #store: Store<TransitionRecord>
  readonly #registry: Registry

  constructor(source: string, store: Store<TransitionRecord>, machines: Machines) {
    this.source = source
    this.#store = store
    this.#registry = new Registry(machines)
  }

  async *actors(prefix: string): AsyncIterable<ActorSummary> {
    for await (const address of this.#store.actors({ prefix })) {
      const cell = await cellAt(this.#store, this.#registry, address, {})
      if (cell !== undefined) yield viewOf(cell)
    }
  }

  history(address: string): AsyncIterable<TransitionRecord> {
    return this.#store.history(address)
  }

  verify(onProgress: (seq: number) => void): Promise<Verification> {
    return verifyLog(this.#store, this.#registry, { onProgress })
  }

  entries(): AsyncIterable<StoreEntry> {
    return this.#store.entries()
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

class RunnerReader implements Reader {
  readonly source: string
  readonly #headers: Record<string, string>

  constructor(url: string, token: string | undefined) {
    this.source = url
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  }

  async *actors(prefix: string): AsyncIterable<ActorSummary> {
    for (let after: string | undefined; ; ) {
      const query = new URLSearchParams({ prefix, limit: '1000', ...(after !== undefined && { after }) })
      const page = await this.#get<{ actors: ActorSummary[]; next?: string }>(`/actors?${query}`)
      yield* page.actors
      if (page.next === undefined) return
      after = page.next
    }
  }

  async *history(address: string): AsyncIterable<TransitionRecord> {
    for (let fromRev = 1; ; ) {
      const path = `/actors/${address.split('/').map(encodeURIComponent).join('/')}/history?limit=1000&fromRev=${fromRev}`
      const { records } = await this.#get<{ records: TransitionRecord[] }>(path)
      yield* records
      if (records.length < 1_000) return
      fromRev = (records.at(-1) as TransitionRecord).rev + 1
    }
  }

  verify(): Promise<Verification> {
    return this.#get('/verify')
  }

  async *entries(): AsyncIterable<StoreEntry> {
    const { body } = await this.#fetch('/backup')
    yield* decodeEntries(body as unknown as AsyncIterable<Uint8Array>)
  }

  async close(): Promise<void> {}

  async #get<T>(path: string): Promise<T> {
    return (await this.#fetch(path)).json() as Promise<T>
  }

  /** @throws RUNNER_UNREACHABLE, and what the runner refuses by */
  async #fetch(path: string): Promise<Response> {
    let response: Response
    try {
      response = await fetch(new URL(path, this.source), { headers: this.#headers })
    } catch (error) {
      throw unreachable(`the runner that holds the store does not answer at ${this.source}`, error)
    }
    if (response.ok) return response
    const refusal = (await response.json().catch((error) => {
      throw unreachable(`what answers at ${this.source} is no runner`, error)
    })) as { error: { code: string; message: string; hint?: string } }
    const { code, message, hint } = refusal.error
    throw new OutcryError(code, message, hint ?? 'See the log of the runner.')
  }
}

function unreachable(what: string, cause: unknown): OutcryError {
  return new OutcryError('RUNNER_UNREACHABLE', what, 'It may be starting or stopping; try again.', { cause })
}
