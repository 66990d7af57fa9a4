/** The time of a run: the market's own time if it has one, and the system's otherwise. */
import { marketOffer } from '../../adapters/registry.ts'
import { simulatedVenue } from '../../adapters/venue.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { type Clock, EventClock } from '../../runtime/time/clock.ts'
import { NewsTimes } from '../feeds/news-times.ts'
import type { Run } from '../run.ts'
import type { Driver } from './driver.ts'
import { EventTimeDriver } from './event-time.ts'
import { LiveTimeDriver } from './live-time.ts'

export interface RunTime {
  readonly clock: Clock
  /** Present when the news of files follow this time. */
  readonly newsTimes: NewsTimes | undefined
  driver(supervisor: Supervisor): Driver
}

/** Returns the time of a run. @throws CONFIG_INVALID for a market with its own time at a venue that has the system's */
export function timeOf({ plan, venues, beganAt }: Run): RunTime {
  const { config, market, systemClock } = plan
  const { startsAt } = market
  if (startsAt === undefined) {
    const driver = (supervisor: Supervisor) =>
      new LiveTimeDriver({ supervisor, market, venues: [...venues.values()], clock: systemClock })
    return { clock: systemClock, newsTimes: undefined, driver }
  }
  const clock = new EventClock(beganAt ?? startsAt)
  const simulated = [...venues.values()].map(({ venue, faults, settings: { adapterPath } }) => ({
    venue: simulatedVenue(venue, { market: market.name, path: adapterPath }),
    faults,
  }))
  const news = new NewsTimes(clock)
  const speed = marketOffer(config.market).speed?.(config.market) ?? 1
  const driver = (supervisor: Supervisor) =>
    new EventTimeDriver({ supervisor, market, clock, venues: simulated, news, speed, beganAt })
  return { clock, newsTimes: news, driver }
}
