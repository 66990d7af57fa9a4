/** Describes a hang for people. It is pure. */
interface Hang {
  readonly actor?: string
  readonly event?: string
  readonly module?: string
  /** The line of a user's module. */
  readonly place?: string
  readonly stalledMs: number
  readonly isSignalled: boolean
}

/** Returns a text such as `dip/btc has stood still on CANDLE_CLOSE for 60 s, at decide (/home/ann/dip.ts:7:3)`. */
export function hungText({ actor, event, module, place, stalledMs, isSignalled }: Hang): string {
  const seconds = Math.round(stalledMs / 1_000)
  const where = place === undefined ? '' : `, at ${place}`
  const signal = isSignalled ? ' and has not heard the signal to end' : ''
  if (actor !== undefined) return `${actor} has stood still on ${event} for ${seconds} s${signal}${where}`
  if (module !== undefined)
    return `${module} has stood still while it was loaded, for ${seconds} s${signal}${where}`
  return `the runner has stood still outside every actor for ${seconds} s${signal}${where}`
}
