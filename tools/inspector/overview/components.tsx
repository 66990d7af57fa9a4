/** The parts of the runner, and how they are. */
import type { JSX } from 'preact'
import { ActorLink } from '../frame/name.tsx'
import { actorAt } from '../log/actors.ts'
import { type Health, health, run } from '../log/run.ts'
import { shortState } from '../text/names.ts'
import { countText } from '../text/numbers.ts'

type Component = NonNullable<Health['components']>[number]

export function Components(): JSX.Element | null {
  const is = health.value.value
  if (is === undefined) return null
  const { components = [], seq, version } = is
  return (
    <div class="card">
      <h2>Components</h2>
      <ul class="components">
        {components.map((component) => (
          <ComponentRow key={component.name} component={component} />
        ))}
        <Strategies />
        <li>
          <b class="mono">log</b>
          <span class="chip good">whole</span>
          <span class="dim">
            {countText(seq)} records, {version}
          </span>
        </li>
      </ul>
    </div>
  )
}

function ComponentRow({ component }: { readonly component: Component }): JSX.Element {
  const { name, state, reason = '' } = component
  const tone = state === 'RUNNING' && reason === '' ? 'good' : state === 'FAILED' ? 'bad' : 'warn'
  const address = `component/${name}`
  return (
    <li>
      {actorAt(address) === undefined ? <b class="mono">{name}</b> : <ActorLink address={address} />}
      <span class={`chip ${tone}`}>{state.toLowerCase()}</span>
      <span class="dim">{reason}</span>
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
