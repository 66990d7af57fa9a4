import { receive } from './commit/intake.ts'
import type { Logger } from './logger.ts'
import type { Parts } from './parts.ts'
import type { Port, PortContext } from './port.ts'
import type { Queries } from './queries.ts'
import { parseAddress } from './record/address.ts'

/** The ports of a runtime, while they run. */
export class Ports {
  readonly registered: ReadonlyMap<string, Port>
  readonly #started = new Map<string, Port>()

  constructor(registered: Readonly<Record<string, Port>>) {
    this.registered = new Map(Object.entries(registered))
  }

  async start(queries: Queries, parts: Parts): Promise<void> {
    for (const [name, port] of this.registered) {
      await port.start?.(contextOf(name, queries, parts))
      this.#started.set(name, port)
    }
  }

  /** One port that does not stop keeps neither the others running nor the store open. */
  async stop(logger: Logger): Promise<void> {
    for (const [name, port] of this.#started) {
      try {
        await port.stop?.()
      } catch (err) {
        logger.error({ err, port: name }, `port/${name} failed to stop`)
      }
    }
  }
}

function contextOf(name: string, queries: Queries, { clock, loop }: Parts): PortContext {
  return {
    now: () => clock.now(),
    getSnapshot: (address) => queries.getSnapshot(address),
    cursor: (source) => queries.cursor(source),
    unsettled: (actor) =>
      queries.unsettled.filter((intent) => intent.actor === actor && intent.port === name),
    send: async (to, event, reply = {}) => {
      await loop.request(receive(parseAddress(to), event, clock, reply), 'execution')
    },
  }
}
