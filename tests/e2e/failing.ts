/** A runner whose actors fail on command. Each kind has another supervision strategy. */
import { assign, emit, setup } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'

type Fragile = { type: 'PING' } | { type: 'THROW'; why: string } | { type: 'REPORT'; text: string }

const fragile = setup({ types: {} as { context: { pings: number }; events: Fragile } }).createMachine({
  id: 'fragile',
  context: { pings: 0 },
  initial: 'working',
  on: {
    PING: { actions: assign({ pings: ({ context }) => context.pings + 1 }) },
    THROW: {
      actions: assign(({ event }) => {
        throw new Error(event.why)
      }),
    },
    REPORT: {
      actions: emit(({ event: { text } }) => ({ type: 'SYSTEM_ERROR', severity: 'error', text })),
    },
  },
  states: { working: { on: { PING: 'resting' } }, resting: { on: { PING: 'working' } } },
})

/** Time until a failed actor restarts. */
export const RESTART_MS = 60_000
const backoff = { minMs: RESTART_MS, maxMs: RESTART_MS, restartsMax: 3, resetMs: 600_000 }
const machines = {
  fragile,
  quarantine: { machine: fragile, supervision: { strategy: 'quarantine' as const } },
  restart: { machine: fragile, supervision: { strategy: 'restart' as const, backoff } },
  stop: { machine: fragile, supervision: { strategy: 'stop' as const } },
  escalate: { machine: fragile, supervision: { strategy: 'escalate' as const } },
  resume: { machine: fragile, supervision: { strategy: 'resume' as const } },
}
export type Strategy = Exclude<keyof typeof machines, 'fragile'>

export class FailingRunner {
  readonly harness = new Harness()
  #api: ApiServer | undefined
  #port = 0

  static async open(): Promise<FailingRunner> {
    const runner = new FailingRunner()
    await runner.harness.open({ machines })
    await runner.serve()
    return runner
  }

  /** Starts the API, at the same port as before. */
  async serve(): Promise<void> {
    this.#api = await startApi(this.harness.supervisor, { host: '127.0.0.1', port: this.#port }, silentLogger)
    this.#port = Number(new URL(this.url).port)
  }

  /** Stops the API; the actors go on. */
  async leave(): Promise<void> {
    await this.#api?.close()
  }

  /** Starts over on an empty log. */
  async begin(): Promise<void> {
    await this.harness.supervisor.stop()
    Object.assign(this.harness, { memory: new Harness().memory })
    await this.harness.open({ machines })
  }

  get url(): string {
    return this.#api?.url ?? ''
  }

  spawn(kind: keyof typeof machines, id: string): Promise<string> {
    return this.harness.supervisor.spawn(kind, id)
  }

  async send(address: string, event: Fragile): Promise<void> {
    await this.harness.supervisor.send(address, event)
  }

  /** Makes the actor throw on THROW, with this message. */
  async fail(address: string, why = 'boom'): Promise<void> {
    const refused = await this.harness.supervisor.send(address, { type: 'THROW', why }).then(
      () => undefined,
      (error: { code?: string }) => error.code,
    )
    if (refused !== 'ACTOR_FAILED') throw new Error(`${address} did not fail: ${refused}`)
  }

  async release(address: string): Promise<void> {
    await this.harness.supervisor.release(address)
  }

  pass(ms: number): void {
    this.harness.clock.advanceTo(this.harness.clock.now() + ms)
  }

  async stop(): Promise<void> {
    await this.leave()
    await this.harness.supervisor.stop()
  }
}
