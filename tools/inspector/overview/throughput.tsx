/** How fast the log grows. */
import { computed, effect, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { head } from '../log/actors.ts'
import { health } from '../log/run.ts'
import { countText } from '../text/numbers.ts'
import { Tile } from './money.tsx'

/** ms over which records are counted. */
const OVER_MS = 5_000

/** Ends of the log that the page has seen, with the browser's time. */
const ends = signal<readonly { readonly seq: number; readonly at: number }[]>([])

effect(() => {
  const { seq } = head.value
  const now = performance.now()
  const before = ends.peek().filter(({ at }) => now - at <= OVER_MS)
  if (seq > 0 && before.at(-1)?.seq !== seq) ends.value = [...before, { seq, at: now }].slice(-100)
})

const perSecond = computed(() => {
  const [first] = ends.value
  const last = ends.value.at(-1)
  if (first === undefined || last === undefined || last.at - first.at < 500) return undefined
  return ((last.seq - first.seq) * 1_000) / (last.at - first.at)
})

export function Throughput(): JSX.Element {
  const rate = perSecond.value
  const is = health.value.value
  return (
    <div class="card">
      <h2 class="vh">Throughput</h2>
      <dl class="tiles first">
        <Tile name="Records" value={rate === undefined ? '–' : countText(Math.round(rate))} unit="/s" />
        <Tile name="In memory" value={is === undefined ? '–' : countText(is.residents)} />
        <Tile name="Unsettled" value={is === undefined ? '–' : countText(is.unsettledIntents)} />
      </dl>
    </div>
  )
}
