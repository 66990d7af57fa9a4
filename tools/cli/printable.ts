/**
 * Characters that a terminal obeys and does not show: control characters, and marks that turn the direction of a text.
 */
const CONTROL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  /\u001b\[(?:1|2|22|3[1-6]|39)m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * Returns a text with each such character as JSON writes it. So texts of a venue, a client or a stranger's folder
 * cannot move the cursor or hide a line. Line breaks and tabs stay, and with `hasColors` the colours of our own lines.
 *
 * @example printable('a\u001b[2Jb', true) // 'a\\u001b[2Jb'
 */
export function printable(text: string, hasColors: boolean): string {
  return text.replace(CONTROL, (found) => {
    if (found.length === 1) return escaped(found)
    // Where nothing is coloured, a colour is of a text.
    return hasColors ? found : `${escaped(found)}${found.slice(1)}`
  })
}

/**
 * Returns a text on one line, its line breaks as JSON writes them. So what a stranger says is no line of its own among
 * lines that a person or a program goes by.
 */
export function onOneLine(text: string): string {
  return text.replace(/[\n\r]/g, (found) => (found === '\n' ? '\\n' : '\\r'))
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
