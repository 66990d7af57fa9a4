import type { Logger } from './logger.ts'
import type { Port, PortContext } from './port.ts'

/** Starts and stops the ports of a runtime. */
export class Ports {
  readonly registered: ReadonlyMap<string, Port>
  readonly #started = new Map<string, Port>()

  constructor(registered: Readonly<Record<string, Port>>) {
    this.registered = new Map(Object.entries(registered))
  }

  async start(contextOf: (name: string) => PortContext): Promise<void> {
    for (const [name, port] of this.registered) {
      await port.start?.(contextOf(name))
      this.#started.set(name, port)
    }
  }

  /** Stops the ports. If one does not stop, the others still stop, and the store is still closed. */
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
