/** The one client of the page: it speaks to the server that the page came from. */
import { createClient } from '../../../src/client/index.ts'
import { fetchOfLog } from './log-id.ts'

export const client = createClient({ url: location.origin, fetch: fetchOfLog })
