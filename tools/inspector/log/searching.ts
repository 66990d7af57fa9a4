/**
 * Questions for which the server searches its log take long, and a browser has six connections to a server, whatever
 * the number of its pages. So few searches are under way at once, of all pages together, and leave connections to
 * those with quick answers.
 */

/** Searches at once of the pages that are in view. Those behind have one place of their own. */
const PLACES = 2
/** ms after which a search no longer waits for a place: another page may be stuck in it. */
const PATIENCE_MS = 10_000

let turn = Math.floor(Math.random() * PLACES)

/** Searches once there is a place. Rejects as `search` does, and when the signal ends the wait. */
export async function searching<T>(search: () => Promise<T>, signal: AbortSignal): Promise<T> {
  let hasPlace = false
  const begin = () => {
    hasPlace = true
    return search()
  }
  const enough = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  const place = document.hidden ? 'behind' : turn++ % PLACES
  try {
    return await inPlace(`search ${place}`, begin, enough)
  } catch (error) {
    if (hasPlace || signal.aborted) throw error
    return search()
  }
}

const waiting = new Map<string, Promise<unknown>>()

/** Calls a function when no other page, and nothing of this one, is in the place. */
function inPlace<T>(place: string, does: () => Promise<T>, signal: AbortSignal): Promise<T> {
  // A page without HTTPS that is not of this machine has no locks, and takes turns with itself alone.
  if (typeof navigator.locks === 'object')
    return navigator.locks.request(place, { signal }, does) as Promise<T>
  const before = waiting.get(place) ?? Promise.resolve()
  const ends = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
  const own = Promise.race([before, ends]).then(does)
  waiting.set(place, Promise.allSettled([before, own]))
  return own
}
