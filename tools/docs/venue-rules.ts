/** Makes the tables of the paper venue's rules in docs/trading.md from its profiles. */
import type { Documented, VenueProfile } from '../../src/adapters/paper/engine/profile.ts'
import { PROFILES } from '../../src/adapters/paper/profiles/profiles.ts'
import { cell, table } from './schema-text.ts'

const BEGIN = '<!-- made by npm run docs:reference from the profiles: do not edit by hand -->'
const END = '<!-- the end of what is made -->'
const HEAD = ['rule', 'answer', 'source']

/** Returns the page with the tables of today in place of those that it has. */
export function withVenueRules(page: string): string {
  const [before, rest = ''] = page.split(BEGIN)
  const [, after = ''] = rest.split(END)
  return `${before}${BEGIN}\n\n${Object.values(PROFILES).map(section).join('\n\n')}\n\n${END}${after}`
}

function section({ name, rules, amendRules, ways }: VenueProfile): string {
  const orders = [...ways, ...rules]
  // A rule that holds for amendments as it does for orders stands in the first table.
  const amends = amendRules.filter(
    ({ rule, answer }) => !orders.some((one) => one.rule === rule && one.answer === answer),
  )
  const tables = [rowsOf(orders)]
  if (amends.length > 0) tables.push('For a replace:', rowsOf(amends))
  return [`### ${name}`, ...tables].join('\n\n')
}

function rowsOf(documented: readonly Documented[]): string {
  return table(
    HEAD,
    documented.map(({ rule, answer, source }) => [cell(rule), cell(answer), cell(source)]),
  )
}
