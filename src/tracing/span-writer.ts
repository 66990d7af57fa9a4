/** Sends spans to a collector by OTLP over HTTP. The packages of OpenTelemetry are loaded here, and only when they are needed. */
import { OutcryError } from '../../errors/outcry-error.ts'

/** A span that has ended. */
export interface SpanData {
  readonly name: string
  readonly kind: 'internal' | 'client'
  readonly traceId: string
  readonly spanId: string
  /** In the same trace. */
  readonly parentId?: string | undefined
  readonly links?: readonly SpanPlace[] | undefined
  /** Epoch ms. */
  readonly from: number
  readonly to: number
  readonly attributes: Readonly<Record<string, string | number>>
  /** The reason why it failed. */
  readonly error?: string | undefined
}

export interface SpanPlace {
  readonly traceId: string
  readonly spanId: string
}

export interface SpanWriter {
  /** Takes a span. It never waits and never throws: spans that the collector does not take in time are dropped. */
  write(span: SpanData): void
  /** The reason why the collector did not take the last spans. */
  readonly problem: string | undefined
  /** Sends what waits, for `ms` at most. */
  close(ms: number): Promise<void>
}

/** Most spans that wait for the collector, and most that one request has. */
const WAITING_MAX = 8_192
const BATCH_MAX = 512
const EVERY_MS = 1_000
const REQUEST_MS = 5_000
const SENDING_MS = 10_000
/** Most requests at once. A stop sends all that waits. */
const REQUESTS_MAX = WAITING_MAX / BATCH_MAX + 1

const PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/sdk-trace-base',
  '@opentelemetry/resources',
  '@opentelemetry/exporter-trace-otlp-http',
]

interface Packages {
  readonly api: typeof import('@opentelemetry/api')
  readonly sdk: typeof import('@opentelemetry/sdk-trace-base')
  readonly resources: typeof import('@opentelemetry/resources')
  readonly otlp: typeof import('@opentelemetry/exporter-trace-otlp-http')
}

/** @throws TRACING_CLIENT_MISSING */
export async function openSpanWriter(
  url: string,
  service: Readonly<Record<string, string>>,
  load: () => Promise<Packages> = packages,
): Promise<SpanWriter> {
  const { api, sdk, resources, otlp } = await load().catch((cause) => {
    throw new OutcryError(
      'TRACING_CLIENT_MISSING',
      'tracing needs the packages of OpenTelemetry',
      `npm install ${PACKAGES.join(' ')}`,
      { cause },
    )
  })
  let problem: string | undefined
  const target = new otlp.OTLPTraceExporter({
    url,
    timeoutMillis: REQUEST_MS,
    concurrencyLimit: REQUESTS_MAX,
  })
  const exporter: typeof target = Object.create(target, {
    export: {
      value: (...[spans, done]: Parameters<typeof target.export>) =>
        target.export(spans, (result) => {
          problem = result.code === 0 ? undefined : (result.error?.message ?? 'it failed')
          done(result)
        }),
    },
  })
  // The next span gets these.
  let [traceId, spanId] = ['', '']
  const provider = new sdk.BasicTracerProvider({
    resource: resources.resourceFromAttributes(service),
    sampler: new sdk.AlwaysOnSampler(),
    idGenerator: { generateTraceId: () => traceId, generateSpanId: () => spanId },
    spanProcessors: [
      new sdk.BatchSpanProcessor(exporter, {
        maxQueueSize: WAITING_MAX,
        maxExportBatchSize: BATCH_MAX,
        scheduledDelayMillis: EVERY_MS,
        exportTimeoutMillis: SENDING_MS,
      }),
    ],
  })
  const tracer = provider.getTracer('outcry')
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } = api
  const place = (at: SpanPlace) => ({ ...at, traceFlags: TraceFlags.SAMPLED })
  return {
    write(span) {
      const { parentId, links = [], error } = span
      ;[traceId, spanId] = [span.traceId, span.spanId]
      const parent =
        parentId === undefined
          ? ROOT_CONTEXT
          : trace.setSpanContext(ROOT_CONTEXT, place({ traceId, spanId: parentId }))
      const started = tracer.startSpan(
        span.name,
        {
          kind: span.kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL,
          startTime: span.from,
          attributes: span.attributes,
          links: links.map((at) => ({ context: place(at) })),
        },
        parent,
      )
      if (error !== undefined) started.setStatus({ code: SpanStatusCode.ERROR, message: error })
      started.end(span.to)
    },
    get problem() {
      return problem
    },
    async close(ms) {
      let timer: NodeJS.Timeout | undefined
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms)
      })
      // A collector that is down has said so before.
      await Promise.race([provider.shutdown().catch(() => {}), limit])
      clearTimeout(timer)
    },
  }
}

async function packages(): Promise<Packages> {
  const [api, sdk, resources, otlp] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ])
  return { api, sdk, resources, otlp }
}
