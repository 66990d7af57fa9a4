/** The alerts: Prometheus takes them, each comes when it is to come, and the runbook says what to do. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { GROUPS } from '../../src/metrics/groups.ts'
import { COMMANDS } from '../../tools/cli/commands.ts'
import { promtool } from '../metrics/prometheus.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const textOf = (path: string) => readFileSync(`${ROOT}${path}`, 'utf8')
const runbook = textOf('docs/runbook.md')

interface Rule {
  readonly alert: string
  readonly expr: string
}
const rules = (
  parse(textOf('deploy/alerts.yml')) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] }
).groups.flatMap((group) => group.rules)

describe('the alerts', () => {
  it('are taken by Prometheus', async () => {
    expect(await promtool('', 'check', 'rules', `${ROOT}deploy/alerts.yml`)).toContain(
      `SUCCESS: ${rules.length} rules found`,
    )
  })

  it('come when they are to come, and not before', async () => {
    expect(await promtool('', 'test', 'rules', `${ROOT}deploy/alerts.test.yml`)).toMatch(/SUCCESS/)
  })

  it.each(rules)('$alert comes in the tests of the rules', ({ alert }) => {
    expect(textOf('deploy/alerts.test.yml')).toContain(`{alertname="${alert}"}`)
  })

  it.each(rules)('$alert asks for metrics that there are', ({ expr }) => {
    const families = GROUPS.flatMap((group) => group.families.map(({ name }) => name))
    for (const [name] of expr.matchAll(/outcry_\w+/g))
      expect(families).toContain(name.replace(/_bucket$/, ''))
  })
})

/** Returns what the runbook says of an alert. */
const partOf = (alert: string) =>
  new RegExp(`^## ${alert}\\n([^]*?)(?=\\n## |$(?![^]))`, 'm').exec(runbook)?.[1] ?? ''

describe('the runbook', () => {
  it('has a part for each alert, in their order', () => {
    const parts = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name]) => name)
    expect(parts).toEqual(rules.map(({ alert }) => alert))
  })

  it.each(rules)('says of $alert what to do, and when it ends', ({ alert }) => {
    expect(partOf(alert)).toMatch(/^1\. /m)
    expect(partOf(alert)).toMatch(/^The alert ends /m)
  })

  it.each(rules)('names for $alert only what the alert, or a line before, says', ({ alert, expr }) => {
    const families = GROUPS.flatMap(({ families }) => families).filter(({ name }) => expr.includes(name))
    const labels = families.flatMap(({ labels }) => Object.keys(labels ?? {}))
    for (const [, name] of partOf(alert).matchAll(/<(\w+)>/g))
      expect([...labels, 'address', 'seq', 'folder', 'disk']).toContain(name)
  })

  it('names commands and options that there are', () => {
    const program = new Command()
    for (const add of COMMANDS) add(program)
    const lines = [...runbook.matchAll(/`outcry ([a-z][^`]*)`/g)].map(([, line]) => line as string)
    expect(lines.length).toBeGreaterThan(20)
    const wrong = lines.filter((line) => {
      const [name, ...words] = line.split(' ')
      const command = program.commands.find((one) => one.name() === name)
      const options = words.filter((word) => word.startsWith('--'))
      return (
        !options.every((option) => command?.options.some(({ long }) => long === option)) ||
        command === undefined
      )
    })
    expect(wrong).toEqual([])
  })
})
