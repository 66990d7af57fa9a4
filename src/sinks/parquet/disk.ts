/** The changes of a disk, and what is read of it. A change is durable when it has resolved, and names after `syncFolder`. */
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { codeOf } from '../../../store/leveldb/folder/folder.ts'

export interface Disk {
  /** Makes a folder and its missing parents. */
  makeFolder(path: string): Promise<void>
  /** Writes a file that is not there. */
  write(path: string, bytes: Uint8Array): Promise<void>
  /** Gives a file another name, over what is there. */
  rename(from: string, to: string): Promise<void>
  /** Gives a file a second name. Resolves with false when there is a file of that name. */
  link(from: string, to: string): Promise<boolean>
  syncFolder(path: string): Promise<void>
  /** Resolves with the content of a file; undefined when there is none. */
  read(path: string): Promise<string | undefined>
  /** Resolves with the names in a folder; none when there is no folder. */
  list(path: string): Promise<readonly string[]>
  remove(path: string): Promise<void>
}

export const realDisk: Disk = {
  async makeFolder(path) {
    const first = await mkdir(path, { recursive: true })
    if (first === undefined) return
    for (let made = path; ; made = dirname(made)) {
      await realDisk.syncFolder(dirname(made))
      if (made === first || dirname(made) === made) return
    }
  },
  async write(path, bytes) {
    const file = await open(path, 'w')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
  },
  rename,
  async link(from, to) {
    try {
      await link(from, to)
      return true
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      throw error
    }
  },
  async syncFolder(path) {
    // Windows has no such call and needs none.
    if (process.platform === 'win32') return
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
  async read(path) {
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
  },
  async list(path) {
    try {
      return await readdir(path)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  },
  remove: (path) => rm(path, { force: true }),
}
