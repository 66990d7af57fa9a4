/** A copy of this repository in a temporary folder, in which lines are taken out. The checkout itself is never changed. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** What a check of types and the tests of machines read. */
const COPIED = [
  'errors',
  'machines',
  'src',
  'store',
  'tools',
  'tests',
  'docs',
  'package.json',
  'tsconfig.json',
]
/** A package of its own within the tree may have dependencies of its own. */
const LEFT = /\/node_modules$/

export class Tree {
  readonly root = mkdtempSync(join(tmpdir(), 'outcry-mutation-'))

  constructor() {
    for (const name of COPIED)
      cpSync(join(ROOT, name), join(this.root, name), {
        recursive: true,
        filter: (from) => !LEFT.test(from),
      })
    symlinkSync(join(ROOT, 'node_modules'), join(this.root, 'node_modules'))
  }

  path(file: string): string {
    return join(this.root, file)
  }

  read(file: string): string {
    return readFileSync(this.path(file), 'utf8')
  }

  write(file: string, text: string): void {
    writeFileSync(this.path(file), text)
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
