// @ts-check
import { get } from './api.js'
import { soon } from './text.js'

/** Least ms between two requests of the count. New records say when it may have changed. */
const REFRESH_MS = 2_000

/** Shows how many market messages were refused, and how many for each reason. Hidden when there are none. */
export class Refusals {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root
    this.refresh = soon(
      async () => this.show((await get('/health').catch(() => ({}))).refused ?? {}),
      () => REFRESH_MS,
    )
  }

  /** @param {Record<string, number>} refused by reason */
  show(refused) {
    const reasons = Object.entries(refused).sort(([, a], [, b]) => b - a)
    const total = reasons.reduce((sum, [, count]) => sum + count, 0)
    const text = reasons.map(([reason, count]) => `${count.toLocaleString('en')} ${reason}`).join(', ')
    const number = /** @type {HTMLElement} */ (this.root.querySelector('b'))
    number.textContent = total.toLocaleString('en')
    this.root.title = `Messages of the market that were not believed: ${text}`
    this.root.hidden = total === 0
  }
}
