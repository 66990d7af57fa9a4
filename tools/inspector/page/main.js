// @ts-check
import { ActorList } from './actor-list.js'
import { actorPath, allActors, connect, get } from './api.js'
import { Chart } from './chart.js'
import { ContextView, HistoryView } from './details.js'
import { Overview } from './overview.js'
import { stateText } from './text.js'

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id))
/** @param {string} id */
const inputById = (id) => /** @type {HTMLInputElement} */ (byId(id))

const list = new ActorList(byId('actors'), inputById('filter'), inputById('open-only'), choose)
const chart = new Chart(byId('chart'))
const context = new ContextView(byId('context'))
const history = new HistoryView(byId('history'))
const overview = new Overview(byId('overview'))
/** Kinds that move what accounts are worth. */
const MONEY = ['account', 'symbol']

/** @type {string | undefined} */
let chosen
/** What is shown of it; undefined until it has been read. @type {{ rev: number, value: any } | undefined} */
let shown
/** Its frames that came before that. @type {any[]} */
let early = []
/** Whether there was nothing to be read. */
let isMissing = false
let seq = 0
let transitions = 0

const socket = connect({
  watching: () => (chosen ? [chosen] : []),
  onState: (state) => {
    const pill = byId('connection')
    pill.dataset.state = state
    pill.textContent = state
    if (state === 'connected') void load()
  },
  onFrame,
})

byId('fit').addEventListener('click', () => chart.fit())
byId('follow').addEventListener('click', () => chart.follow())
addEventListener('hashchange', () => {
  const address = addressed()
  if (address && address !== chosen) void choose(address)
})
setInterval(showFigures, 1_000)

/** What the page's own address names. */
function addressed() {
  const text = location.hash.slice(1)
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** @param {string} address */
const kindOf = (address) => address.split('/')[0] ?? ''

/** All actors, and the chosen one anew: after a lost connection nothing shown is trusted. */
async function load() {
  overview.refresh()
  const wanted = chosen ?? addressed()
  if (wanted) void choose(wanted)
  for await (const actors of allActors()) for (const actor of actors) put(actor)
  list.choose(chosen)
  if (chosen) return
  const addresses = [...list.actors.keys()]
  const first = ['account/', 'symbol/', ''].map((kind) => addresses.find((a) => a.startsWith(kind)))
  const address = first.find((a) => a !== undefined)
  if (address) void choose(address)
}

/** @param {any} actor */
function put(actor) {
  list.put(actor)
  if (MONEY.includes(kindOf(actor.address))) overview.refresh()
  // It was asked for before it came into being.
  if (isMissing && actor.address === chosen) void choose(actor.address)
}

/** @param {string} address */
async function choose(address) {
  const isOther = address !== chosen
  chosen = address
  shown = undefined
  early = []
  isMissing = false
  location.hash = encodeURIComponent(address)
  list.choose(address)
  byId('address').textContent = address
  byId('address').title = address
  socket.watch()
  const path = actorPath(address)
  try {
    const [view, { records }] = await Promise.all([get(path), get(`${path}/history?limit=50&reverse=true`)])
    if (chosen !== address) return
    shown = view
    showState(view)
    context.show(view.context, kindOf(address), false)
    history.show(records)
    const machine = [view.machine, ...view.path].join(' ')
    if (isOther || !chart.definition) void draw(machine, path)
    else chart.light(view.value)
    for (const frame of early) showTransition(frame)
  } catch (error) {
    if (chosen === address) showMissing(/** @type {Error} */ (error))
  }
}

/** @param {string} machine @param {string} path */
async function draw(machine, path) {
  await chart.show(machine, () => get(`${path}/machine`))
  chart.light(shown?.value)
}

/** @param {Error} error */
function showMissing({ message }) {
  isMissing = true
  byId('state').textContent = ''
  context.show(undefined, '', false)
  history.show([])
  chart.clear(message)
}

/** @param {any} frame */
function onFrame(frame) {
  if (frame.type === '@xstate.snapshot') onSnapshot(frame)
  else if (frame.type === 'outcry.activity') {
    for (const actor of frame.actors) {
      transitions += Math.max(1, actor.rev - (list.actors.get(actor.address)?.rev ?? actor.rev - 1))
      seq = Math.max(seq, actor.seq)
      put(actor)
    }
  }
}

/** @param {any} frame */
function onSnapshot(frame) {
  const { sessionId: address, snapshot, to: value, tags, rev, at } = frame
  transitions++
  seq = Math.max(seq, frame.seq)
  put({ address, value, tags, status: snapshot.status, rev, seq: frame.seq, at })
  if (address !== chosen) return
  if (shown) showTransition(frame)
  else early.push(frame)
}

/** One that the chosen actor took. @param {any} frame */
function showTransition({ sessionId: address, snapshot, _transitions: taken, ...record }) {
  const { to: value, rev } = record
  if (!shown || rev <= shown.rev) return
  shown = { rev, value }
  showState({ value, status: snapshot.status })
  context.show(snapshot.context, kindOf(address), true)
  history.add(record)
  chart.animate(taken ?? [])
  chart.light(value)
}

/** @param {{ value: any, status: string }} of */
function showState({ value, status }) {
  const text = status === 'active' ? stateText(value) : `${stateText(value)} (${status})`
  byId('state').textContent = text
  byId('state').title = text
}

function showFigures() {
  byId('rate').textContent = transitions.toLocaleString('en')
  byId('count').textContent = list.actors.size.toLocaleString('en')
  byId('seq').textContent = seq === 0 ? '-' : seq.toLocaleString('en')
  transitions = 0
}
