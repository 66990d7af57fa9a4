/** Most characters of a text that are compared. A text of a client may have any length. */
const COMPARED_MAX = 64

/** Returns the candidate that is most like the text, whatever their case; undefined when there is no candidate. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  const wanted = text.slice(0, COMPARED_MAX).toLowerCase()
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.slice(0, COMPARED_MAX).toLowerCase())
    if (distance >= least) continue
    best = candidate
    least = distance
  }
  return best
}

/** Returns how many characters must be inserted, deleted or replaced to make one text of the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 0; i < a.length; i++) {
    const row = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const replaced = (above[j] as number) + (a[i] === b[j] ? 0 : 1)
      row.push(Math.min(replaced, (above[j + 1] as number) + 1, (row[j] as number) + 1))
    }
    above = row
  }
  return above[b.length] as number
}
