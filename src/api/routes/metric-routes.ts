import { FORMATS, type Format, type Metrics } from '../../metrics/metrics.ts'
import { routes } from '../contract/routes.ts'
import { type Api, pathOf } from '../type-provider.ts'

/** `GET /metrics`. It reads memory alone. `others` are those of the process beside its server. */
export function metricRoutes(http: Api, own: Metrics, others: readonly Metrics[]): void {
  http.get(pathOf(routes.metrics), async ({ headers }, reply) => {
    const format = formatFor(headers.accept)
    return reply.type(FORMATS[format]).send(await own.text(format, others))
  })
}

const OPEN_METRICS = 'application/openmetrics-text'

/** Returns the format that a client prefers, as `Accept` says (RFC 9110, 12.5.1). Prometheus' own is the default. */
export function formatFor(accept = ''): Format {
  let plain = 0
  let open = 0
  for (const range of accept.toLowerCase().split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim())
    const [, given = '1'] = /^q=([\d.]+)$/.exec(parameters.find((one) => one.startsWith('q=')) ?? '') ?? []
    if (type === OPEN_METRICS) open = Math.max(open, Number(given))
    else if (type === 'text/plain') plain = Math.max(plain, Number(given))
  }
  return open > plain ? 'openMetrics' : 'prometheus'
}
