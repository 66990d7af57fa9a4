/** Makes docs/metrics.md from the lists of metrics. */
import { GROUPS } from '../../src/metrics/groups.ts'
import { PROCESS } from '../../src/metrics/process.ts'
import { cell, table } from './schema-text.ts'

const INTRO = `# Metrics

Every metric of \`GET /metrics\`. Made by \`npm run docs:reference\` from the lists in \`src/metrics\`: do not edit it by hand.
[operations.md](operations.md) says how Prometheus scrapes a runner, and what to watch.

A counter begins at 0 with each process, as Prometheus expects; the log has the durable truth. A gauge is read when it is scraped.
A time is in seconds of the process's clock, unless its text names the log's time. Names of symbols, strategies, accounts and the like
are labels, because the configuration bounds their number; addresses, ids and correlations never are.`

const HEAD = ['metric', 'type', 'labels', 'meaning']

export function metricsPage(): string {
  const sections = GROUPS.map(({ name, about, families }) => {
    const rows = families.map(({ name, type, labels = {}, help }) => [
      `\`${name}\``,
      type,
      cell(labelsText(labels)),
      cell(`${help}.`),
    ])
    return [`## ${name}`, about, table(HEAD, rows)].join('\n\n')
  })
  const ofProcess = Object.entries(PROCESS).map(([name, { type, about }]) => [
    `\`${name}\``,
    type,
    '',
    cell(`${about}.`),
  ])
  const process = ['## The process', 'Of each process, as prom-client measures them.', table(HEAD, ofProcess)]
  return `${[INTRO, ...sections, process.join('\n\n')].join('\n\n')}\n`
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, about]) => `\`${name}\`: ${about}`)
    .join('; ')
}
