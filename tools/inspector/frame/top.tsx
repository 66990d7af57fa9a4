/** The bar at the top: the views, the figures that a trader looks at first, and what concerns the whole page. */
import { computed } from '@preact/signals'
import type { JSX } from 'preact'
import { isReadOnly } from '../actions/ask.tsx'
import { askForTradingState, commandsFor } from '../actions/deeds.ts'
import { isDrawn } from '../actors/list.tsx'
import { client } from '../log/client.ts'
import { lost } from '../log/connection.ts'
import { run } from '../log/run.ts'
import { needs } from '../overview/needs.ts'
import { moment, VIEWS, view } from '../state/place.ts'
import { shortState } from '../text/names.ts'
import { countText, decimalText, directionOf, gainText, moneyText } from '../text/numbers.ts'
import { find } from './keys.tsx'
import { To } from './name.tsx'
import { switchTheme } from './theme.ts'

const NAMES = { overview: 'Overview', actor: 'Actor', market: 'Market' } as const

export function Top(): JSX.Element {
  const count = needs.value.length
  return (
    <header id="top">
      <button
        type="button"
        class="btn icon narrow-only"
        aria-label="Actors"
        aria-expanded={isDrawn.value}
        aria-controls="rail"
        onClick={() => {
          isDrawn.value = !isDrawn.value
        }}
      >
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M2 4h12M2 8h8M2 12h12" stroke="currentColor" stroke-width="1.6" fill="none" />
        </svg>
      </button>
      <div class="brand">
        <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
          <circle cx="9" cy="9" r="7.5" fill="none" stroke="currentColor" stroke-width="1.6" />
          <circle cx="9" cy="9" r="3.2" fill="currentColor" />
        </svg>
        <h1>Outcry</h1>
      </div>
      <nav aria-label="Views">
        {VIEWS.map((name) => (
          <To key={name} place={{ view: name }} isCurrent={view.value === name}>
            {NAMES[name]}
            {name === 'overview' && count > 0 && (
              <>
                {' '}
                <span class="count" title="what needs a person">
                  {countText(count)}
                </span>
              </>
            )}
          </To>
        ))}
      </nav>
      <Figures />
      <button type="button" class="btn wide-only" title="Find an actor (/)" onClick={find}>
        Find{' '}
        <span class="dim mono" aria-hidden="true">
          /
        </span>
      </button>
      <Halt />
      <button
        type="button"
        class="btn icon wide-only"
        aria-label="Light or dark"
        title="Light or dark (d)"
        onClick={switchTheme}
      >
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6" />
          <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
        </svg>
      </button>
    </header>
  )
}

/** The button that stops trading, wherever one looks. */
function Halt(): JSX.Element | null {
  const account = run.value.value?.accounts[0]
  if (isReadOnly.value) return <span class="chip">read only</span>
  if (account === undefined || lost.value !== undefined || commandsFor('account').length === 0) return null
  return (
    <button
      type="button"
      class="btn danger"
      aria-haspopup="dialog"
      onClick={() => askForTradingState(account.address, 'halted')}
    >
      Halt…
    </button>
  )
}

interface Figure {
  readonly name: string
  readonly text: string
  readonly tone: string
}

const figures = computed<readonly Figure[]>(() => {
  const account = run.value.value?.accounts[0]
  if (account === undefined) return []
  const { address, tradingState, equity, dailyPnl, asset, positions } = account
  const state = shortState(tradingState)
  const [held] = positions
  return [
    { name: address, text: state, tone: state === 'active' ? '' : 'bad' },
    { name: 'Equity', text: moneyText(equity, asset), tone: '' },
    { name: 'Today', text: gainText(dailyPnl, asset), tone: directionOf(dailyPnl) },
    ...(held === undefined
      ? [{ name: 'Held', text: 'nothing', tone: '' }]
      : [
          { name: 'Held', text: `${held.quantity} ${held.symbol}`, tone: '' },
          { name: held.symbol, text: decimalText(held.markPx, 8), tone: '' },
        ]),
  ]
})

function Figures(): JSX.Element {
  const isOld = run.isOld.value || (lost.value !== undefined && moment.value === undefined)
  return (
    <div class={`figures${isOld ? ' old' : ''}`}>
      {moment.value !== undefined && <span class="chip moment">then</span>}
      {figures.value.map(({ name, text, tone }, i) => (
        <p key={name} class={`figure figure-${i}`}>
          <span>{name}</span>
          <b class={tone}>{text}</b>
        </p>
      ))}
      {figures.value.length === 0 && <span class="dim">{client.url.replace(/^https?:\/\//, '')}</span>}
    </div>
  )
}
