/** Puts the present version of each kind on file: `tsx tests/machines/emitted/make.ts`. What is there stays as it is. */
import { writeFileSync } from 'node:fs'
import { FILE, fieldsAt, onFile, presentLabels } from './fields.ts'

const known = onFile()
const added = presentLabels().filter((label) => !Object.hasOwn(known, label))
const all = { ...known, ...Object.fromEntries(added.map((label) => [label, fieldsAt(label)])) }
writeFileSync(FILE, `${JSON.stringify(all, null, 2)}\n`)
