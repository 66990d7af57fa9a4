/** The market of the chosen actor at the moment: prices, orders, fills, the position, equity, and the trades so far. */
import type { JSX } from 'preact'
import { Parted, To } from '../frame/name.tsx'
import { Notice } from '../frame/notice.tsx'
import { isWhole } from '../log/actors.ts'
import { chosen } from '../log/chosen.ts'
import { type Account, run } from '../log/run.ts'
import { momentAt } from '../state/moment.ts'
import { choice, moment } from '../state/place.ts'
import { directionOf, gainText, moneyText } from '../text/numbers.ts'
import { secondText } from '../text/time.ts'
import { Absent } from './absent.tsx'
import { absence, market, reach, symbol, trades } from './data.ts'
import { EquityChart } from './equity-chart.tsx'
import { type Level, PriceChart } from './price-chart.tsx'
import type { Trade } from './trades.ts'

export function MarketView(): JSX.Element {
  const of = symbol.value
  const is = market.value.value
  const account = run.value.value?.accounts.find(({ venue }) => venue === of?.venue)
  return (
    <section id="market" class="view" aria-label="Market">
      <div class="prices">
        <div class="tools">
          <div class="switch" role="group" aria-label="Stretch">
            <Reach of="trade" text="Around the trade" />
            <Reach of="log" text="Whole log" />
          </div>
          <p class="note">
            {of === undefined ? '' : of.name}{' '}
            {is?.interval === undefined || is.interval === '' ? '' : `${is.interval} candles`}
          </p>
        </div>
        <div class="canvas">
          <Notice of={market} lines={8} />
          {absence.value !== undefined && <Absent why={absence.value} />}
          {of === undefined &&
            absence.value === undefined &&
            isWhole.value &&
            chosen.value.value?.address === choice.value && <p class="empty">Nothing has a price here.</p>}
          {is !== undefined && is.candles.length + is.line.length === 0 && (
            <p class="empty">No candle has closed in this stretch.</p>
          )}
          {is !== undefined && is.candles.length + is.line.length > 0 && (
            <PriceChart
              market={is}
              levels={account === undefined ? [] : levelsOf(account, of?.name ?? '')}
              at={momentAt.value}
              isLive={moment.value === undefined}
              label={`Prices of ${of?.name}, with ${is.fills.length} fills`}
            />
          )}
        </div>
        <Equity account={account} />
      </div>
      <Trades asset={account?.asset ?? 'USDT'} />
    </section>
  )
}

function Reach({ of, text }: { readonly of: 'trade' | 'log'; readonly text: string }): JSX.Element {
  return (
    <button
      type="button"
      aria-pressed={reach.value === of}
      onClick={() => {
        reach.value = of
      }}
    >
      {text}
    </button>
  )
}

/** Returns the prices that hold at the moment: of the position, and of what works. */
function levelsOf({ positions, orders }: Account, name: string): Level[] {
  const held = positions
    .filter(({ symbol: of }) => of === name)
    .map(
      ({ address, avgPx }): Level => ({ key: address, price: Number(avgPx), title: 'in', kind: 'position' }),
    )
  const working = orders
    .filter(({ symbol: of, stopPx, price }) => of === name && (stopPx ?? price) !== undefined)
    .map(({ address, stopPx, price, side }): Level => {
      const kind = stopPx === undefined ? 'limit' : 'stop'
      const title = stopPx === undefined ? side.toLowerCase() : 'stop'
      return { key: address, price: Number(stopPx ?? price), title, kind }
    })
  return [...held, ...working]
}

function Equity({ account }: { readonly account: Account | undefined }): JSX.Element | null {
  const points = market.value.value?.equity ?? []
  if (account === undefined || points.length < 2) return null
  const { asset, equity, dailyPnl, drawdownPct } = account
  const until =
    moment.value === undefined || momentAt.value === undefined ? undefined : momentAt.value / 1_000
  return (
    <div class="equity-of">
      <p>
        <b>Equity</b> <span class="number">{moneyText(equity, asset)}</span> {asset}{' '}
        <span class={`number ${directionOf(dailyPnl)}`}>{gainText(dailyPnl, asset)}</span>
        <span class="dim">drawdown {drawdownPct} %</span>
      </p>
      <EquityChart points={points} until={until} label={`Equity of ${account.address}`} />
    </div>
  )
}

function Trades({ asset }: { readonly asset: string }): JSX.Element {
  const all = trades.value.value ?? []
  const won = all.filter(({ pnl }) => directionOf(pnl) === 'up').length
  return (
    <aside class="trades" aria-label="Trades">
      <h2>
        Trades <span class="dim">{all.length === 0 ? '' : `${all.length}, of which ${won} won`}</span>
      </h2>
      <Notice of={trades} />
      {trades.value.value !== undefined && all.length === 0 && <p class="empty">No trade has ended yet.</p>}
      {all.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">List</th>
              <th scope="col">Closed</th>
              <th scope="col" class="number">
                In
              </th>
              <th scope="col" class="number">
                Out
              </th>
              <th scope="col" class="number">
                After fees
              </th>
              <th scope="col">
                <span class="vh">Why</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {all.map((trade) => (
              <Row key={trade.seq} trade={trade} asset={asset} />
            ))}
          </tbody>
        </table>
      )}
    </aside>
  )
}

function Row({ trade, asset }: { readonly trade: Trade; readonly asset: string }): JSX.Element {
  const { list, position, closedAt, seq, pnl } = trade
  const about = list ?? position
  const isChosen = choice.value === list || choice.value.startsWith(`order/${list?.slice('list/'.length)}-`)
  return (
    <tr class={isChosen ? 'chosen' : undefined}>
      <td>
        <To place={{ choice: about, moment: seq }} kind="link mono" label={`${about}, closed`}>
          <span class="name" title={about}>
            <Parted name={about.slice(about.indexOf(':') + 1)} />
          </span>
        </To>
      </td>
      <td class="mono">{secondText(closedAt)}</td>
      <td class="number">{trade.in === undefined ? '–' : moneyText(trade.in, asset)}</td>
      <td class="number">{trade.out === undefined ? '–' : moneyText(trade.out, asset)}</td>
      <td class={`number ${directionOf(pnl)}`}>{gainText(pnl, asset)}</td>
      <td>
        <To
          place={{ view: 'actor', panel: 'why', choice: position, moment: seq }}
          kind="link"
          label={`Why ${about} closed`}
        >
          Why
        </To>
      </td>
    </tr>
  )
}
