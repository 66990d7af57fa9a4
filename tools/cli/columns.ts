import { widthOf } from './format.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with it
const COLOUR = /(\u001b\[\d+m)/
const CUT = '…'

/**
 * Returns the columns of a terminal. Undefined for a pipe and a file, whose lines have no end, and for a terminal that
 * does not know its own, as those of some containers.
 */
export function columnsOf({
  isTTY,
  columns,
}: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): number | undefined {
  return isTTY && columns > 0 ? columns : undefined
}

/**
 * Returns a text with each line cut to so many columns of a terminal, colours kept. Without a number it returns all of
 * it.
 *
 * @example inColumns('a long line\nshort', 6) // 'a lon…\nshort'
 */
export function inColumns(text: string, columns: number | undefined): string {
  if (columns === undefined) return text
  return text
    .split('\n')
    .map((line) => cut(line, columns))
    .join('\n')
}

function cut(line: string, columns: number): string {
  const parts = line.split(COLOUR)
  const isColour = (i: number) => i % 2 === 1
  if (widthOf(parts.filter((_, i) => !isColour(i)).join('')) <= columns) return line
  let shown = ''
  let left = columns - 1
  for (const [i, part] of parts.entries()) {
    if (isColour(i)) {
      // A colour behind the cut ends the one before it.
      shown += part
      continue
    }
    for (const character of part) {
      if (left < 0) break
      const width = widthOf(character)
      shown += width <= left ? character : CUT
      left -= width <= left ? width : columns
    }
  }
  return shown
}
