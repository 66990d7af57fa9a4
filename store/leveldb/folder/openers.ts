/**
 * Finds the processes of this machine that have files of a folder open. Linux lists them in /proc; elsewhere none is
 * found.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { sep } from 'node:path'

/** Access modes of open(2) that allow writing. */
const WRITES = 3

/** Returns another process that has a file below the folder open for writing. Files below `except` do not count. */
export function writerIn(folder: string, except: readonly string[], pids = processes()): number | undefined {
  return pids.find(
    (pid) =>
      pid !== process.pid &&
      namesIn(`/proc/${pid}/fd`).some((fd) => {
        const file = textOf(() => readlinkSync(`/proc/${pid}/fd/${fd}`))
        return isBelow(file, folder) && !except.some((other) => isBelow(file, other)) && isWritten(pid, fd)
      }),
  )
}

/** Longest command line that is shown, in characters. */
const COMMAND_MAX = 120

/** Returns the command line of a process, on one line; undefined where the system does not show it. */
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

/** Returns the names in a folder of /proc; none when the process has ended or belongs to another user. */
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
