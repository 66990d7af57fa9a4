/** Longest text of an item that goes into the log: enough to judge it by. */
const TEXT_MAX = 4_000

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

/** HTML, as feeds have it in titles and descriptions, as the words that a reader sees. */
export function plainText(html: string): string {
  return html
    .replace(/<[^<>]*>/g, ' ')
    .replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (entity, decimal, hex, name) =>
      name === undefined
        ? characterOf(decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal))
        : (NAMED[name] ?? entity),
    )
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, TEXT_MAX)
}

function characterOf(codePoint: number): string {
  return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : ' '
}
