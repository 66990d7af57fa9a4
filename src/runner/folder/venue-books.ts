/**
 * The books that venues keep in a data folder, beside its log. A venue that is called as the market is has them in `venue`, as runs had
 * with one venue; any other in `venues/<name>`.
 */
import { join } from 'node:path'
import type { Belonging } from '../../../machines/index.ts'
import type { Interruptible } from '../../../store/index.ts'
import { namesIn, storeFiles } from '../../../store/leveldb/folder/store-files.ts'
import { ADAPTERS } from '../../adapters/registry.ts'
import type { Books } from '../../adapters/venue.ts'
import type { BooksLook } from './books.ts'

/** Of the market's own venue. */
const MARKETS = 'venue'
const OTHERS = 'venues'
/** As a configuration takes it: a folder may be somebody else's. */
const NAME = /^[a-z][a-z0-9-]{0,23}$/

/** Returns where a venue keeps its books, from the data folder on. `market`: the name of the market's own venue. */
export function booksFolder(venue: string, market: string): string {
  return venue === market ? MARKETS : `${OTHERS}/${venue}`
}

/** Returns whether this is the folder of a venue's books, from the data folder on. */
export function isBooksFolder(folder: string): boolean {
  const [parent, name, ...rest] = folder.split('/')
  if (name === undefined) return folder === MARKETS
  return parent === OTHERS && NAME.test(name) && rest.length === 0
}

/** Returns the folders of the books that are there, from the data folder on. */
export function booksFolders(data: string): readonly string[] {
  const named = namesIn(join(data, OTHERS)).filter((name) => NAME.test(name))
  const folders = [MARKETS, ...named.sort().map((name) => `${OTHERS}/${name}`)]
  return folders.filter((folder) => storeFiles(join(data, folder)).length > 0)
}

/** Books that no runner has. */
export interface ClosedBooks extends BooksLook {
  /** From the data folder on. */
  readonly folder: string
  /** @throws VENUE_CORRUPT, VENUE_OPEN_FAILED, ... */
  open(): Promise<Books>
}

/** Returns the books of a closed folder. `belonging`: what its log says of its venues, where the log can be read. */
export function closedBooks(data: string, belonging?: Belonging): readonly ClosedBooks[] {
  return booksFolders(data).flatMap((folder) => {
    const named = folder === MARKETS ? belonging && marketVenueOf(belonging) : folder.slice(OTHERS.length + 1)
    const keeper = keeperOf(named === undefined ? undefined : belonging?.venues[named]?.adapter)
    if (keeper === undefined) return []
    const open = () => keeper(join(data, folder))
    const look = async (options: Interruptible) => {
      const books = await open()
      return books.verify(options).finally(() => books.close())
    }
    // Where nobody says what the market's own venue is called, its folder has to do.
    return [{ venue: named ?? folder, folder, open, look }]
  })
}

/** Returns the name of the market's own venue: that of the only one, in a log of before there were several. */
export function marketVenueOf({ market, venues }: Belonging): string | undefined {
  return (market.place as string | undefined) ?? Object.keys(venues)[0]
}

/** What opens books: of the adapter that is noted, and of the only one that kept any before adapters were noted. */
function keeperOf(adapter: unknown): ((location: string) => Promise<Books>) | undefined {
  const keepers = ADAPTERS.filter(({ execution }) => execution?.openBooks !== undefined)
  const noted = keepers.find(({ name }) => name === adapter)
  const keeper = adapter === undefined ? keepers[0] : noted
  return keeper?.execution?.openBooks
}
