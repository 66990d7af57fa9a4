/** Loads elk when the first chart is drawn. It works in a worker, so that the page never waits for a layout. */
import type { Layouter } from './place.ts'

/** The server has the worker beside the page, because it is as large as the page. */
const WORKER = '/vendor/elk-worker.min.js'

let loaded: Promise<Layouter> | undefined

export function loadElk(): Promise<Layouter> {
  loaded ??= import('elkjs/lib/elk-api.js').then(({ default: elk }) => {
    // Its types are those of a module in Node; a bundle has the class itself.
    const Elk = elk as unknown as typeof elk.default
    return new Elk({ workerUrl: WORKER })
  })
  // A library that cannot be loaded now may be there at the next try.
  loaded.catch(() => {
    loaded = undefined
  })
  return loaded
}
