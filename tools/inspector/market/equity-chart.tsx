/** The equity of an account as a line, and its drawdown below it. */
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { colourOf, theme } from '../frame/theme.ts'
import { secondText } from '../text/time.ts'

interface Props {
  readonly points: readonly { readonly time: number; readonly value: number }[]
  /** Seconds; undefined when it is live. */
  readonly until: number | undefined
  readonly label: string
}

const HEIGHT = 96
/** Seconds between two times of the axis, which has no parts of seconds. */
const INCREMENTS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800,
  604_800, 2_592_000,
]

export function EquityChart({ points, until, label }: Props): JSX.Element {
  const root = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const is = theme.value

  useEffect(() => {
    const node = root.current
    if (node === null) return
    const colour = (name: string) => colourOf(node, name)
    const axis = {
      stroke: colour('ink3'),
      font: '11px system-ui',
      grid: { stroke: colour('line'), width: 1 },
      ticks: { stroke: colour('line'), width: 1 },
    }
    const made = new uPlot(
      {
        width: node.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false } },
        axes: [
          {
            ...axis,
            values: (_, at) => at.map((time) => secondText(time * 1_000)),
            incrs: INCREMENTS,
            space: 80,
            size: 24,
          },
          { ...axis, side: 1, size: 68 },
        ],
        series: [
          {},
          { stroke: colour('ink2'), width: 1.5, fill: colour('sunk') },
          { stroke: colour('edge'), width: 1, dash: [3, 3] },
        ],
      },
      [[], [], []],
      node,
    )
    plot.current = made
    const measure = new ResizeObserver(() => made.setSize({ width: node.clientWidth, height: HEIGHT }))
    measure.observe(node)
    return () => {
      measure.disconnect()
      made.destroy()
      plot.current = undefined
    }
  }, [is])

  useEffect(() => {
    const end = until ?? Number.POSITIVE_INFINITY
    plot.current?.setData([
      points.map(({ time }) => time),
      points.map(({ time, value }) => (time <= end ? value : null)),
      // The values after the moment are dashed: they had not come yet.
      points.map(({ time, value }) => (time >= end ? value : null)),
    ])
  }, [points, until, is])

  return <div class="equity-chart" role="img" aria-label={label} ref={root} />
}
