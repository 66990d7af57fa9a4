/** Makes docs/venue-rules.md from the profiles of the paper venue. */
import type { Documented, VenueProfile } from '../../src/adapters/paper/engine/profile.ts'
import { PROFILES } from '../../src/adapters/paper/profiles/profiles.ts'
import { cell, table } from './schema-text.ts'

const HEAD = ['rule', 'answer', 'source']

const INTRODUCTION = `<!-- made by npm run docs:reference from src/adapters/paper/profiles: do not edit by hand -->

# The rules of the paper venue

\`venue.profile\` names one of these. [trading.md](trading.md#the-paper-venues-rules) says how to choose one.`

/** Returns the page of the profiles, with the source of each rule. */
export function venueRulesPage(): string {
  return `${[INTRODUCTION, ...Object.values(PROFILES).map(section)].join('\n\n')}\n`
}

function section({ name, rules, amendRules, ways }: VenueProfile): string {
  const orders = [...ways, ...rules]
  // A rule that holds for amendments as it does for orders stands in the first table.
  const amends = amendRules.filter(
    ({ rule, answer }) => !orders.some((one) => one.rule === rule && one.answer === answer),
  )
  const tables = [rowsOf(orders)]
  if (amends.length > 0) tables.push('For a replace:', rowsOf(amends))
  return [`## ${name}`, ...tables].join('\n\n')
}

function rowsOf(documented: readonly Documented[]): string {
  return table(
    HEAD,
    documented.map(({ rule, answer, source }) => [cell(rule), cell(answer), cell(source)]),
  )
}
