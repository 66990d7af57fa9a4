import type { Page } from 'playwright-core'

/** All that the page's browser complains of, from now on; but what a test does on purpose, such as to end the runner. */
export function complaintsOf(page: Page, ...expected: readonly RegExp[]): string[] {
  const complaints: string[] = []
  const note = (text: string) => {
    if (!expected.some((pattern) => pattern.test(text))) complaints.push(text)
  }
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') note(message.text())
  })
  page.on('pageerror', (error) => note(error.message))
  return complaints
}

/** What browsers say when a server has gone. */
export const GONE = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket connection .* failed/
/** What they say of an address that nobody has. */
export const NOT_FOUND = /the server responded with a status of 404/
