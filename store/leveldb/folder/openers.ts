/** Which processes of this machine have files of a folder open. Linux tells it in /proc; elsewhere nobody is found. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { sep } from 'node:path'

/** Access modes of open(2) other than for reading alone. */
const WRITES = 3

/** Returns another process that has a file below the folder open for writing, but for those in `except`. */
export function writerIn(folder: string, except: string, pids = processes()): number | undefined {
  return pids.find(
    (pid) =>
      pid !== process.pid &&
      namesIn(`/proc/${pid}/fd`).some((fd) => {
        const file = textOf(() => readlinkSync(`/proc/${pid}/fd/${fd}`))
        return isBelow(file, folder) && !isBelow(file, except) && isWritten(pid, fd)
      }),
  )
}

/** Longest command that is told. */
const COMMAND_MAX = 120

/** Returns the command line of a process, in one line; undefined where it is not told. */
export function commandOf(pid: number): string | undefined {
  const words = textOf(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).split('\0')
  const text = words
    .join(' ')
    .replace(/\p{C}+/gu, ' ')
    .trim()
  if (text === '') return undefined
  return text.length > COMMAND_MAX ? `${text.slice(0, COMMAND_MAX)}...` : text
}

function processes(): number[] {
  return namesIn('/proc').map(Number).filter(Number.isInteger)
}

function isBelow(file: string, folder: string): boolean {
  return file.startsWith(folder + sep)
}

function isWritten(pid: number, fd: string): boolean {
  const [, flags = '0'] =
    /^flags:\s*(\d+)$/m.exec(textOf(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))) ?? []
  return (Number.parseInt(flags, 8) & WRITES) !== 0
}

/** Processes and their files come and go, and those of other users are not told. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function textOf(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
