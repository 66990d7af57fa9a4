import type { Group, Labelled } from '../family.ts'

/** The part of a server that says who listens to it. */
export interface ServerSource {
  /** Version of Outcry. */
  readonly version: string
  /** Connections to the feed. */
  readonly feedClients: number
  /** Connections to the inspection. */
  readonly inspectClients: number
  /** Records that the slowest client of the feed has not read. */
  readonly lagRecords: number
  /** Publications that were left out for newer ones. */
  readonly conflated: number
  /** Connections that the server has ended, by channel and reason. */
  readonly dropped: Iterable<Labelled<number>>
}

export const SERVER: Group<ServerSource> = {
  name: 'The server',
  about: 'Of each server. Its WebSockets are the feed and the inspection.',
  families: [
    {
      name: 'outcry_build_info',
      help: '1, with the versions of Outcry and of Node as labels',
      type: 'gauge',
      labels: { version: 'version of Outcry', node: 'version of Node' },
      read: ({ version }) => [[version, process.versions.node, 1]],
    },
    {
      name: 'outcry_feed_clients',
      help: 'Connections to the feed',
      type: 'gauge',
      read: ({ feedClients }) => feedClients,
    },
    {
      name: 'outcry_feed_lag_records',
      help: 'Records that the slowest client of the feed has not read yet; what a client keeps back by its own wish does not count',
      type: 'gauge',
      read: ({ lagRecords }) => lagRecords,
    },
    {
      name: 'outcry_feed_conflated_total',
      help: 'Events that clients of the feed did not get, because a newer one of the same topic took their place',
      type: 'counter',
      read: ({ conflated }) => conflated,
    },
    {
      name: 'outcry_inspect_clients',
      help: 'Connections to the inspection, those of pages included',
      type: 'gauge',
      read: ({ inspectClients }) => inspectClients,
    },
    {
      name: 'outcry_connections_dropped_total',
      help: 'WebSockets that the server has ended',
      type: 'counter',
      labels: {
        channel: '`feed`, `inspect` or `inspect/legacy`',
        reason: '`tooSlow`, `silent`, `idle`, `badFrame`, `unauthorised` or `failed`',
      },
      read: ({ dropped }) => dropped,
    },
  ],
}
