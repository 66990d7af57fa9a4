/** The parts of the runner and its markets, and how they are. */
import type { JSX } from 'preact'
import { ActorLink } from '../frame/name.tsx'
import { actorAt } from '../log/actors.ts'
import { lost } from '../log/connection.ts'
import { type Health, health, run } from '../log/run.ts'
import { type Vitals, vitals } from '../log/vitals.ts'
import { moment } from '../state/place.ts'
import { shortState } from '../text/names.ts'
import { countText } from '../text/numbers.ts'
import { lengthText, wholeTimeText } from '../text/time.ts'

type Component = NonNullable<Health['components']>[number]
type Market = Vitals['markets'][number]

/** Most markets that are shown: those that are in trouble, then those that are silent for longest. */
const MARKETS_MAX = 6

export function Components(): JSX.Element | null {
  const { components = [] } = health.value.value ?? {}
  const markets = vitals.value.value?.markets ?? []
  const strategies = run.value.value?.strategies ?? []
  if (components.length + markets.length + strategies.length === 0) return null
  return (
    <div class={`card${lost.value === undefined ? '' : ' old'}`}>
      <h2>
        Components <span class="dim small">{noteOf()}</span>
      </h2>
      <ul class="components">
        <Markets markets={markets} />
        {components.map((component) => (
          <ComponentRow key={component.name} component={component} />
        ))}
        <Strategies />
      </ul>
    </div>
  )
}

function noteOf(): string {
  if (lost.value !== undefined) return 'as last heard'
  return moment.value === undefined ? '' : 'now, not then'
}

/** Returns why a market cannot be traded on; undefined when it can. */
function troubleOf({ state }: Market): string | undefined {
  const { connection, freshness } = Object(state) as {
    readonly connection?: string
    readonly freshness?: string
  }
  if (connection !== undefined && connection !== 'connected') return connection
  return freshness === 'stale' ? 'stale' : undefined
}

function Markets({ markets }: { readonly markets: readonly Market[] }): JSX.Element {
  const badness = (market: Market) => (troubleOf(market) === undefined ? 0 : 1)
  const shown = markets
    .toSorted((a, b) => badness(b) - badness(a) || (b.ageMs ?? 0) - (a.ageMs ?? 0))
    .slice(0, MARKETS_MAX)
  return (
    <>
      {shown.map((market) => {
        const { address, at, ageMs } = market
        const trouble = troubleOf(market)
        return (
          <li key={address}>
            <ActorLink address={address} />
            <span class={`chip ${trouble === undefined ? 'good' : 'warn'}`}>{trouble ?? 'fresh'}</span>
            <span class="dim" title={at === undefined ? undefined : wholeTimeText(at)}>
              {ageMs === undefined ? 'no tick yet' : `tick ${lengthText(ageMs)} ago`}
            </span>
          </li>
        )
      })}
      {markets.length > shown.length && (
        <li>
          <span class="dim">and {countText(markets.length - shown.length)} more markets</span>
        </li>
      )}
    </>
  )
}

function ComponentRow({ component }: { readonly component: Component }): JSX.Element {
  const { name, state, reason } = component
  const isUnwell = state === 'RUNNING' && reason !== undefined
  const tone = state === 'FAILED' ? 'bad' : state === 'RUNNING' && !isUnwell ? 'good' : 'warn'
  const address = `component/${name}`
  const since = actorAt(address)?.at
  const now = vitals.value.value?.now
  return (
    <li>
      {since === undefined ? <b class="mono">{name}</b> : <ActorLink address={address} />}
      <span class={`chip ${tone}`}>{isUnwell ? 'not well' : state.toLowerCase()}</span>
      <span class="dim" title={reason}>
        {reason ?? (since === undefined || now === undefined ? '' : `for ${lengthText(now - since)}`)}
      </span>
    </li>
  )
}

function Strategies(): JSX.Element | null {
  const all = run.value.value?.strategies ?? []
  if (all.length === 0) return null
  const out = all.filter(({ condition }) => condition !== undefined)
  const running = all.filter(
    ({ condition, state }) => condition === undefined && /running/.test(shortState(state)),
  )
  return (
    <li>
      <b class="mono">strategies</b>
      <span class={`chip ${out.length > 0 ? 'bad' : 'good'}`}>
        {countText(running.length)} of {countText(all.length)} run
      </span>
      <span class="dim">{out.length > 0 ? `${countText(out.length)} quarantined` : ''}</span>
    </li>
  )
}
