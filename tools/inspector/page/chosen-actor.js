// @ts-check
import { actorPath, get } from './api.js'
import { Chart } from './chart.js'
import { ContextView, HistoryView } from './details.js'
import { TROUBLES, troubleOf } from './failures.js'
import { showName } from './names.js'
import { stateText } from './text.js'

/** @typedef {import('./release.js').ReleaseControl} ReleaseControl */

/**
 * The chosen actor: its chart, its context and its history, read once and then updated by frames. Its name appears
 * together with its state. Until then the whole view is of the actor before.
 */
export class ChosenActor {
  /** @param {{ title: HTMLElement, state: HTMLElement, chart: HTMLElement, context: HTMLElement, past: HTMLElement, release: ReleaseControl }} places */
  constructor({ title, state, chart, context, past, release }) {
    this.title = title
    this.state = state
    this.chart = new Chart(chart)
    this.context = new ContextView(context)
    this.past = new HistoryView(past)
    this.release = release
    /** @type {string | undefined} */
    this.address = undefined
    /** The state in view; undefined until it is read. @type {{ rev: number, value: any } | undefined} */
    this.shown = undefined
    /** Frames that came before the state was read. @type {any[]} */
    this.early = []
    /** True when the actor could not be read. */
    this.isMissing = false
  }

  get kind() {
    return this.address?.split('/')[0] ?? ''
  }

  /** Returns whether the state in view is older than this. @param {{ address: string, rev: number }} actor */
  isBehind({ address, rev }) {
    return address === this.address && this.shown !== undefined && rev > this.shown.rev
  }

  /** @param {string} address */
  async show(address) {
    const isOther = address !== this.address
    this.address = address
    this.shown = undefined
    this.early = []
    this.isMissing = false
    if (isOther) this.release.show(undefined)
    const path = actorPath(address)
    try {
      const [view, { records }] = await Promise.all([get(path), get(`${path}/history?limit=50&reverse=true`)])
      if (this.address !== address) return
      this.shown = view
      this.showState(view)
      this.context.show(view.context, this.kind, false)
      this.past.show(records)
      const machine = [view.machine, ...view.path].join(' ')
      if (isOther || !this.chart.definition) void this.draw(machine, path)
      else this.chart.light(view.value)
      for (const frame of this.early) this.showTransition(frame)
    } catch (error) {
      if (this.address === address) this.showMissing(/** @type {Error} */ (error).message)
    }
  }

  /** @param {string} machine @param {string} path */
  async draw(machine, path) {
    await this.chart.show(machine, () => get(`${path}/machine`))
    this.chart.light(this.shown?.value)
  }

  /** @param {string} message */
  showMissing(message) {
    this.isMissing = true
    this.showState(undefined)
    this.context.show(undefined, '', false)
    this.past.show([])
    this.chart.clear(message)
  }

  /** Takes a transition of the actor. @param {any} frame */
  take(frame) {
    if (this.shown) this.showTransition(frame)
    else this.early.push(frame)
  }

  /** @param {any} frame */
  showTransition({ sessionId: _, snapshot, _transitions: taken, ...record }) {
    const { to: value, rev, condition } = record
    if (!this.shown || rev <= this.shown.rev) return
    this.shown = { rev, value }
    const { status, error } = snapshot
    this.showState({ value, status, condition, error })
    this.context.show(snapshot.context, this.kind, true)
    this.past.add(record)
    this.chart.animate(taken ?? [])
    this.chart.light(value)
  }

  /** @param {Parameters<typeof troubleOf>[0] & { value: any } | undefined} of */
  showState(of) {
    showName(this.title, this.address ?? '')
    const trouble = of && troubleOf(of)
    const ended = of && of.status !== 'active' ? ` (${of.status})` : ''
    const text = of ? `${stateText(of.value)}${ended}` : ''
    this.state.textContent = trouble ? `${TROUBLES[trouble]}, in ${text}` : text
    this.state.title = this.state.textContent
    this.state.classList.toggle('failing', trouble !== undefined)
    this.release.show(trouble === 'quarantined' ? this.address : undefined)
  }
}
