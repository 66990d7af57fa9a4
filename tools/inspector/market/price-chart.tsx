/** Candles, or a line of prices, with fills as marks, orders and the position as lines, and the moment across. */
import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineSeries,
  LineStyle,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts'
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { colourOf, theme } from '../frame/theme.ts'
import { secondText } from '../text/time.ts'
import type { Market } from './data.ts'

/** A price that holds at the moment: of an order, or of the position. */
export interface Level {
  readonly key: string
  readonly price: number
  readonly title: string
  readonly kind: 'stop' | 'limit' | 'position'
}

interface Props {
  readonly market: Market
  readonly levels: readonly Level[]
  /** Epoch ms; undefined while it is not known. */
  readonly at: number | undefined
  readonly isLive: boolean
  readonly label: string
}

const TOKENS = ['panel', 'ink', 'ink3', 'line', 'up', 'down', 'choice', 'warn', 'moment', 'edge'] as const
type Colours = Readonly<Record<(typeof TOKENS)[number], string>>

interface Parts {
  readonly chart: IChartApi
  readonly candles: ISeriesApi<'Candlestick'>
  readonly line: ISeriesApi<'Line'>
  readonly marks: ISeriesMarkersPluginApi<Time>
  readonly lineMarks: ISeriesMarkersPluginApi<Time>
  levels: IPriceLine[]
}

export function PriceChart({ market, levels, at, isLive, label }: Props): JSX.Element {
  const root = useRef<HTMLDivElement>(null)
  const parts = useRef<Parts | undefined>(undefined)
  const [x, setX] = useState<number | undefined>(undefined)
  const has = market.candles.length > 0 ? 'candles' : 'line'
  const is = theme.value

  useEffect(() => {
    const node = root.current
    if (node === null) return
    const chart = createChart(node, {
      autoSize: true,
      localization: { timeFormatter: timeOf },
      // The logo brings a style of its own. The licence of the charts is among those of the page.
      layout: { attributionLogo: false },
    })
    const candles = chart.addSeries(CandlestickSeries)
    const line = chart.addSeries(LineSeries, { lineWidth: 1 })
    const marks = createSeriesMarkers<Time>(candles, [])
    const lineMarks = createSeriesMarkers<Time>(line, [])
    parts.current = { chart, candles, line, marks, lineMarks, levels: [] }
    return () => {
      parts.current = undefined
      chart.remove()
    }
  }, [])

  // The charts draw on a canvas, which no style sheet reaches.
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)')
    const paint = () => parts.current && painted(parts.current, coloursOf(root.current as HTMLElement))
    paint()
    query.addEventListener('change', paint)
    return () => query.removeEventListener('change', paint)
  }, [is])

  const key = `${market.symbol} ${has} ${market.candles[0]?.time ?? market.line[0]?.time}`
  useEffect(() => {
    const of = parts.current
    if (of === undefined) return
    const end = isLive || at === undefined ? Number.POSITIVE_INFINITY : at / 1_000
    const { edge } = coloursOf(root.current as HTMLElement)
    // The candles after the moment are grey: they had not come yet.
    const later = { color: 'transparent', borderColor: edge, wickColor: edge }
    of.candles.setData(
      market.candles.map((candle) => ({
        ...candle,
        time: candle.time as UTCTimestamp,
        ...(candle.time > end && later),
      })),
    )
    const gone = market.line.filter(({ time }) => time <= end)
    of.line.setData(gone.map(({ time, value }) => ({ time: time as UTCTimestamp, value })))
    const marks = marksOf(market, end, coloursOf(root.current as HTMLElement))
    of.marks.setMarkers(has === 'candles' ? marks : [])
    of.lineMarks.setMarkers(has === 'line' ? marks : [])
  }, [market, at, isLive, has, is])

  useEffect(() => parts.current?.chart.timeScale().fitContent(), [key])

  useEffect(() => {
    const of = parts.current
    if (of === undefined) return
    const series = has === 'candles' ? of.candles : of.line
    for (const line of of.levels) (has === 'candles' ? of.candles : of.line).removePriceLine(line)
    const colours = coloursOf(root.current as HTMLElement)
    const colour = { stop: colours.warn, limit: colours.edge, position: colours.choice }
    of.levels = levels.map(({ price, title, kind }) =>
      series.createPriceLine({
        price,
        title,
        color: colour[kind],
        lineWidth: 2,
        lineStyle: kind === 'position' ? LineStyle.Dashed : LineStyle.Solid,
        axisLabelVisible: true,
      }),
    )
    return () => {
      for (const line of of.levels) series.removePriceLine(line)
      of.levels = []
    }
  }, [levels, has, is])

  // The playhead lies over the canvas, because it moves with each step.
  useEffect(() => {
    const scale = parts.current?.chart.timeScale()
    if (scale === undefined) return
    const move = () => setX(placeOf(scale, has === 'candles' ? market.candles : market.line, at))
    move()
    scale.subscribeVisibleTimeRangeChange(move)
    scale.subscribeSizeChange(move)
    return () => {
      scale.unsubscribeVisibleTimeRangeChange(move)
      scale.unsubscribeSizeChange(move)
    }
  }, [market, at, has])

  return (
    <div class="price-chart" role="img" aria-label={label}>
      <div class="plot" ref={root} />
      {x !== undefined && !isLive && <div class="playhead" style={{ transform: `translateX(${x}px)` }} />}
    </div>
  )
}

function coloursOf(node: HTMLElement): Colours {
  return Object.fromEntries(TOKENS.map((name) => [name, colourOf(node, name)])) as Colours
}

function painted({ chart, candles, line }: Parts, colours: Colours): void {
  chart.applyOptions({
    layout: {
      background: { color: colours.panel },
      textColor: colours.ink3,
      fontSize: 11,
    },
    grid: { vertLines: { color: colours.line }, horzLines: { color: colours.line } },
    rightPriceScale: { borderColor: colours.line },
    timeScale: { borderColor: colours.line, timeVisible: true, secondsVisible: true },
  })
  candles.applyOptions({
    // A candle that rises is hollow, so that colour alone tells nothing.
    upColor: 'transparent',
    borderUpColor: colours.up,
    wickUpColor: colours.up,
    downColor: colours.down,
    borderDownColor: colours.down,
    wickDownColor: colours.down,
    priceLineColor: colours.moment,
  })
  line.applyOptions({ color: colours.ink, priceLineColor: colours.moment })
}

function marksOf(market: Market, end: number, { up, down }: Colours): SeriesMarker<Time>[] {
  const times = (market.candles.length > 0 ? market.candles : market.line).map(({ time }) => time)
  return market.fills.flatMap(({ at, side, order, quantity }): SeriesMarker<Time>[] => {
    const time = times.findLast((one) => one <= at / 1_000)
    if (time === undefined || at / 1_000 > end) return []
    const isBuy = side === 'BUY'
    const id = `${order} ${quantity}`
    return [
      {
        id,
        time: time as UTCTimestamp,
        position: isBuy ? 'belowBar' : 'aboveBar',
        shape: isBuy ? 'arrowUp' : 'arrowDown',
        color: isBuy ? up : down,
      },
    ]
  })
}

/** Returns the px of a time. Between two points it lies between them. */
function placeOf(
  scale: ReturnType<IChartApi['timeScale']>,
  points: readonly { readonly time: number }[],
  at: number | undefined,
): number | undefined {
  if (at === undefined || points.length === 0) return undefined
  const time = at / 1_000
  const i = points.findLastIndex((point) => point.time <= time)
  const [before, after] = [points[Math.max(0, i)], points[i + 1]]
  const x = before && scale.timeToCoordinate(before.time as UTCTimestamp)
  if (x === null || x === undefined || before === undefined) return undefined
  const next = after && scale.timeToCoordinate(after.time as UTCTimestamp)
  if (after === undefined || next === null || next === undefined || i < 0) return x
  return x + ((time - before.time) / (after.time - before.time)) * (next - x)
}

const timeOf = (time: Time): string => secondText(Number(time) * 1_000)
