import type { Page } from 'playwright-core'

/** Collects errors and warnings of the browser's console from now on, without those that a test causes on purpose. */
export function complaintsOf(page: Page, ...expected: readonly RegExp[]): string[] {
  const complaints: string[] = []
  const note = (text: string) => {
    if (!expected.some((pattern) => pattern.test(text))) complaints.push(text)
  }
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      note(`${message.text()} ${message.location().url}`.trim())
  })
  page.on('pageerror', (error) => note(error.message))
  return complaints
}

/** Messages of a browser whose server is gone. */
export const GONE =
  /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_SOCKET_NOT_CONNECTED|ERR_EMPTY_RESPONSE|WebSocket connection .* failed/
