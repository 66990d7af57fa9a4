// @ts-check
import { actorPath, get, post } from './api.js'
import { failureText } from './failures.js'
import { dateText, element } from './text.js'

/** @typedef {import('./failures.js').Failure} Failure */

/** The button that lets the chosen actor out of quarantine. Its dialog first says what will happen. */
export class ReleaseControl {
  /** @param {HTMLButtonElement} button @param {HTMLDialogElement} dialog */
  constructor(button, dialog) {
    this.button = button
    this.dialog = dialog
    this.title = /** @type {HTMLElement} */ (dialog.querySelector('h2'))
    this.cause = /** @type {HTMLElement} */ (dialog.querySelector('.cause'))
    this.refusal = /** @type {HTMLElement} */ (dialog.querySelector('.refusal'))
    this.reason = /** @type {HTMLInputElement} */ (dialog.querySelector('input'))
    this.confirm = /** @type {HTMLButtonElement} */ (dialog.querySelector('button[value="release"]'))
    /** The actor to which the button belongs. @type {string | undefined} */
    this.address = undefined
    button.addEventListener('click', () => void this.ask())
    dialog.querySelector('button[value="cancel"]')?.addEventListener('click', () => dialog.close())
    dialog.querySelector('form')?.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.release()
    })
  }

  /** Shows the button. @param {string | undefined} address undefined when the chosen actor is not in quarantine */
  show(address) {
    this.address = address
    this.button.hidden = address === undefined
    // Another client has released it, or another actor is chosen.
    if (this.dialog.open && address !== this.asked) this.dialog.close()
  }

  async ask() {
    const { address } = this
    if (address === undefined) return
    this.asked = address
    this.title.textContent = `Release ${address}?`
    this.refusal.textContent = ''
    this.reason.value = ''
    this.confirm.disabled = false
    this.cause.replaceChildren()
    this.dialog.showModal()
    const { failure } = await get(actorPath(address)).catch(() => ({}))
    if (failure && this.asked === address) this.cause.replaceChildren(...causeOf(failure))
  }

  async release() {
    const address = this.asked
    if (address === undefined) return
    const reason = this.reason.value.trim()
    this.confirm.disabled = true
    try {
      await post(`${actorPath(address)}/release`, { by: 'the page', ...(reason && { reason }) })
      if (this.asked === address) this.dialog.close()
    } catch (error) {
      this.refusal.textContent = /** @type {Error} */ (error).message
      this.confirm.disabled = false
    }
  }
}

/** @param {Failure} failure */
function causeOf(failure) {
  const time = element('time', '', dateText(failure.at))
  time.setAttribute('datetime', new Date(failure.at).toISOString())
  return ['It ', element('b', '', failureText(failure)), ', at ', time, '.']
}
