/** A rough number of characters of JSON per value, besides texts and keys. */
const VALUE_SIZE = 8

/** Returns about how many characters a value has as JSON. It stops counting at `max`, so that it costs no more. */
export function sizeUpTo(max: number, value: unknown): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return VALUE_SIZE
  let size = VALUE_SIZE
  if (Array.isArray(value)) {
    // A loop over the keys would make all of them first.
    for (let i = 0; i < value.length && size < max; i++)
      size += `${i}`.length + sizeUpTo(max - size, value[i])
    return size
  }
  for (const key in value) {
    if (size >= max) return size
    size += key.length + sizeUpTo(max - size, (value as Record<string, unknown>)[key])
  }
  return size
}
