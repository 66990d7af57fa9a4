import { describe, expect, it } from 'vitest'
import { RUNNER } from '../../machines/index.ts'
import { ErrorReports } from '../../src/runner/reports/error-reports.ts'

const logger = () => {
  const lines: string[] = []
  const log = (level: string) => (_: object, message: string) => void lines.push(`${level} ${message}`)
  return { lines, debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}

describe('what a process logs as gone wrong', () => {
  it('is told to the runner, what came before it was there included', () => {
    const process = logger()
    const reports = new ErrorReports(process)
    const told: object[] = []
    reports.warn({ file: 'a.ws.gz' }, 'a line is broken')
    reports.attach((report) => told.push(report))
    reports.info({}, 'started')
    reports.error({ port: 'binance' }, 'no answer')
    reports.error({ actor: 'order/o-1' }, 'it threw')
    reports.report('critical', 'the market is gone')
    expect(told).toEqual([
      { severity: 'warning', text: 'a line is broken', about: 'a.ws.gz' },
      { severity: 'error', text: 'no answer', about: 'port/binance' },
      { severity: 'error', text: 'it threw', about: 'order/o-1' },
      { severity: 'critical', text: 'the market is gone' },
    ])
    expect(process.lines).toEqual([
      'warn a line is broken',
      'info started',
      'error no answer',
      'error it threw',
    ])
  })

  it('is not, where it is the runner itself that fails, or nobody listens any more', () => {
    const reports = new ErrorReports(logger())
    const told: object[] = []
    reports.attach((report) => {
      told.push(report)
      throw new Error('stopped')
    })
    reports.error({ actor: RUNNER }, 'it threw')
    reports.warn({}, 'too late')
    expect(told).toEqual([{ severity: 'warning', text: 'too late' }])
  })

  it('does not end the start at which it is told, though the runtime refuses one of it', () => {
    const reports = new ErrorReports(logger())
    const told: string[] = []
    for (const text of ['one', 'two']) reports.warn({}, text)
    reports.attach(({ text }) => {
      told.push(text)
      if (text === 'one') throw new Error('too large')
    })
    expect(told).toEqual(['one', 'two'])
  })

  it('is about a text, or about nothing', () => {
    const reports = new ErrorReports(logger())
    const told: object[] = []
    reports.attach((report) => told.push(report))
    reports.warn({ market: { name: 'kraken' } }, 'no answer')
    reports.warn({ file: 7 }, 'no answer')
    expect(told).toEqual([
      { severity: 'warning', text: 'no answer' },
      { severity: 'warning', text: 'no answer' },
    ])
  })
})
