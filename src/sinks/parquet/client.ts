/** The packages that write and read Parquet files. */
import { clientOf } from '../client.ts'

export type Client = typeof import('hyparquet-writer')

/** @throws SINK_CLIENT_MISSING */
export function parquetClient(): Promise<Client> {
  return clientOf('hyparquet-writer', '0.17', () => import('hyparquet-writer'))
}

/** @throws SINK_CLIENT_MISSING */
export function parquetReader(): Promise<typeof import('hyparquet')> {
  return clientOf('hyparquet', '1', () => import('hyparquet'))
}
