/** Opens the log. It checks that the data folder fits the run, and changes nothing in a folder that it refuses. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { storeExists } from '../../../store/index.ts'
import type { Store } from '../../../store/store.ts'
import { openLevelStore } from '../../runtime/record/log.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import { expectNamed } from '../actors/strategies.ts'
import type { Component } from '../component.ts'
import { asBefore, wrongConfig } from '../config/problems.ts'
import { belongingIn, belongingNow, foreignLog } from '../folder/belonging.ts'
import { expectHeldWatched, expectSameAccount, leftAt } from '../folder/holdings.ts'
import type { Run } from '../run.ts'
import { STORE } from './names.ts'

export function store(run: Run): readonly Component[] {
  const { config, options, market, place, venues, strategies } = run.plan
  const { data, runner } = config
  let opened: Store<TransitionRecord> | undefined
  const start = async () => {
    if (storeExists(data)) throw foreignLog(data)
    makeFolder(data)
    const log = await (options.storage?.openLog() ??
      openLevelStore(join(data, 'log'), { shortId: runner.storeId }))
    opened = log
    const { belonging: was } = await belongingIn(log, data)
    const here = { market, venue: place.venue, leftAt: (venue: string) => leftAt(log, venue) }
    const belonging = await belongingNow(was, config, here)
    await expectNamed(log, data, strategies)
    for (const venue of venues) {
      await expectSameAccount(log, venue, data)
      await expectHeldWatched(log, { venue: venue.name, symbols: place.symbols }, data)
    }
    const { storeId = log.shortId } = runner
    if (storeId !== log.shortId)
      throw wrongConfig([{ field: 'runner.storeId', rule: asBefore(log.shortId, data) }])
    run.beganAt = await beginningOf(log)
    run.open({ store: run.tracing?.(log.shortId).store(log) ?? log, belonging, isNew: was === undefined })
  }
  return [{ name: STORE, needs: [], start, stop: () => opened?.close() }]
}

/** Returns the time of the log's first record, also when that was deleted; undefined when there was none. */
async function beginningOf(log: Store<TransitionRecord>): Promise<number | undefined> {
  if (log.cut !== undefined) return log.cut.beganAt
  for await (const { at } of log.read({ limit: 1 })) return at
  return undefined
}

/** @throws CONFIG_INVALID */
function makeFolder(data: string): void {
  try {
    mkdirSync(data, { recursive: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw wrongConfig([{ field: 'data', rule: `a folder that can be made and written (${code})` }])
  }
}
