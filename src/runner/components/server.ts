/** The API, the feed, inspection and the page. */
import type { Interruptible } from '../../../store/index.ts'
import { startApi } from '../../api/server.ts'
import type { Component } from '../component.ts'
import { withBooks } from '../folder/books.ts'
import { folderEntries } from '../folder/folder-copy.ts'
import type { Run } from '../run.ts'
import { SERVER, SUPERVISOR, venueComponentName, venueNames } from './names.ts'

export function server(run: Run): readonly Component[] {
  const { config, market, place, processLogger } = run.plan
  if (!config.server.enabled) return []
  const start = async () => {
    const [at, store] = [run.get('supervisor'), run.get('store')]
    const books = run.venues.get(place.venue)?.venue.books
    const folder = (options: Interruptible) =>
      folderEntries(store.entries(options), books && (() => books.entries()), config.data)
    const verify = async (options: Interruptible) =>
      withBooks(await at.verify(options), async () => books?.verify(options))
    const options = {
      ...config.server,
      refused: () => market.refused,
      folder,
      verify,
      components: () => run.health(),
    }
    // What clients get wrong is theirs: told to the runner it would let them fill the log.
    run.api = await startApi(at, options, processLogger)
  }
  const needs = [SUPERVISOR, ...venueNames(run).map(venueComponentName)]
  return [{ name: SERVER, needs, start, stop: () => run.api?.close() }]
}
