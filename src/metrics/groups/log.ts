import type { Group } from '../family.ts'

/** The part of a supervisor that says where its log and its actors stand. */
export interface LogSource {
  readonly seq: number
  readonly epoch: number
  readonly archivedTo: number
  readonly residents: number
  readonly quarantinedCount: number
  readonly unsettledCount: number
  readonly fence: object | undefined
}

export const LOG: Group<LogSource> = {
  name: 'The log and the actors',
  about: 'Of each supervisor.',
  families: [
    {
      name: 'outcry_log_seq',
      help: 'Place of the last record in the log',
      type: 'gauge',
      read: ({ seq }) => seq,
    },
    {
      name: 'outcry_log_archived_seq',
      help: 'Place of the last record in the archive, 0 while there is none',
      type: 'gauge',
      read: ({ archivedTo }) => archivedTo,
    },
    {
      name: 'outcry_log_epoch',
      help: 'Grows with each start on the log',
      type: 'gauge',
      read: ({ epoch }) => epoch,
    },
    {
      name: 'outcry_log_fenced',
      help: '1 when the log has refused a commit and takes no more, 0 otherwise',
      type: 'gauge',
      read: ({ fence }) => (fence === undefined ? 0 : 1),
    },
    {
      name: 'outcry_actors_in_memory',
      help: 'Actors in memory',
      type: 'gauge',
      read: ({ residents }) => residents,
    },
    {
      name: 'outcry_actors_quarantined',
      help: 'Actors in quarantine',
      type: 'gauge',
      read: ({ quarantinedCount }) => quarantinedCount,
    },
    {
      name: 'outcry_intents_unsettled',
      help: 'Messages to ports whose outcome is not known yet',
      type: 'gauge',
      read: ({ unsettledCount }) => unsettledCount,
    },
  ],
}
