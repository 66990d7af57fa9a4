// @ts-check

/** Returns a state such as `execution.filled  request.idle`. @param {any} value @returns {string} */
export function stateText(value) {
  if (value === null || value === undefined) return '-'
  return leaves(value)
    .map((path) => path.join('.'))
    .join('  ')
}

/** Returns a short state such as `filled · idle`, for which a list has room. @param {any} value @returns {string} */
export function shortState(value) {
  if (value === null || value === undefined) return '-'
  return leaves(value)
    .map((path) => path.at(-1))
    .join(' · ')
}

/** @param {any} value @returns {string[][]} */
function leaves(value) {
  if (typeof value === 'string') return [[value]]
  return Object.entries(value).flatMap(([key, below]) => {
    const paths = leaves(below)
    return paths.length === 0 ? [[key]] : paths.map((path) => [key, ...path])
  })
}

/** Returns a readable name for XState's own events. @param {string} type */
export function eventText(type) {
  if (type === '') return 'always'
  const [, delay] = /^xstate\.after\.(.+?)\./.exec(type) ?? []
  if (delay !== undefined) return `after ${delayText(delay)}`
  return type
    .replace(/^xstate\.(done|error)\.(actor|state)\.(?:\d+\.)?/, '$1: ')
    .replace(/^xstate\.snapshot\./, 'snapshot: ')
    .replace(/^xstate\.init$/, 'init')
}

/** Returns milliseconds, or the name of a delay. @param {string} delay */
function delayText(delay) {
  if (!/^\d+$/.test(delay)) return delay
  return Number(delay) % 1_000 === 0 ? `${Number(delay) / 1_000} s` : `${delay} ms`
}

/** @param {number} n @param {number} [length] */
const padded = (n, length = 2) => String(n).padStart(length, '0')

/** Returns the local time of day, with the date if it is not today. @param {number} at epoch ms */
export function timeText(at) {
  const now = new Date().toDateString()
  const date = new Date(at)
  return date.toDateString() === now ? clock(date) : dateText(at)
}

/** Returns the time as `timeText` does, to the second. @param {number} at epoch ms */
export const secondText = (at) => timeText(at).replace(/\.\d+$/, '')

/** Returns the local date and time. @param {number} at epoch ms */
export function dateText(at) {
  const date = new Date(at)
  return `${date.getFullYear()}-${padded(date.getMonth() + 1)}-${padded(date.getDate())} ${clock(date)}`
}

/** @param {Date} date */
function clock(date) {
  const hms = [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => padded(n)).join(':')
  return `${hms}.${padded(date.getMilliseconds(), 3)}`
}

/** Returns a decimal text with separated thousands. It uses no float. @param {string} text @param {number} places */
export function decimalText(text, places) {
  const options = { minimumFractionDigits: Math.min(2, places), maximumFractionDigits: places }
  return new Intl.NumberFormat('en', options).format(/** @type {any} */ (text))
}

/** @param {string} tag @param {string} className @param {string} [text] */
export function element(tag, className, text) {
  const node = document.createElement(tag)
  node.className = className
  if (text !== undefined) node.textContent = text
  return node
}

/** Returns a function that calls `work` after a delay, once for all calls until then. @param {() => void} work @param {() => number} delayMs */
export function soon(work, delayMs) {
  let isAsked = false
  return () => {
    if (isAsked) return
    isAsked = true
    setTimeout(() => {
      isAsked = false
      work()
    }, delayMs())
  }
}

/** Runs an animation of the stylesheet anew. @param {Element | undefined} node @param {string} name */
export function restart(node, name) {
  if (!node) return
  node.classList.remove(name)
  node.getBoundingClientRect()
  node.classList.add(name)
}
