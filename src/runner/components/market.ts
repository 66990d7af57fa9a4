/** Messages of the market on their way to the symbols, and to the venues that follow it. The run ends when the market ends. */
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { Component } from '../component.ts'
import type { Run } from '../run.ts'
import { MARKET, NEWS, RECONCILIATION, UNIVERSE } from './names.ts'

export function market(run: Run): readonly Component[] {
  const { config } = run.plan
  // Everything else that tells actors of the outside starts before the first message, so that all runs on one market agree.
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

/** The symbols whose market is away, as the log has it. */
export class Connections {
  /** By the address of the symbol. */
  readonly #lost = new Map<string, string>()

  take({ actor, event }: Pick<TransitionRecord, 'actor' | 'event'>): void {
    if (event.type !== 'CONNECTION') return
    if (event.status === 'connected') this.#lost.delete(actor)
    else this.#lost.set(actor, String(event.status))
  }

  /** Returns what is lost, for people; undefined when nothing is. */
  get problem(): string | undefined {
    const [first] = this.#lost
    if (first === undefined) return undefined
    const others = this.#lost.size - 1
    return `${first[0]} is ${first[1]}${others > 0 ? `, and ${others} more are away` : ''}`
  }
}
