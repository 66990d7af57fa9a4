// @ts-check
/** Cuts long names in the middle, because names differ at their ends as often as at their starts. */
import { element } from './text.js'

/** Most characters at the end of a cut name, and the share of the width that it may take. */
const TAIL_MAX = 12
const TAIL_MIN = 3
const TAIL_SHARE = 0.55

/** Fits names again when their widths change. */
const places = new ResizeObserver((entries) => {
  const fits = entries.map(({ target }) => /** @type {const} */ ([target, tailFor(target)]))
  for (const [node, tail] of fits) split(/** @type {HTMLElement} */ (node), tail)
})

/**
 * Shows a name in two parts. If both do not fit, the stylesheet (`.cut`) cuts the first. The page keeps the whole name.
 * @param {HTMLElement} node
 * @param {string} text
 * @param {string} [title]
 */
export function showName(node, text, title = text) {
  if (node.title !== title) node.title = title
  node.classList.add('cut')
  if (node.dataset.name === text) return
  node.dataset.name = text
  node.classList.toggle('long', text.length > 2 * TAIL_MAX)
  // A screen reader would insert a gap between the parts of a link or a heading.
  if (node.tagName !== 'SPAN') node.setAttribute('aria-label', text)
  node.replaceChildren(element('span', ''), element('span', ''))
  split(node, TAIL_MAX)
  places.unobserve(node)
  places.observe(node)
}

/** Returns how many characters the end may have. @param {Element} node */
function tailFor(node) {
  const [head, tail] = node.children
  if (!head || !tail) return TAIL_MAX
  const width = head.scrollWidth + tail.scrollWidth
  const letters = [.../** @type {string} */ (node.textContent)].length
  const room = Math.floor((TAIL_SHARE * node.clientWidth * letters) / Math.max(1, width))
  return Math.max(TAIL_MIN, Math.min(TAIL_MAX, room))
}

/** @param {HTMLElement} node @param {number} tail */
function split(node, tail) {
  const letters = [...(node.dataset.name ?? '')]
  const at = Math.max(Math.ceil(letters.length / 2), letters.length - tail)
  const texts = [letters.slice(0, at).join(''), letters.slice(at).join('')]
  for (const [i, text] of texts.entries()) {
    const part = node.children[i]
    if (part && part.textContent !== text) part.textContent = text
  }
}

/** Copies a cut name without the line break that browsers put between its parts. @param {ClipboardEvent} event */
export function copyName(event) {
  const selection = getSelection()
  const within = selection?.rangeCount ? selection.getRangeAt(0).commonAncestorContainer : undefined
  const place = within instanceof Element ? within : within?.parentElement
  if (!selection || !place?.closest('.cut')) return
  event.clipboardData?.setData('text/plain', selection.toString().replaceAll('\n', ''))
  event.preventDefault()
}
