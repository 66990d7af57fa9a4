import { describe, expect, it } from 'vitest'
import { componentsOf } from '../../src/runner/components/list.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import { prepare } from '../../src/runner/prepare.ts'
import { Run } from '../../src/runner/run.ts'
import { startOrder } from '../../src/runner/start-order.ts'

const nothing = () => {}
const LOGGER = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** A run that has every component. */
async function components() {
  const news = { sources: [{ type: 'jsonl', file: 'news.jsonl' }] }
  const universe = { filters: { quoteAssets: ['USDT'] } }
  const config = loadConfig({ flags: { market: { source: 'sim' }, news, universe, data: 'nowhere' } })
  return componentsOf(new Run(await prepare(config, LOGGER, {})))
}

/**
 * Pairs that a run relies on, each with what would go wrong else. They are written down a second time, so that a need cannot be lost
 * by an edit: the order of the list would often hide that.
 */
const AFTER: readonly (readonly [name: string, needed: string, why: string])[] = [
  ['venue-sim', 'store', 'a venue is opened with the id of the store'],
  ['supervisor', 'store', 'the runtime runs on the log'],
  ['supervisor', 'venue-sim', 'a port leads to each venue, and open intents are asked for at once'],
  ['server', 'supervisor', 'it shows the actors'],
  ['server', 'venue-sim', 'it tells how the links to the venues are'],
  ['actors', 'supervisor', 'they are sent to'],
  ['actors', 'server', 'whoever watches sees the first of them'],
  ['strategies', 'actors', 'they ask the account, and subscribe to symbols'],
  ['runner', 'actors', 'the start says how many have arrived'],
  ['runner', 'strategies', 'the start says which strategies there are'],
  ['reconciliation', 'runner', 'what it finds is after the start on record'],
  ['universe', 'runner', 'what is listed is after the start on record'],
  ['news', 'runner', 'news are after the start on record'],
  ['market', 'reconciliation', 'all that tells actors of the outside comes before the first message'],
  ['market', 'universe', 'all that tells actors of the outside comes before the first message'],
  ['market', 'news', 'all that tells actors of the outside comes before the first message'],
]

describe('the components of a run', () => {
  it('need what the run relies on, and nothing else', async () => {
    const needs = (await components()).flatMap((one) => one.needs.map((need) => `${one.name} after ${need}`))
    expect(needs.sort()).toEqual(AFTER.map(([name, needed]) => `${name} after ${needed}`).sort())
  })

  it('start in an order that keeps all of that, however they are listed', async () => {
    const listed = await components()
    for (const list of [listed, listed.toReversed()]) {
      const order = startOrder(list).map(({ name }) => name)
      for (const [name, needed, why] of AFTER)
        expect(order.indexOf(name), `${name} after ${needed}: ${why}`).toBeGreaterThan(order.indexOf(needed))
    }
  })
})
