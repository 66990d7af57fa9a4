/** DuckDB, for questions to Parquet files. */
import { DuckDBInstance } from '@duckdb/node-api'

/** Resolves with the rows of an answer. Numbers beyond 32 bits and decimals are texts. */
export async function duckdb(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
