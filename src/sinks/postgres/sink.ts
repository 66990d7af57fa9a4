/** Events as rows of a table in PostgreSQL. */
import { addressOf, hiding, hidingWriter } from '../address.ts'
import { clientOf } from '../client.ts'
import { defineSink } from '../define-sink.ts'
import { postgresConfig } from './config.ts'
import { PostgresWriter } from './writer.ts'

/** Ms until the server has to be reached. */
const CONNECT_MS = 10_000

export const postgres = defineSink({
  name: 'postgres',
  about: 'Rows of a table in PostgreSQL, with indexes for the usual questions. It needs the package pg.',
  config: postgresConfig,
  open: async (settings, at) => {
    const { Client } = await clientOf('pg', '8', () => import('pg'))
    const address = addressOf(settings.url, process.env)
    const open = async () => {
      const client = new Client({
        connectionString: address.url,
        application_name: `outcry ${at.name}`,
        connectionTimeoutMillis: CONNECT_MS,
        statement_timeout: settings.statementMs,
        keepAlive: true,
      })
      // The statement under way fails, too. Without one, the next fails.
      client.on('error', () => {})
      return PostgresWriter.open(client, settings, at)
    }
    return hidingWriter(address, await hiding(address, open()))
  },
})
