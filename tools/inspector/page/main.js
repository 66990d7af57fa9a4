// @ts-check
import { ActorList } from './actor-list.js'
import { allActors, connect, get } from './api.js'
import { ChosenActor } from './chosen-actor.js'
import { ConnectionView } from './connection.js'
import { FailurePanel } from './failure-panel.js'
import { copyName } from './names.js'
import { Overview } from './overview.js'
import { Refusals } from './refusals.js'
import { ReleaseControl } from './release.js'

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id))
/** @param {string} id */
const inputById = (id) => /** @type {HTMLInputElement} */ (byId(id))

const list = new ActorList(
  byId('actors'),
  inputById('filter'),
  inputById('open-only'),
  (address, byKey) => {
    choose(address, byKey)
    if (!byKey) showChart()
  },
  inputById('failing-only'),
)
const failures = new FailurePanel(byId('failures'), byId('said'), list.actors)
const chosen = new ChosenActor({
  title: byId('address'),
  state: byId('state'),
  chart: byId('chart'),
  context: byId('context'),
  past: byId('history'),
  release: new ReleaseControl(
    /** @type {HTMLButtonElement} */ (byId('release')),
    /** @type {HTMLDialogElement} */ (byId('release-dialog')),
  ),
})
const overview = new Overview(byId('overview'))
const refusals = new Refusals(byId('refused'))
const connection = new ConnectionView(byId('connection'), byId('lost'))
/** Kinds whose transitions change the value of accounts. */
const MONEY = ['account', 'symbol']

let seq = 0
let transitions = 0
/** The latest rev of each actor in frames of this connection. @type {Map<string, number>} */
let told = new Map()

const socket = connect({
  watching: () => (chosen.address ? [chosen.address] : []),
  onState: (state, reason) => {
    connection.show(state, reason)
    if (state === 'connected') void load()
  },
  onFrame,
})

byId('fit').addEventListener('click', () => chosen.chart.fit())
byId('follow').addEventListener('click', () => chosen.chart.follow())
addEventListener('hashchange', () => {
  const address = addressed()
  if (!address || address === chosen.address) return
  choose(address)
  showChart()
})
addEventListener('keydown', toFilter)
addEventListener('copy', copyName)
setInterval(showFigures, 1_000)

/** Scrolls to the chart in a small window, where it lies below the list. */
function showChart() {
  if (!matchMedia('(max-width: 600px)').matches) return
  const main = /** @type {HTMLElement} */ (document.querySelector('main'))
  main.style.scrollMarginTop = `${byId('alarms').offsetHeight}px`
  main.scrollIntoView()
}

/** Focuses the filter on `/`, but not in a text field. @param {KeyboardEvent} event */
function toFilter(event) {
  const { key, ctrlKey, altKey, metaKey, isComposing, target } = event
  if (key !== '/' || ctrlKey || altKey || metaKey || isComposing || event.defaultPrevented) return
  const isWritten =
    target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
  if (isWritten) return
  event.preventDefault()
  byId('filter').focus()
}

/** Returns the actor's address in the page's own URL. */
function addressed() {
  const text = location.hash.slice(1)
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** @param {string} address @param {boolean} [byKey] */
function choose(address, byKey = false) {
  const hash = `#${encodeURIComponent(address)}`
  // Each step of the keys would add an entry to the browser's history.
  if (byKey) history.replaceState(null, '', hash)
  else location.hash = hash
  void chosen.show(address)
  list.choose(address)
  socket.watch()
}

/** Loads all actors, and the chosen one anew, because nothing shown is certain after a lost connection. */
async function load() {
  const since = new Map()
  told = since
  list.setWhole(false)
  failures.begin()
  overview.refresh()
  refusals.refresh()
  const wanted = chosen.address ?? addressed()
  if (wanted) choose(wanted)
  try {
    const recent = await get('/failures')
    seq = recent.seq
    failures.reset(recent)
    const listed = new Set()
    for await (const actors of allActors()) {
      if (told !== since) return
      for (const actor of actors) {
        listed.add(actor.address)
        // A frame may have brought a newer state.
        if ((since.get(actor.address) ?? 0) < actor.rev) put(actor)
      }
    }
    for (const address of [...list.actors.keys()])
      if (!listed.has(address) && !since.has(address)) drop(address)
    list.setWhole(true)
  } catch (error) {
    // The page already shows a lost connection, and the next connection loads again.
    if (told !== since || connection.isLost) return
    connection.say(`The actors cannot be read: ${/** @type {Error} */ (error).message}`)
  }
  list.choose(chosen.address)
  if (chosen.address) return
  const first = ['account/', 'symbol/', ''].map((kind) => list.order.find((a) => a.startsWith(kind)))
  const address = first.find((a) => a !== undefined)
  if (address) choose(address)
  else byId('address').textContent = 'There is no actor yet'
}

/** @param {any} actor */
function put(actor) {
  const is = list.put(actor)
  const { kind, address } = is
  failures.put(is)
  if (MONEY.includes(kind)) overview.refresh()
  if (kind === 'symbol') refusals.refresh()
  // The user chose the actor before it existed.
  if (chosen.isMissing && address === chosen.address) choose(address)
}

/** Removes an actor that is not in the log, because the runner has another log now. @param {string} address */
function drop(address) {
  list.drop(address)
  failures.drop(address)
}

/** @param {any} frame */
function onFrame(frame) {
  if (frame.type === '@xstate.snapshot') onSnapshot(frame)
  else if (frame.type === 'outcry.failures') failures.add(frame.failures)
  else if (frame.type === 'outcry.activity') for (const actor of frame.actors) onActivity(actor)
}

/** @param {any} actor */
function onActivity(actor) {
  const { address, rev } = actor
  transitions += Math.max(1, rev - (list.actors.get(address)?.rev ?? rev - 1))
  seq = Math.max(seq, actor.seq)
  told.set(address, rev)
  put(actor)
  // While the page is slow, these frames are also about the chosen actor.
  if (chosen.isBehind(actor)) choose(address)
}

/** @param {any} frame */
function onSnapshot(frame) {
  const { sessionId: address, snapshot, condition, to: value, tags, rev, at } = frame
  const { status, error } = snapshot
  transitions++
  seq = Math.max(seq, frame.seq)
  told.set(address, rev)
  put({ address, value, tags, status, condition, error, rev, seq: frame.seq, at })
  if (address === chosen.address) chosen.take(frame)
}

function showFigures() {
  byId('rate').textContent = transitions.toLocaleString('en')
  byId('count').textContent = list.count
  byId('seq').textContent = seq === 0 ? '-' : seq.toLocaleString('en')
  transitions = 0
}
