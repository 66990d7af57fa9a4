/** A metric in the form in which the registry of prom-client takes it, with the values of one scrape. */

/** A value as prom-client writes it. `metricName` is absent where it is the name of the family. */
export interface Line {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number>>
  readonly metricName?: string
}

/** A metric with its values. */
interface Values {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly values: readonly Line[]
}

/** The registry changes the name of a counter, as OpenMetrics has another one. */
export interface Written {
  name: string
  readonly type: string
  get(): Promise<Values>
}

export function writtenOf(of: Values): Written {
  return {
    name: of.name,
    type: of.type,
    async get() {
      return { ...of, name: this.name }
    },
  }
}
