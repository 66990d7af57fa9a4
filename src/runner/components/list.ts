/**
 * The components of a run. Adding one is one line here: a function that returns it, or several, or none when the
 * configuration lacks it. They start in the order of their needs, then in the order of this list, and stop in reverse.
 */
import type { Component } from '../component.ts'
import type { Run } from '../run.ts'
import { actors } from './actors.ts'
import { market } from './market.ts'
import { news } from './news.ts'
import { reconciliation } from './reconciliation.ts'
import { runner } from './runner.ts'
import { server } from './server.ts'
import { sinks } from './sinks.ts'
import { store } from './store.ts'
import { strategies } from './strategies.ts'
import { supervisor } from './supervisor.ts'
import { tracing } from './tracing.ts'
import { universe } from './universe.ts'
import { venues } from './venues.ts'

export const COMPONENTS: readonly ((run: Run) => readonly Component[])[] = [
  tracing,
  store,
  venues,
  supervisor,
  sinks,
  server,
  actors,
  strategies,
  runner,
  reconciliation,
  universe,
  news,
  market,
]

export function componentsOf(run: Run): readonly Component[] {
  return COMPONENTS.flatMap((of) => of(run))
}
