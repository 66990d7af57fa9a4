/** Makes a process die at a change of the disk: counts the changes of `node:fs`, and stops them from one on. */
import type * as Fs from 'node:fs'

/** The error of the change that did not happen, and of every later one. */
export class Killed extends Error {}

let left = Infinity

/** Returns whether the work ended before that change. Changes count from 0. */
export function killedAt(change: number, work: () => void): boolean {
  left = change
  try {
    work()
    return false
  } catch (error) {
    if (error instanceof Killed) return true
    throw error
  } finally {
    left = Infinity
  }
}

/** For `vi.mock('node:fs', ...)`. */
export function killable(fs: typeof Fs): typeof Fs {
  const change = () => {
    if (--left < 0) throw new Killed('killed')
  }
  const counted = <A extends unknown[], R>(call: (...args: A) => R) => {
    return (...args: A): R => {
      change()
      return call(...args)
    }
  }
  const unlinkSync = counted(fs.unlinkSync)
  const rmdirSync = counted(fs.rmdirSync)
  const remove = (path: string): void => {
    if (fs.lstatSync(path).isDirectory()) {
      for (const name of fs.readdirSync(path)) remove(`${path}/${name}`)
      rmdirSync(path)
    } else unlinkSync(path)
  }
  const rmSync: typeof Fs.rmSync = (path, options) => {
    if (options?.force && !fs.existsSync(path)) return
    remove(String(path))
  }
  return {
    ...fs,
    mkdirSync: counted(fs.mkdirSync) as typeof Fs.mkdirSync,
    renameSync: counted(fs.renameSync),
    writeFileSync: counted(fs.writeFileSync),
    copyFileSync: counted(fs.copyFileSync),
    unlinkSync,
    rmdirSync,
    rmSync,
  }
}
