/**
 * Models what a disk may hold after a power cut, from the journal of a process's operations (see shim.c). Synced bytes
 * are there. Of the others, the disk may have none, all, some, the first half of one, or zeros in their place. Names
 * change in order, as in a journaling file system, and a sync of any file carries the changes before it.
 */
export type Op =
  | { readonly kind: 'create'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'sync'; readonly path: string }
  | { readonly kind: 'truncate'; readonly path: string; readonly size: number }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly path: string }

interface Piece {
  readonly offset: number
  readonly bytes: Buffer
}

/** A file under any name: the pieces written to it, and the number of them that are safe. */
interface File {
  pieces: Piece[]
  safe: number
  size: number
}

export function parseJournal(journal: Buffer): Op[] {
  const ops: Op[] = []
  for (let at = 0; at < journal.length; ) {
    const end = journal.indexOf(10, at)
    const [letter, path, second, third] = journal.toString('utf8', at, end).split(' ') as [
      string,
      string,
      string,
      string,
    ]
    at = end + 1
    if (letter === 'C') ops.push({ kind: 'create', path })
    else if (letter === 'S') ops.push({ kind: 'sync', path })
    else if (letter === 'T') ops.push({ kind: 'truncate', path, size: Number(second) })
    else if (letter === 'R') ops.push({ kind: 'rename', path, to: second })
    else if (letter === 'U') ops.push({ kind: 'unlink', path })
    else if (letter === 'W') {
      const length = Number(third)
      ops.push({ kind: 'write', path, offset: Number(second), bytes: journal.subarray(at, at + length) })
      at += length
    } else throw new Error(`the journal cannot be read at byte ${at}`)
  }
  return ops
}

/** The files that were there, safe, before the first operation. */
export type Before = ReadonlyMap<string, Buffer>

/** Returns the files as they are when the process is killed before operation `at`: the kernel keeps all that it wrote. */
export function afterKill(ops: readonly Op[], at: number, before: Before): Map<string, Buffer> {
  const names = filesOf(before)
  for (const op of ops.slice(0, at)) apply(op, names)
  return new Map([...names].map(([name, { pieces }]) => [name, contentOf(pieces)]))
}

/** Returns the files as they may be when the power is cut before operation `at`. */
export function afterPowerCut(
  ops: readonly Op[],
  at: number,
  random: () => number,
  before: Before = new Map(),
): Map<string, Buffer> {
  const barrier = ops.slice(0, at).findLastIndex(({ kind }) => kind === 'sync') + 1
  // Names change in order. Those after the last sync may be lost from some point on.
  const namesTo = barrier + Math.floor(random() * (at - barrier + 1))
  const names = filesOf(before)
  const lasting = new Map<string, File>()
  for (const [i, op] of ops.slice(0, at).entries()) {
    apply(op, names)
    if (i + 1 === namesTo) copyNames(names, lasting)
  }
  if (namesTo === 0) copyNames(filesOf(before), lasting)
  return new Map([...lasting].map(([name, file]) => [name, whatIsLeft(file, random)]))
}

function filesOf(before: Before): Map<string, File> {
  return new Map(
    [...before].map(([name, bytes]) => [
      name,
      { pieces: [{ offset: 0, bytes }], safe: 1, size: bytes.length },
    ]),
  )
}

function copyNames(from: Map<string, File>, to: Map<string, File>): void {
  to.clear()
  for (const [name, file] of from) to.set(name, file)
}

function apply(op: Op, names: Map<string, File>): void {
  const file = names.get(op.path)
  switch (op.kind) {
    case 'create':
      names.set(op.path, { pieces: [], safe: 0, size: 0 })
      break
    case 'write': {
      if (file === undefined) throw new Error(`${op.path} is written but was never created`)
      const offset = op.offset < 0 ? file.size : op.offset
      file.pieces.push({ offset, bytes: op.bytes })
      file.size = Math.max(file.size, offset + op.bytes.length)
      break
    }
    case 'truncate':
      if (file === undefined) break
      file.pieces = [{ offset: 0, bytes: contentOf(file.pieces).subarray(0, op.size) }]
      file.safe = 1
      file.size = op.size
      break
    case 'sync':
      if (file === undefined) break
      file.safe = file.pieces.length
      break
    case 'rename':
      if (file !== undefined) names.set(op.to, file)
      names.delete(op.path)
      break
    case 'unlink':
      names.delete(op.path)
      break
  }
}

function whatIsLeft({ pieces, safe }: File, random: () => number): Buffer {
  const unsafe = pieces.slice(safe)
  if (unsafe.length === 0) return contentOf(pieces)
  const kept = Math.floor(random() * (unsafe.length + 1))
  const left = pieces.slice(0, safe)
  switch (Math.floor(random() * 4)) {
    case 0:
      left.push(...unsafe.slice(0, kept))
      break
    case 1: {
      left.push(...unsafe.slice(0, kept))
      const torn = unsafe[kept]
      if (torn === undefined) break
      left.push({
        offset: torn.offset,
        bytes: torn.bytes.subarray(0, Math.floor(random() * torn.bytes.length)),
      })
      break
    }
    case 2:
      // The disk has the size, but not the bytes.
      left.push(
        ...unsafe.map(({ offset, bytes }, i) => ({
          offset,
          bytes: i < kept ? bytes : Buffer.alloc(bytes.length),
        })),
      )
      break
    default:
      left.push(...unsafe.filter(() => random() < 0.5))
  }
  return contentOf(left)
}

function contentOf(pieces: readonly Piece[]): Buffer {
  const content = Buffer.alloc(
    pieces.reduce((end, { offset, bytes }) => Math.max(end, offset + bytes.length), 0),
  )
  for (const { offset, bytes } of pieces) bytes.copy(content, offset)
  return content
}
