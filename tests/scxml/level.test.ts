import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { describeWay } from './durable.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-scxml-'))
let logs = 0

afterAll(() => rmSync(root, { recursive: true, force: true }))

describeWay('on LevelDB with an orderly stop between any two events', {
  how: 'stop',
  folder: () => join(root, String(logs++)),
})
