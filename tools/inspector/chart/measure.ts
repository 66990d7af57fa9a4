/**
 * Measures text by a table, so that a chart has the same layout in a test and in every browser. The widths are those of
 * DejaVu Sans and DejaVu Sans Mono, the widest of the fonts that the page names: in another font texts have room to spare.
 */

export type Style = 'key' | 'event' | 'guard' | 'action' | 'count' | 'title'

/** Size in px, and the face, of each kind of text. The style sheet of the chart is made from it. */
export const STYLES: Readonly<
  Record<Style, { size: number; face: 'sans' | 'bold' | 'mono'; weight: number }>
> = {
  key: { size: 13, face: 'bold', weight: 600 },
  event: { size: 12, face: 'mono', weight: 600 },
  guard: { size: 12, face: 'mono', weight: 400 },
  action: { size: 12, face: 'sans', weight: 400 },
  count: { size: 11, face: 'sans', weight: 400 },
  title: { size: 12, face: 'bold', weight: 600 },
}

const FIRST = 32
/** Widths of the characters from the space to ~, in thousandths of the size. */
const SANS = widths(
  '318 401 460 838 636 950 780 275 390 390 500 838 318 361 318 337 636 636 636 636 636 636 636 636 636 636 337 337 838 838 838 531 1000 684 686 698 770 632 575 775 752 295 295 656 557 863 748 787 603 787 695 635 611 732 684 989 685 611 685 390 337 390 838 500 500 613 635 550 635 615 352 635 634 278 278 579 278 974 634 612 635 635 411 521 392 634 592 818 592 592 525 636 337 636 838',
)
const BOLD = widths(
  '348 456 521 838 696 1002 872 306 457 457 523 838 380 415 380 365 696 696 696 696 696 696 696 696 696 696 400 400 838 838 838 580 1000 774 762 734 830 683 683 821 837 372 372 775 637 995 837 850 733 850 770 720 682 812 774 1103 771 724 725 457 365 457 838 500 500 675 716 593 716 678 435 716 712 343 343 665 343 1042 712 687 716 716 493 595 478 712 652 924 645 652 582 712 365 712 838',
)
const MONO = 602
/** Width of a character that the tables do not have: an arrow, an accent, or one of a wide script. */
const OTHER = 860
const WIDE = 1000
const WIDE_FROM = 0x2e80

function widths(text: string): readonly number[] {
  return text.split(' ').map(Number)
}

/** Returns the width of a text in px. */
export function widthOf(text: string, style: Style): number {
  const { size, face } = STYLES[style]
  let sum = 0
  for (const char of text) {
    const code = char.codePointAt(0) as number
    const table = face === 'bold' ? BOLD : SANS
    const known = face === 'mono' && code < 0x80 ? MONO : table[code - FIRST]
    sum += known ?? (code >= WIDE_FROM ? WIDE : OTHER)
  }
  return (sum * size) / 1000
}

/** Returns the text as it is, or its head with an ellipsis when it is wider than `width` px. */
export function cut(text: string, style: Style, width: number): string {
  if (widthOf(text, style) <= width) return text
  const chars = [...text]
  while (chars.length > 1 && widthOf(`${chars.join('')}…`, style) > width) chars.pop()
  return `${chars.join('').trimEnd()}…`
}

/** Returns the lines of a text, parted at spaces. The last line that there may be ends with an ellipsis when more follows. */
export function wrapped(text: string, style: Style, width: number, linesMax: number): string[] {
  const lines: string[] = []
  let line = ''
  const words = text.split(' ')
  for (const [i, word] of words.entries()) {
    const longer = line === '' ? word : `${line} ${word}`
    if (widthOf(longer, style) <= width) {
      line = longer
      continue
    }
    if (lines.length === linesMax - 1) {
      lines.push(cut([longer, ...words.slice(i + 1)].join(' '), style, width))
      return lines
    }
    if (line !== '') lines.push(line)
    line = cut(word, style, width)
  }
  return [...lines, line]
}
