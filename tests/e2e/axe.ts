import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  readonly id: string
  readonly nodes: { readonly target: string[]; readonly failureSummary: string }[]
}

/** Returns what breaks a rule of WCAG or a best practice on the page as it is now. */
export async function violationsOn(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE)
  // The nodes that keep the rules are two thousand, and nobody reads them.
  const violations = await page.evaluate<Violation[]>(
    `axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } })
      .then(({ violations }) => violations)`,
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
}
