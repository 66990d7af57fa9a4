/** The metrics of a server: groups with their sources, which each scrape reads. */
import { type Metric, Registry, type RegistryContentType } from 'prom-client'
import { Distribution } from '../../store/distribution.ts'
import type { Family, Group, Labelled, Values } from './family.ts'
import { processMetrics } from './process.ts'
import { type Line, type Written, writtenOf } from './written.ts'

/** The text formats, by the media type of each with its version. */
export const FORMATS = {
  prometheus: Registry.PROMETHEUS_CONTENT_TYPE,
  openMetrics: Registry.OPENMETRICS_CONTENT_TYPE,
} as const
export type Format = keyof typeof FORMATS

export class Metrics {
  readonly #measured: (() => readonly Written[])[] = []

  /**
   * Adds a group. A component of the runner adds its own when it starts, as `run.metrics.add(SINKS, sinks)`; it names the
   * group in groups.ts, too, for the documentation.
   */
  add<Source>({ families }: Group<Source>, source: Source): void {
    this.#measured.push(() => families.map((family) => written(family, source)))
  }

  /** Returns the values of this moment as text, with those of `others` and of the process. */
  async text(format: Format, others: readonly Metrics[] = []): Promise<string> {
    const registry = new Registry<RegistryContentType>()
    registry.setContentType(FORMATS[format])
    const all = [this, ...others].flatMap((one) => one.#measured.flatMap((measure) => measure()))
    // The registry reads only what `Written` has: it takes the values that a metric returns.
    for (const one of [...all, ...(await processMetrics())]) registry.registerMetric(one as unknown as Metric)
    return registry.metrics()
  }
}

function written<Source>(family: Family<Source>, source: Source): Written {
  const { name, help, type, labels = {} } = family
  const names = Object.keys(labels)
  const values =
    family.type === 'histogram'
      ? each(family.read(source), names).flatMap(([of, value]) => linesOf(name, of, value))
      : each(family.read(source), names).map(([of, value]) => ({ labels: of, value }))
  return writtenOf({ name, help, type, values })
}

type Labels = Readonly<Record<string, string>>

function each<V extends number | Distribution>(
  values: Values<V>,
  names: readonly string[],
): (readonly [Labels, V])[] {
  if (values === undefined) return []
  if (typeof values === 'number' || values instanceof Distribution) return [[{}, values as V]]
  return [...(values as Iterable<Labelled<V>>)].map((one) => {
    const of = Object.fromEntries(names.map((name, i) => [name, one[i] as string]))
    return [of, one.at(-1) as V]
  })
}

/** Returns the lines of a histogram. Each class counts the values of those below it, too. */
function linesOf(name: string, labels: Labels, { bounds, counts, sum }: Distribution): Line[] {
  let count = 0
  const buckets = counts.map((more, i) => {
    count += more
    const le = bounds[i] ?? '+Inf'
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ]
}
