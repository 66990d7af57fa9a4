/** Values of the log as lines of text. Pure. */

export interface Line {
  readonly name: string
  readonly text: string
}

/** Most characters of a value that is shown at once. */
const TEXT_MAX = 400

/** Returns the fields of a value, those of inner objects by their path. */
export function linesOf(value: unknown, without: readonly string[] = [], path = ''): Line[] {
  if (typeof value !== 'object' || value === null) return [{ name: path, text: textOf(value) }]
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object'))
    return [{ name: path, text: value.map(textOf).join(', ') || 'none' }]
  const entries = Object.entries(value).filter(([key]) => path !== '' || !without.includes(key))
  if (entries.length === 0 && path !== '')
    return [{ name: path, text: Array.isArray(value) ? 'none' : 'empty' }]
  return entries.flatMap(([key, below]) => {
    const name = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`
    return linesOf(below, without, name)
  })
}

/** Returns a value in one line, as the log has it: `clOrdId sim:o-1, kind replace`. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return cut(value)
  if (value === null || typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return cut(value.map(textOf).join(', ')) || 'none'
  return (
    cut(
      Object.entries(value)
        .map(([key, below]) => `${key} ${textOf(below)}`)
        .join(', '),
    ) || 'empty'
  )
}

const cut = (text: string): string => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text)

/** Returns a path as code would write it, which the server takes: `pending[0].kind`, `positions["position/sim:BTCUSDT"]`. */
export function pathText(path: readonly string[]): string {
  return path
    .map((key, i) => {
      if (/^\d+$/.test(key)) return `[${key}]`
      return /^[A-Za-z_$][\w$-]*$/.test(key) ? `${i === 0 ? '' : '.'}${key}` : `[${JSON.stringify(key)}]`
    })
    .join('')
}
