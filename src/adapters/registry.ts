/** The one list of adapters. A configuration, the runner and the documentation know those that are here, and no others. */
import type { Adapter, ExecutionOffer, MarketOffer, NewsOffer } from './adapter.ts'
import { binance } from './binance/adapter.ts'
import { jsonl } from './jsonl/adapter.ts'
import { paper } from './paper/adapter.ts'
import { recording } from './recording/adapter.ts'
import { rss } from './rss/adapter.ts'
import type { MarketConfig, NewsConfig, Settings, VenueConfig } from './sections.ts'
import { sim } from './sim/adapter.ts'

/** The first with an offer is the one that a configuration means that names none. */
export const ADAPTERS: readonly Adapter[] = [sim, recording, binance, paper, rss, jsonl]

/** Returns the adapter of this name. A name that comes from a configuration was checked there. */
export function adapterNamed(name: string): Adapter {
  const found = ADAPTERS.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no adapter ${name}`)
  return found
}

export function marketOffer({ source }: Pick<MarketConfig, 'source'>): MarketOffer<Settings> {
  return offered(source, adapterNamed(source).market)
}

export function executionOffer({ adapter }: Pick<VenueConfig, 'adapter'>): ExecutionOffer<Settings> {
  return offered(adapter, adapterNamed(adapter).execution)
}

export function newsOffer({ type }: Pick<NewsConfig, 'type'>): NewsOffer<Settings> {
  return offered(type, adapterNamed(type).news)
}

/** Returns what stands for a source of news in log and warnings. */
export function newsSourceName(config: NewsConfig): string {
  return config.name ?? newsOffer(config).sourceName(config)
}

function offered<Offer>(name: string, offer: Offer | undefined): Offer {
  if (offer === undefined) throw new Error(`the adapter ${name} does not offer that`)
  return offer
}
