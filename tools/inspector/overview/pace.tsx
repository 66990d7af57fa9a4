/** How fast the log grows, how long that takes, and who falls behind. */
import type { JSX } from 'preact'
import { Notice } from '../frame/notice.tsx'
import { lost } from '../log/connection.ts'
import { health } from '../log/run.ts'
import { perSecond, type Vitals, vitals } from '../log/vitals.ts'
import { moment } from '../state/place.ts'
import { countText } from '../text/numbers.ts'
import { lengthText, msText } from '../text/time.ts'
import { Tile } from './money.tsx'

const NONE = '–'

export function Pace(): JSX.Element {
  const is = vitals.value.value
  const { residents, unsettledIntents } = health.value.value ?? {}
  const rate = perSecond.value
  return (
    <div class={`card${lost.value === undefined ? '' : ' old'}`}>
      <h2 class={moment.value === undefined ? 'vh' : ''}>
        Pace <span class="dim small">now, not then</span>
      </h2>
      <dl class="tiles first">
        <Tile
          name="Records"
          about="records that the log gets in a second, of the last ten"
          value={rate === undefined ? NONE : countText(Math.round(rate))}
          unit="/s"
        />
        <CommitTile commits={is?.commits} />
        <FeedTile feed={is?.feed} />
      </dl>
      <dl class="tiles">
        <OldestTile markets={is?.markets ?? []} />
        <Tile
          name="Unanswered"
          about="requests to venues and other ports that have no outcome yet"
          value={unsettledIntents === undefined ? NONE : countText(unsettledIntents)}
        />
        <Tile
          name="In memory"
          about="actors in memory; the others sleep in the log"
          value={residents === undefined ? NONE : countText(residents)}
        />
      </dl>
      {vitals.fault.value !== undefined && lost.value === undefined && <Notice of={vitals} />}
    </div>
  )
}

function CommitTile({ commits }: { readonly commits: Vitals['commits'] }): JSX.Element {
  const about =
    commits === undefined
      ? 'no commit in the last minute'
      : `half of the ${countText(commits.commits)} commits of the last minute were durable within ${msText(commits.p50Ms)} ms, 99 of 100 within ${msText(commits.p99Ms)} ms, all within ${msText(commits.maxMs)} ms`
  return (
    <Tile
      name="Commit p50/99"
      about={about}
      value={commits === undefined ? NONE : msText(commits.p50Ms)}
      unit={commits === undefined ? '' : `${msText(commits.p99Ms)} ms`}
    />
  )
}

function FeedTile({ feed }: { readonly feed: Vitals['feed'] | undefined }): JSX.Element {
  const about =
    feed === undefined
      ? ''
      : `the slowest of ${countText(feed.clients)} ${feed.clients === 1 ? 'client' : 'clients'} of the feed waits for ${countText(feed.behindRecords)} records`
  return (
    <Tile
      name="Feed behind"
      about={about}
      value={feed === undefined ? NONE : countText(feed.behindRecords)}
      unit={feed === undefined || feed.behindRecords === 0 ? '' : lengthText(feed.behindMs)}
    />
  )
}

/** The market that has been silent for longest. */
function OldestTile({ markets }: { readonly markets: Vitals['markets'] }): JSX.Element {
  const [oldest] = markets.toSorted((a, b) => (b.ageMs ?? 0) - (a.ageMs ?? 0))
  return (
    <Tile
      name="Oldest tick"
      about={oldest === undefined ? 'no market' : `the last message of ${oldest.address}`}
      value={oldest?.ageMs === undefined ? NONE : lengthText(oldest.ageMs)}
    />
  )
}
