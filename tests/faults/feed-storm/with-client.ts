/** `with-client.ts <url> <file> <topics>`: keeps the items of a feed with `outcry/client`. */
import { WebSocket } from 'ws'
import { createClient } from '../../../src/client/index.ts'
import { Kept } from './kept.ts'

const [url, file, topics] = process.argv.slice(2) as [string, string, string]
const kept = new Kept(file)
const client = createClient({ url, WebSocket })
for await (const item of client.feed({ topics: topics.split(' '), since: kept.since })) kept.take([item])
