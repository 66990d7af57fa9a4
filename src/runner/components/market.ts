/** Feeds market messages to the symbols and to the venues that follow the market. The run ends when the market ends. */
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { Component } from '../component.ts'
import type { Run } from '../run.ts'
import { MARKET, NEWS, RECONCILIATION, UNIVERSE } from './names.ts'

export function market(run: Run): readonly Component[] {
  const { config } = run.plan
  // All other sources start before the first message, so that all runs on one market are equal.
  const needs = [
    RECONCILIATION,
    ...(config.universe === undefined ? [] : [UNIVERSE]),
    ...(config.news.sources.length === 0 ? [] : [NEWS]),
  ]
  const connections = new Connections()
  return [
    {
      name: MARKET,
      needs,
      start: () => void run.get('supervisor').transitions$.subscribe((record) => connections.take(record)),
      run: () => run.get('driver').run(),
      stop: () => run.opened.driver?.stop(),
      health: () => connections.problem,
      endsRun: true,
    },
  ]
}

/** The symbols without a connection to their market, according to the log. */
export class Connections {
  /** The status of each, by the address of its symbol. */
  readonly #lost = new Map<string, string>()

  take({ actor, event }: Pick<TransitionRecord, 'actor' | 'event'>): void {
    if (event.type !== 'CONNECTION') return
    if (event.status === 'connected') this.#lost.delete(actor)
    else this.#lost.set(actor, String(event.status))
  }

  /** Describes the lost connections for people. Undefined when there are none. */
  get problem(): string | undefined {
    const [first] = this.#lost
    if (first === undefined) return undefined
    const others = this.#lost.size - 1
    return `${first[0]} is ${first[1]}${others > 0 ? `, and ${others} more are away` : ''}`
  }
}
