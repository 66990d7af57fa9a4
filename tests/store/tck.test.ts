import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newMemory, openLevelStore, openMemoryStore } from '../../store/index.ts'
import { storeTck } from './tck/store-tck.ts'

storeTck('LevelDB', { twoWriters: false, archives: true }, async () => {
  const location = mkdtempSync(join(tmpdir(), 'outcry-tck-'))
  return {
    open: () => openLevelStore(location),
    destroy: async () => rmSync(location, { recursive: true }),
  }
})

storeTck('memory', { twoWriters: true, archives: false }, async () => {
  const memory = newMemory()
  return {
    open: () => openMemoryStore(memory),
    destroy: async () => {},
  }
})
