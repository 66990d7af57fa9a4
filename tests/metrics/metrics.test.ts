/** The texts of a scrape, and which of the two formats a client gets. */
import { describe, expect, it } from 'vitest'
import { formatFor } from '../../src/api/routes/metric-routes.ts'
import type { Group } from '../../src/metrics/family.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { Distribution } from '../../store/distribution.ts'

interface Source {
  readonly sent: number
  readonly byLane: ReadonlyMap<string, number>
  readonly took: Distribution
}

const GROUP: Group<Source> = {
  name: 'A group',
  about: 'For a test.',
  families: [
    { name: 'a_sent_total', help: 'Sent', type: 'counter', read: ({ sent }) => sent },
    {
      name: 'a_waiting',
      help: 'Waiting',
      type: 'gauge',
      labels: { lane: 'lane', side: 'side' },
      read: ({ byLane }) => [...byLane].map(([lane, n]) => [lane, 'in', n] as const),
    },
    { name: 'a_seconds', help: 'Took', type: 'histogram', read: ({ took }) => took },
    { name: 'a_absent', help: 'Not there', type: 'gauge', read: () => undefined },
  ],
}

const linesOf = (text: string) => text.split('\n').filter((line) => line.startsWith('a_'))

describe('a scrape', () => {
  const took = new Distribution([0.1, 1])
  for (const value of [0.05, 0.1, 0.5, 7]) took.note(value)
  const source = { sent: 3, byLane: new Map([['mar"ket\n', 2]]), took }
  const metrics = new Metrics()
  metrics.add(GROUP, source)

  it('has the values of its moment, with escaped labels and classes that add up', async () => {
    expect(linesOf(await metrics.text('prometheus'))).toEqual([
      'a_sent_total 3',
      'a_waiting{lane="mar\\"ket\\n",side="in"} 2',
      'a_seconds_bucket{le="0.1"} 2',
      'a_seconds_bucket{le="1"} 3',
      'a_seconds_bucket{le="+Inf"} 4',
      `a_seconds_sum ${0.05 + 0.1 + 0.5 + 7}`,
      'a_seconds_count 4',
    ])
    source.sent = 4
    expect(await metrics.text('prometheus')).toContain('\na_sent_total 4\n')
  })

  it('calls counters otherwise as OpenMetrics, and neither format disturbs the other', async () => {
    for (const _ of ['once', 'again']) {
      const open = await metrics.text('openMetrics')
      expect(open).toContain('# TYPE a_sent counter\na_sent_total 4\n')
      expect(open.endsWith('# EOF\n')).toBe(true)
      const plain = await metrics.text('prometheus')
      expect(plain).toContain('# TYPE a_sent_total counter\na_sent_total 4\n')
      expect(plain).toContain('# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total ')
      expect(plain).not.toMatch(/^nodejs_active/m)
    }
  })

  it('has what other parts have added', async () => {
    const own = new Metrics()
    expect(linesOf(await own.text('prometheus', [metrics]))).toHaveLength(7)
    expect(linesOf(await own.text('prometheus'))).toHaveLength(0)
  })
})

it.each([
  [undefined, 'prometheus'],
  ['*/*', 'prometheus'],
  ['text/html', 'prometheus'],
  ['application/openmetrics-text', 'openMetrics'],
  ['application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'openMetrics'],
  ['application/openmetrics-text; version=0.0.1; q=0.5, text/plain', 'prometheus'],
  ['application/openmetrics-text;q=0', 'prometheus'],
])('a client that accepts %s gets %s', (accept, format) => {
  expect(formatFor(accept)).toBe(format)
})
