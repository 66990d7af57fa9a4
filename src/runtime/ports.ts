import type { Logger } from './logger.ts'
import type { Port, PortContext } from './port.ts'

/** The ports of a runtime, while they run. */
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
