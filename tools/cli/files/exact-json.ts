/** Reads JSON of other programs without a change of its numbers. */

/** A text of JSON, or a number. */
const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/**
 * Returns the value of a JSON text. A number that a double does not hold becomes the text that it was, as decimals are
 * everywhere in a log: `12345678901234567890.12` becomes `"12345678901234567890.12"`.
 * @throws SyntaxError
 */
export function exactJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  let isExact = true
  const exact = text.replace(TEXT_OR_NUMBER, (found) => {
    if (found.startsWith('"') || amountOf(found) === amountOf(String(Number(found)))) return found
    isExact = false
    return `"${found}"`
  })
  return isExact ? value : JSON.parse(exact)
}

/** Returns the amount of a number in the one way to write it: its digits and an exponent. */
function amountOf(number: string): string {
  const [, sign, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(number) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const short = digits.replace(/0+$/, '')
  if (short === '') return sign === undefined ? number : '0'
  return `${sign}${short}e${Number(exponent) - fraction.length + digits.length - short.length}`
}
