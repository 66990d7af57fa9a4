// @ts-check

/** `execution.filled request.idle`. @param {any} value @returns {string} */
export function stateText(value) {
  if (value === null || value === undefined) return '-'
  return leaves(value).join('  ')
}

/** @param {any} value @returns {string[]} */
function leaves(value) {
  if (typeof value === 'string') return [value]
  return Object.entries(value).flatMap(([key, below]) => {
    const paths = leaves(below)
    return paths.length === 0 ? [key] : paths.map((path) => `${key}.${path}`)
  })
}

/** @param {number} at */
export const timeText = (at) => new Date(at).toISOString().slice(11, 23)

/** @param {string} tag @param {string} className @param {string} [text] */
export function element(tag, className, text) {
  const node = document.createElement(tag)
  node.className = className
  if (text !== undefined) node.textContent = text
  return node
}
