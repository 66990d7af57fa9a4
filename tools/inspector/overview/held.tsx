/** The positions that are held, and the orders that work. */
import type { JSX } from 'preact'
import { ActorLink } from '../frame/name.tsx'
import { Notice } from '../frame/notice.tsx'
import { type Account, run } from '../log/run.ts'
import { decimalText, directionOf, gainText } from '../text/numbers.ts'

export function Held(): JSX.Element | null {
  const accounts = run.value.value?.accounts
  if (accounts?.length === 0) return null
  if (accounts === undefined)
    return (
      <div class="card">
        <h2>Held and working</h2>
        {run.fault.value === undefined && <Notice of={run} />}
      </div>
    )
  const rows = accounts.flatMap(rowsOf)
  return (
    <div class="card">
      <h2>Held and working</h2>
      {rows.length === 0 ? (
        <p class="none">Nothing is held, and no order works.</p>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>What</th>
                <th class="number">Quantity</th>
                <th>Kind</th>
                <th class="number">Price</th>
                <th class="number">Now</th>
                <th class="number">Away</th>
              </tr>
            </thead>
            <tbody>{rows}</tbody>
          </table>
        </div>
      )}
    </div>
  )
}

function rowsOf({ positions, orders }: Account): JSX.Element[] {
  const marks = new Map(positions.map(({ symbol, markPx }) => [symbol, markPx]))
  return [
    ...positions.map(({ address, quantity, avgPx, markPx, unrealizedPnl, settleAsset }) => (
      <Row
        key={address}
        address={address}
        quantity={quantity}
        sort={quantity.startsWith('-') ? 'short' : 'long'}
        price={avgPx}
        now={markPx}
        away={gainText(unrealizedPnl, settleAsset)}
        tone={directionOf(unrealizedPnl)}
      />
    )),
    ...orders.map(({ address, symbol, side, ordType, leavesQty, price, stopPx, reduceOnly }) => {
      const at = stopPx ?? price
      const now = marks.get(symbol)
      const away = at === undefined || now === undefined ? '' : difference(at, now)
      return (
        <Row
          key={address}
          address={address}
          quantity={`${side === 'SELL' ? '−' : '+'}${leavesQty}`}
          sort={`${ordType.toLowerCase().replaceAll('_', ' ')}${reduceOnly ? ', reduces' : ''}`}
          price={at}
          now={now}
          away={away}
          tone=""
        />
      )
    }),
  ]
}

/** Returns the difference of two prices for people: no amount follows from it. */
function difference(to: string, from: string): string {
  const places = Math.max(...[to, from].map((text) => text.split('.')[1]?.length ?? 0))
  const away = Number(to) - Number(from)
  return `${away > 0 ? '+' : ''}${decimalText(away.toFixed(places), 8)}`
}

interface RowProps {
  readonly address: string
  readonly quantity: string
  readonly sort: string
  readonly price: string | undefined
  readonly now: string | undefined
  readonly away: string
  readonly tone: string
}

function Row({ address, quantity, sort, price, now, away, tone }: RowProps): JSX.Element {
  return (
    <tr>
      <td class="what">
        <ActorLink address={address} />
      </td>
      <td class="number">{quantity.replace(/^-/, '−')}</td>
      <td>{sort}</td>
      <td class="number">
        {price === undefined ? (sort.startsWith('market') ? 'market' : '–') : decimalText(price, 8)}
      </td>
      <td class="number">{now === undefined ? '' : decimalText(now, 8)}</td>
      <td class={`number ${tone}`}>{away}</td>
    </tr>
  )
}
