import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { newMemory, openLevelStore, openMemoryStore, writeBackup } from '../../store/index.ts'
import { storeTck } from '../../store/tck/tck.ts'

const snapshotHistory = { apartRevs: 1_000 }
/** Records not yet in the written index are found again in the last commits: see history-index.ts. */
const archive = { behindRecords: 21_000 }

storeTck(
  { describe, it },
  {
    name: 'LevelDB in a folder',
    capabilities: { durable: true, oneWriter: true, snapshotHistory, archive, cuts: true, copies: true },
    make: async () => {
      const location = mkdtempSync(join(tmpdir(), 'outcry-tck-'))
      return {
        open: () => openLevelStore(join(location, 'log')),
        copy: async (entries) => {
          await writeBackup(entries, join(location, 'copy'))
          return openLevelStore(join(location, 'copy'))
        },
        destroy: () => rmSync(location, { recursive: true }),
      }
    },
  },
)

storeTck(
  { describe, it },
  {
    name: 'LevelDB in memory',
    capabilities: { durable: true, oneWriter: false, snapshotHistory, copies: true },
    make: async () => {
      const memory = newMemory()
      const location = mkdtempSync(join(tmpdir(), 'outcry-tck-'))
      return {
        open: () => openMemoryStore(memory),
        copy: async (entries) => {
          await writeBackup(entries, join(location, 'copy'))
          return openLevelStore(join(location, 'copy'))
        },
        destroy: () => rmSync(location, { recursive: true }),
      }
    },
  },
)
