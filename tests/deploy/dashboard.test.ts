/** The dashboard of Grafana as a file. A real Prometheus answers its questions in tests/metrics/prometheus.test.ts. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { GROUPS } from '../../src/metrics/groups.ts'
import { grafanaDashboard } from '../../tools/docs/dashboard.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string }[]
}
const text = grafanaDashboard()
const { panels } = JSON.parse(text) as { readonly panels: readonly Panel[] }

it('is up to date: else npm run docs', () => {
  expect(readFileSync(new URL('../../deploy/grafana-dashboard.json', import.meta.url), 'utf8')).toBe(text)
})

it('has a place of its own for each panel', () => {
  const taken = new Map<string, string>()
  for (const { title, gridPos } of panels)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.get(`${x},${y}`), title).toBeUndefined()
        expect(x).toBeLessThan(24)
        taken.set(`${x},${y}`, title)
      }
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
})

it('shows every family of metrics that says how a runner does', () => {
  const asked = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n')
  const families = GROUPS.flatMap((group) => group.families.map(({ name }) => name))
  const left = families.filter((name) => !asked.includes(name))
  expect(left).toEqual([
    'outcry_actor_quarantines_total',
    'outcry_log_epoch',
    'outcry_log_fenced',
    'outcry_build_info',
    'outcry_component_state',
    'outcry_component_restarts_total',
    'outcry_account_balance',
  ])
})
