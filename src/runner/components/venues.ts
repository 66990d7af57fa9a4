/** Where the run trades: a component for each venue. */
import { capabilityIssues } from '../../adapters/capabilities.ts'
import { executionOffer } from '../../adapters/registry.ts'
import type { Venue } from '../../adapters/venue.ts'
import { WireIds } from '../../adapters/wire-ids.ts'
import { instrumentsOf } from '../actors/instruments.ts'
import type { Component } from '../component.ts'
import { wrongConfig } from '../config/problems.ts'
import { booksIn } from '../folder/folder-copy.ts'
import type { Run } from '../run.ts'
import { STORE, venueComponentName, venueNames } from './names.ts'

export function venues(run: Run): readonly Component[] {
  return venueNames(run).map((name) => venue(run, name))
}

function venue(run: Run, name: string): Component {
  const { config, options, place } = run.plan
  let opened: Venue | undefined
  const start = async () => {
    const execution = executionOffer(config.venue)
    const { asset, balance } = config.account
    opened = await execution.open(config.venue, {
      venue: name,
      ids: new WireIds(name, run.get('store').shortId),
      instruments: instrumentsOf(config, place),
      openingBalances: { [asset]: balance },
      location: booksIn(config.data),
      life: { id: run.get('belonging').life, isNew: run.get('isNew') },
      onReports: () => run.opened.driver?.onRequest(),
      books: await options.storage?.openBooks(),
    })
    const unable = capabilityIssues(opened.capabilities, config)
    if (unable.length > 0) throw wrongConfig(unable)
    run.venues.set(name, { venue: opened, faults: execution.faults?.(config.venue) })
  }
  return { name: venueComponentName(name), needs: [STORE], start, stop: () => opened?.close() }
}
