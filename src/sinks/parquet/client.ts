/** The package that encodes Parquet files. It is installed by those who want such files. */
import { OutcryError } from '../../../errors/outcry-error.ts'

export type Client = typeof import('hyparquet-writer')

/** @throws SINK_CLIENT_MISSING */
export async function parquetClient(): Promise<Client> {
  try {
    return await import('hyparquet-writer')
  } catch (cause) {
    throw missing('hyparquet-writer', cause)
  }
}

export function missing(name: string, cause: unknown): OutcryError {
  return new OutcryError(
    'SINK_CLIENT_MISSING',
    `Parquet files need the package ${name}: ${(cause as Error).message}`,
    `Install it beside outcry: npm install ${name}`,
  )
}
