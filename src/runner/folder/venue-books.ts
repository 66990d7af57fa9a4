/**
 * The books that venues keep in a data folder, beside its log. The venue with the market's name has them in `venue`,
 * like a run with one venue. Any other has them in `venues/<name>`.
 */
import { join } from 'node:path'
import type { Belonging } from '../../../machines/index.ts'
import type { Interruptible } from '../../../store/index.ts'
import { namesIn, storeFiles } from '../../../store/leveldb/folder/store-files.ts'
import { ADAPTERS } from '../../adapters/registry.ts'
import type { Books } from '../../adapters/venue.ts'
import type { BooksLook } from './books.ts'

/** The folder of the market's own venue. */
const MARKETS = 'venue'
const OTHERS = 'venues'
/**
 * The pattern that a configuration requires. It is checked here, too, because the folder may come from another person.
 */
const NAME = /^[a-z][a-z0-9-]{0,23}$/

/** Returns the folder of a venue's books within the data folder. `market`: the name of the market's own venue. */
export function booksFolder(venue: string, market: string): string {
  return venue === market ? MARKETS : `${OTHERS}/${venue}`
}

/** Returns whether this is the folder of a venue's books within the data folder. */
export function isBooksFolder(folder: string): boolean {
  const [parent, name, ...rest] = folder.split('/')
  if (name === undefined) return folder === MARKETS
  return parent === OTHERS && NAME.test(name) && rest.length === 0
}

/** Returns the existing folders of books within the data folder. */
export function booksFolders(data: string): readonly string[] {
  const named = namesIn(join(data, OTHERS)).filter((name) => NAME.test(name))
  const folders = [MARKETS, ...named.sort().map((name) => `${OTHERS}/${name}`)]
  return folders.filter((folder) => storeFiles(join(data, folder)).length > 0)
}

/** Books that no runner has open. */
export interface ClosedBooks extends BooksLook {
  /** The folder within the data folder. */
  readonly folder: string
  /** Opens the books. @throws VENUE_CORRUPT, VENUE_OPEN_FAILED, ... */
  open(): Promise<Books>
}

/** Returns the books of a closed folder. `belonging` is the log's, if the log can be read. */
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
    // If the market's own venue has no known name, its folder stands for it.
    return [{ venue: named ?? folder, folder, open, look }]
  })
}

/** Returns the name of the market's own venue. An older log has only one venue. */
export function marketVenueOf({ market, venues }: Belonging): string | undefined {
  return (market.place as string | undefined) ?? Object.keys(venues)[0]
}

/** Returns the function of the adapter that opens books. Older logs noted no adapter, when only one kept books. */
function keeperOf(adapter: unknown): ((location: string) => Promise<Books>) | undefined {
  const keepers = ADAPTERS.filter(({ execution }) => execution?.openBooks !== undefined)
  const noted = keepers.find(({ name }) => name === adapter)
  const keeper = adapter === undefined ? keepers[0] : noted
  return keeper?.execution?.openBooks
}
