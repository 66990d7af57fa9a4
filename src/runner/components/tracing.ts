/** Sends spans to a collector, where the configuration has one. The run waits for it neither at a start nor at a stop. */
import { VERSION } from '../../api/version.ts'
import { named } from '../../runtime/logger.ts'
import { openSpanWriter, type SpanWriter } from '../../tracing/span-writer.ts'
import { Tracing } from '../../tracing/tracing.ts'
import type { Component } from '../component.ts'
import type { Run } from '../run.ts'
import { TRACING } from './names.ts'

/** Ms that a stop gives the collector for the last spans. */
const STOP_MS = 1_000

export function tracing(run: Run): readonly Component[] {
  const { config, market, redactor } = run.plan
  if (config.tracing === undefined) return []
  const { endpoint, ratio } = config.tracing
  const logger = named(run.plan.logger, TRACING)
  let writer: SpanWriter | undefined
  const start = async () => {
    const opened = await openSpanWriter(endpoint, { 'service.name': 'outcry', 'service.version': VERSION })
    writer = opened
    run.tracing = (logId) =>
      new Tracing({
        writer: opened,
        ratio,
        logId,
        redact: (text) => redactor.text(text),
        isLive: market.startsAt === undefined,
      })
    logger.info({ endpoint, ratio }, 'spans go to a collector')
  }
  const health = () =>
    writer?.problem === undefined ? undefined : `the collector does not take spans: ${writer.problem}`
  return [{ name: TRACING, needs: [], start, stop: () => writer?.close(STOP_MS), health }]
}
