/** The venues of the run, a component for each. */
import { join } from 'node:path'
import { capabilityIssues } from '../../adapters/capabilities.ts'
import { executionOffer } from '../../adapters/registry.ts'
import type { Venue } from '../../adapters/venue.ts'
import { WireIds } from '../../adapters/wire-ids.ts'
import { instrumentsOf } from '../actors/instruments.ts'
import type { Component } from '../component.ts'
import { wrongConfig } from '../config/problems.ts'
import type { VenueSettings } from '../config/venues.ts'
import { booksFolder } from '../folder/venue-books.ts'
import type { Run } from '../run.ts'
import { STORE, venueComponentName } from './names.ts'

export function venues(run: Run): readonly Component[] {
  return run.plan.venues.map((settings) => venue(run, settings))
}

function venue(run: Run, settings: VenueSettings): Component {
  const { config, options, place } = run.plan
  const { name, adapter, account, instruments, path, adapterPath } = settings
  let opened: Venue | undefined
  const start = async () => {
    const execution = executionOffer(adapter)
    opened = await execution.open(adapter, {
      venue: name,
      ids: new WireIds(name, run.get('store').shortId),
      instruments: instrumentsOf({ instruments, market: config.market }, place),
      openingBalances: { [account.asset]: account.balance },
      positionMode: account.positionMode,
      location: join(config.data, booksFolder(name, place.venue)),
      life: { id: run.get('belonging').life, isNew: run.get('isNew') },
      onReports: () => run.opened.driver?.lookAtVenues(),
      books: await options.storage?.openBooks(name),
    })
    const unable = capabilityIssues(opened.capabilities, settings)
    if (unable.length > 0) throw wrongConfig(unable.map(({ field, rule }) => ({ field: path + field, rule })))
    const other = reportedAs(run, opened.name)
    if (other !== undefined) {
      const rule = `its reports are counted under ${opened.name}, and so are those of ${other}`
      throw wrongConfig([{ field: `${adapterPath}adapter`, rule }])
    }
    run.venues.set(name, { settings, venue: opened, faults: execution.faults?.(adapter) })
  }
  return { name: venueComponentName(name), needs: [STORE], start, stop: () => opened?.close() }
}

/** Returns the other source whose positions count under this name: another venue, or the market. */
function reportedAs({ plan, venues: open }: Run, name: string): string | undefined {
  if (plan.market.name === name) return 'the market'
  return [...open].find(([, { venue }]) => venue.name === name)?.[0]
}
