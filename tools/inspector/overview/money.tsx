/** The equity of each account, as a figure and as a line up to the moment. */
import { computed, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { To } from '../frame/name.tsx'
import { Notice } from '../frame/notice.tsx'
import { useWidth } from '../frame/width.ts'
import { head } from '../log/actors.ts'
import { type Account, run, seqNow, worth } from '../log/run.ts'
import { lineOf, placesOf, type Span } from '../moment/scale.ts'
import { momentAt } from '../state/moment.ts'
import { decimalText, directionOf, gainText, moneyText } from '../text/numbers.ts'
import { secondText } from '../text/time.ts'

const HEIGHT = 96
const width = signal(360)

export function Money(): JSX.Element {
  return (
    <>
      {run.value.value === undefined && <Coming />}
      {(run.value.value?.accounts ?? []).map((account) => (
        <AccountCard key={account.address} account={account} />
      ))}
    </>
  )
}

/** Keeps the place of an account until it is known, so that what stands below does not move. */
function Coming(): JSX.Element {
  return (
    <div class="card money coming">
      <Notice of={run} />
    </div>
  )
}

function AccountCard({ account }: { readonly account: Account }): JSX.Element {
  const { address, asset, equity, dailyPnl, drawdownPct, dailyLoss, orders, unrealizedPnl } = account
  return (
    <div class="card money">
      <h2>
        Equity{' '}
        <To place={{ view: 'actor', choice: address }} kind="link mono small">
          {address}
        </To>
      </h2>
      <p class="equity">
        <b>{moneyText(equity, asset)}</b> <span class="dim">{asset}</span>{' '}
        <span class={directionOf(dailyPnl)}>{gainText(dailyPnl, asset)} today</span>
      </p>
      <Line account={account} />
      <dl class="tiles">
        <Tile name="Drawdown" value={decimalText(drawdownPct, 3)} unit="%" />
        <Tile
          name="Loss of the day"
          value={moneyText(dailyLoss, asset)}
          tone={directionOf(`-${dailyLoss}`)}
        />
        <Tile
          name={orders.length > 0 ? 'Working orders' : 'Unrealised'}
          value={orders.length > 0 ? String(orders.length) : gainText(unrealizedPnl, asset)}
        />
      </dl>
    </div>
  )
}

export function Tile({
  name,
  value,
  about,
  unit = '',
  tone = '',
}: {
  readonly name: string
  /** What it is, in a tooltip. */
  readonly about?: string
  readonly value: string
  readonly unit?: string
  readonly tone?: string
}): JSX.Element {
  return (
    <div title={about}>
      <dt>{name}</dt>
      <dd>
        <b class={tone}>{value}</b> {unit !== '' && <small class="dim">{unit}</small>}
      </dd>
    </div>
  )
}

const known = computed(() => worth.value.filter(({ seq }) => seq <= seqNow.value))

function Line({ account }: { readonly account: Account }): JSX.Element {
  const { venue, asset, equity } = account
  const root = useWidth(width)
  const told = known.value
    .filter((event) => event.venue === venue)
    .map(({ at, event }) => ({ at, value: Number(event.equity) }))
  // Accounts tell their value now and then, and the figure above is of the moment.
  const at = momentAt.value ?? head.value.at
  const points =
    told.length === 0 ? told : [...told, { at: Math.max(at, told.at(-1)?.at ?? at), value: Number(equity) }]
  const values = points.map(({ value }) => value)
  const [first, last] = [points[0], points.at(-1)]
  const span: Span = { from: first?.at ?? 0, to: last?.at ?? 1, width: width.value }
  const line = lineOf(points, span, 6, HEIGHT - 6)
  const [from = 0, to = 0] = placesOf([span.from, span.to], span)
  const isDown = (last?.value ?? 0) < (first?.value ?? 0)
  return (
    <div class="worth" ref={root}>
      <svg
        width={width.value}
        height={HEIGHT}
        role="img"
        aria-label={
          first === undefined || last === undefined
            ? 'No value of the account is known'
            : `Equity from ${first.value.toFixed(2)} to ${last.value.toFixed(2)}`
        }
      >
        {line !== '' && <path class={isDown ? 'area down' : 'area up'} d={`${line}L${to} 0L${from} 0z`} />}
        <path class={isDown ? 'stroke down' : 'stroke up'} d={line} />
        <path class="now" d={`M${to} 0V${HEIGHT}`} />
      </svg>
      {first !== undefined && last !== undefined && (
        <p class="axis">
          <span>{secondText(first.at)}</span>
          <span title="the least and the most of that time">
            {moneyText(Math.min(...values).toFixed(8), asset)} to{' '}
            {moneyText(Math.max(...values).toFixed(8), asset)}
          </span>
          <span>{secondText(last.at)}</span>
        </p>
      )}
    </div>
  )
}
