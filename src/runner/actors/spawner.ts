/** Spawns the actors of a start, sends them their settings, and notes the actors that have missed a message. */
import type { ErrorCode } from '../../../errors/codes.ts'
import { isOutcryError } from '../../../store/index.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { asBefore, wrongConfig } from '../config/problems.ts'
import { sendUnlessQuarantined } from './quarantine.ts'
import { differs, type Settings } from './settings.ts'

/** The author of configured changes. People may make the same changes. */
export const BY = 'the configuration'

/** Errors that stop one strategy from starting, and no other. */
const OWN_AFFAIRS: readonly ErrorCode[] = [
  'ACTOR_FAILED',
  'ACTOR_BUSY',
  'ACTOR_ENDED',
  'ACTOR_SUSPECT',
  'MACHINE_VERSION_UNKNOWN',
  'CHILD_UNKNOWN',
  'UPGRADE_FAILED',
  'ACTOR_UNREADABLE',
]

interface SpawnerOptions {
  /** The time of all messages of the start. */
  readonly at: number
  readonly data: string
  /** Gets the strategies that cannot be started as configured. */
  readonly logger?: Pick<Logger, 'error'> | undefined
}

export class Spawner {
  readonly supervisor: Supervisor
  readonly at: number
  /** Addresses of actors that have missed a message. */
  readonly missing = new Set<string>()
  readonly #options: SpawnerOptions

  constructor(supervisor: Supervisor, options: SpawnerOptions) {
    this.supervisor = supervisor
    this.at = options.at
    this.#options = options
  }

  /** Spawns the actor where it is not there. Returns whether it was there before. */
  async spawnOnce(kind: string, id: string, input: unknown): Promise<boolean> {
    if (this.contextOf(`${kind}/${id}`) !== undefined) return true
    await this.supervisor.spawn(kind, id, input, { at: this.at })
    return false
  }

  /** Spawns the actor, or sends an existing one the settings that differ from its own. */
  async ensure(kind: string, id: string, input: object, settings: object): Promise<void> {
    const known = await this.spawnOnce(kind, id, { ...input, ...settings })
    if (!known) return
    const address = `${kind}/${id}`
    if (differs(this.contextOf(address) as object, settings))
      await this.send(address, { type: 'CONFIGURE', settings })
  }

  /** Checks settings that an actor cannot change. @throws CONFIG_INVALID */
  expectSame(is: object, wanted: Settings, path: string): void {
    const issues = Object.entries(wanted).flatMap(([key, value]) => {
      const was = (is as Settings)[key]
      return was === value ? [] : [{ field: `${path}.${key}`, rule: asBefore(was, this.#options.data) }]
    })
    if (issues.length > 0) throw wrongConfig(issues)
  }

  /** Sends an event of this start. An actor in quarantine misses it. */
  async send(to: string, event: { readonly type: string; readonly [field: string]: unknown }): Promise<void> {
    const { at } = this
    const isTaken = await sendUnlessQuarantined(this.supervisor, to, { ...event, at }, { at })
    if (!isTaken) this.missing.add(to)
  }

  /** Returns the actor's context. Undefined when it is unknown. */
  contextOf(address: string): unknown {
    return this.supervisor.getSnapshot(address)?.context
  }

  /** Skips a strategy that fails on its messages or cannot be restored, so that the others start (law 8). */
  leaveOut(address: string, err: unknown): void {
    if (!isOutcryError(err) || !OWN_AFFAIRS.includes(err.code)) throw err
    this.missing.add(address)
    this.#options.logger?.error({ err, actor: address }, `${address} is not started: ${err.message}`)
  }
}
