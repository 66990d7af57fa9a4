import type { Group } from '../family.ts'

/** The sizes that were looked up last; undefined before that. */
export interface DiskSource {
  readonly latest:
    | {
        /** Bytes of the files of the database, and of those of the archive. */
        readonly liveBytes: number
        readonly archiveBytes: number
        /** Bytes of the disk that this user may still write, and of the whole disk. */
        readonly freeBytes: number
        readonly diskBytes: number
      }
    | undefined
}

export const DISK: Group<DiskSource> = {
  name: 'The disk',
  about:
    'Of a runner, and of a server that knows the folder of its log (`data`). The room is looked up every five seconds, the size of the log twice a minute.',
  families: [
    {
      name: 'outcry_store_size_bytes',
      help: 'Size of the log on the disk',
      type: 'gauge',
      labels: { part: '`live` for the database, `archive` for the compressed files beside it' },
      read: ({ latest }) =>
        latest && [['live', latest.liveBytes] as const, ['archive', latest.archiveBytes] as const],
    },
    {
      name: 'outcry_disk_free_bytes',
      help: 'Free room on the disk that has the log',
      type: 'gauge',
      read: ({ latest }) => latest?.freeBytes,
    },
    {
      name: 'outcry_disk_size_bytes',
      help: 'Size of that disk',
      type: 'gauge',
      read: ({ latest }) => latest?.diskBytes,
    },
  ],
}
