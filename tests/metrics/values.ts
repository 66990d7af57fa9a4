/** Reads what a server sends to Prometheus. */

/** The values of one scrape, by the line before the value: `outcry_events_total{type="TICK"}`. */
export class Scrape {
  readonly #values: ReadonlyMap<string, number>

  constructor(text: string) {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    this.#values = new Map(
      lines.map((line) => {
        const at = line.lastIndexOf(' ')
        return [line.slice(0, at), Number(line.slice(at + 1))] as const
      }),
    )
  }

  get names(): readonly string[] {
    return [...this.#values.keys()]
  }

  /** Returns a value; undefined where there is none. @example of('events_total', { type: 'TICK' }) */
  of(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
    return this.#values.get(`outcry_${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`}`)
  }

  /** Returns the sum of the values of a family. */
  sum(name: string): number {
    const of = [...this.#values].filter(([key]) => key.split('{')[0] === `outcry_${name}`)
    return of.reduce((sum, [, value]) => sum + value, 0)
  }
}

/** Scrapes a server. */
export async function scrape(url: string): Promise<Scrape> {
  return new Scrape(await textOf(url))
}

export async function textOf(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text()
}
