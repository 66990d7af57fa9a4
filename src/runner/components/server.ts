/** Serves the API, the feed, inspection and the page. */
import { join } from 'node:path'
import { positionMarks } from '../../../machines/position/marked.ts'
import type { Interruptible } from '../../../store/index.ts'
import { startApi } from '../../api/server.ts'
import { DISK } from '../../metrics/groups/disk.ts'
import type { ActOptions } from '../../runtime/actors/signals.ts'
import { named } from '../../runtime/logger.ts'
import type { Component } from '../component.ts'
import { announce } from '../folder/announcement.ts'
import { type BooksLook, withBooks } from '../folder/books.ts'
import { DiskWatch } from '../folder/disk-watch.ts'
import { type BooksSource, folderEntries } from '../folder/folder-copy.ts'
import { booksFolder } from '../folder/venue-books.ts'
import type { Run } from '../run.ts'
import { SERVER, SUPERVISOR, venueComponentName, venueNames } from './names.ts'

export function server(run: Run): readonly Component[] {
  const { config, market, cliToken, processLogger } = run.plan
  if (!config.server.enabled) return []
  const disk = new DiskWatch(join(config.data, 'log'))
  run.metrics.add(DISK, disk)
  const start = async () => {
    const [at, store] = [run.get('supervisor'), run.get('store')]
    const books = booksOf(run)
    const folder = (options: Interruptible) => folderEntries(store.entries(options), books, config.data)
    const verify = async (options: Interruptible) => withBooks(await at.verify(options), books, options)
    const options = {
      ...config.server,
      cliToken,
      refused: () => market.refused,
      folder,
      verify,
      components: () => run.health(),
      metrics: run.metrics,
      operations: {
        health: () => run.health(),
        restart: (name: string, options: ActOptions) => run.restart(name, options),
      },
      derivations: [positionMarks(venueNames(run))],
    }
    // What clients get wrong is theirs: told to the runner it would let them fill the log.
    run.api = await startApi(at, options, named(processLogger, SERVER))
    disk.start()
    // At once: a client of the command line that follows the feed comes back before the other components have started.
    announce(config.data, { url: run.api.url, token: cliToken ?? config.server.token })
  }
  const stop = () => {
    disk.stop()
    return run.api?.close()
  }
  const needs = [SUPERVISOR, ...venueNames(run).map(venueComponentName)]
  return [{ name: SERVER, needs, start, stop }]
}

/** Returns the venues' books in the data folder, with their copies and checks. */
function booksOf({ plan, venues }: Run): readonly (BooksSource & BooksLook)[] {
  return [...venues].flatMap(([name, { venue }]) => {
    const { books } = venue
    if (books === undefined) return []
    const look = (options: Interruptible) => books.verify(options)
    return [
      { venue: name, folder: booksFolder(name, plan.place.venue), entries: () => books.entries(), look },
    ]
  })
}
