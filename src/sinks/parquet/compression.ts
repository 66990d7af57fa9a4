/** The compression of our Parquet files. Node has it built in, so it is faster than one in JavaScript, and half as large. */
import { gunzipSync, gzipSync } from 'node:zlib'

/** The least effort: more of it takes longer than the rest of the work. */
const LEVEL = 1

export const COMPRESSION = 'GZIP'

export function compress(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: LEVEL })
}

/** For those who read the files with hyparquet. */
export const COMPRESSORS = { [COMPRESSION]: (bytes: Uint8Array): Uint8Array => gunzipSync(bytes) } as const
