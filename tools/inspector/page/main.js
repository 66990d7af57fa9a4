// @ts-check
import { ActorList } from './actor-list.js'
import { actorPath, allActors, connect, get } from './api.js'
import { Chart } from './chart.js'
import { ContextView, HistoryView } from './details.js'
import { stateText } from './text.js'

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id))

const list = new ActorList(byId('actors'), /** @type {HTMLInputElement} */ (byId('filter')), choose)
const chart = new Chart(byId('chart'))
const context = new ContextView(byId('context'))
const history = new HistoryView(byId('history'))

/** @type {string | undefined} */
let chosen
let shownRev = 0
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

byId('fit').addEventListener('click', () => {
  chart.following = false
  chart.fit()
})
addEventListener('hashchange', () => {
  const address = decodeURIComponent(location.hash.slice(1))
  if (address && address !== chosen) choose(address)
})
setInterval(showFigures, 1_000)

/** All actors, and the chosen one anew: after a lost connection nothing shown is trusted. */
async function load() {
  for await (const actors of allActors()) for (const actor of actors) list.put(actor)
  const wanted = chosen ?? decodeURIComponent(location.hash.slice(1))
  const first =
    [...list.actors.keys()].find((address) => address.startsWith('symbol/')) ?? [...list.actors.keys()][0]
  const address = list.actors.has(wanted) ? wanted : first
  if (address) choose(address)
}

/** @param {string} address */
async function choose(address) {
  const isOther = address !== chosen
  chosen = address
  location.hash = encodeURIComponent(address)
  list.choose(address)
  byId('address').textContent = address
  socket.watch()
  const path = actorPath(address)
  const [view, { records }] = await Promise.all([get(path), get(`${path}/history?limit=50&reverse=true`)])
  if (chosen !== address) return
  shownRev = view.rev
  showState(view)
  context.show(view.context, false)
  history.show(records)
  if (isOther) await chart.show(await get(`${path}/machine`).catch(() => undefined))
  if (chosen === address) chart.light(view.value)
}

/** @param {any} frame */
function onFrame(frame) {
  if (frame.type === '@xstate.actor') {
    const { sessionId: address, snapshot } = frame
    if (!list.actors.has(address))
      list.put({
        address,
        kind: '',
        value: snapshot.value ?? snapshot.status,
        status: snapshot.status,
        rev: 0,
        seq: 0,
        at: 0,
      })
  } else if (frame.type === '@xstate.snapshot') onSnapshot(frame)
  else if (frame.type === 'outcry.activity') {
    for (const actor of frame.actors) {
      transitions += Math.max(1, actor.rev - (list.actors.get(actor.address)?.rev ?? actor.rev - 1))
      seq = Math.max(seq, actor.seq)
      list.put(actor)
    }
  }
}

/** @param {any} frame */
function onSnapshot({
  sessionId: address,
  snapshot,
  event,
  rev,
  at,
  from,
  to,
  _transitions: taken,
  ...frame
}) {
  transitions++
  seq = Math.max(seq, frame.seq)
  list.put({ address, kind: '', value: to, status: snapshot.status, rev, seq: frame.seq, at })
  if (address !== chosen || rev <= shownRev) return
  shownRev = rev
  showState({ value: to, status: snapshot.status })
  context.show(snapshot.context, true)
  history.add({ ...frame, rev, at, event, from, to })
  chart.light(to)
  chart.animate(taken ?? [])
}

/** @param {any} view */
function showState({ value, status }) {
  byId('state').textContent = status === 'active' ? stateText(value) : `${stateText(value)} (${status})`
}

function showFigures() {
  byId('rate').textContent = transitions.toLocaleString('en')
  byId('count').textContent = list.size.toLocaleString('en')
  byId('seq').textContent = seq === 0 ? '-' : seq.toLocaleString('en')
  transitions = 0
}
