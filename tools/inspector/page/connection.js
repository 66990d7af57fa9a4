// @ts-check
import { secondText } from './text.js'

/** Shows whether the page is connected: a word in the header, and a line across the page while it is not. */
export class ConnectionView {
  /** @param {HTMLElement} pill @param {HTMLElement} line */
  constructor(pill, line) {
    this.pill = pill
    this.line = line
    /** @type {number | undefined} */
    this.lostAt = undefined
  }

  get isLost() {
    return this.lostAt !== undefined
  }

  /** @param {'connected' | 'disconnected'} state @param {string} reason */
  show(state, reason) {
    this.pill.dataset.state = state
    this.pill.textContent = state
    if (state === 'connected') {
      this.lostAt = undefined
      this.line.hidden = true
    } else if (this.lostAt === undefined) {
      // The time is set only once: each failed attempt to reconnect ends here, too.
      this.lostAt = Date.now()
      const why = reason === '' ? '' : ` (${reason})`
      const since = `No connection to the runner since ${secondText(this.lostAt)}${why}.`
      this.say(`${since} What is shown is from before. Trying again …`)
    }
  }

  /** @param {string} trouble */
  say(trouble) {
    this.line.textContent = trouble
    this.line.hidden = false
  }
}
