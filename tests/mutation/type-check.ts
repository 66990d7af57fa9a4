/** The compiler as a service: after a change of one file it checks again only what it is asked about. */
import { dirname } from 'node:path'
import type { SourceFile } from 'typescript/unstable/ast'
import { API, type Snapshot } from 'typescript/unstable/sync'
import type { Tree } from './tree.ts'

const CONFIG = 'tsconfig.mutation.json'
/** An import that is left over when a line is gone proves nothing. */
const OPTIONS = { extends: './tsconfig.json', compilerOptions: { noUnusedLocals: false } }
const CHECKED = ['machines', 'src/runner']

export class TypeCheck {
  readonly #tree: Tree
  readonly #api: API
  #snapshot: Snapshot

  constructor(tree: Tree) {
    this.#tree = tree
    tree.write(CONFIG, JSON.stringify({ ...OPTIONS, include: [...CHECKED, 'tests/machines'] }))
    this.#api = new API({ cwd: tree.root })
    this.#snapshot = this.#api.updateSnapshot({ openProjects: [tree.path(CONFIG)] })
  }

  /** Returns the files that declarations may be in, with their syntax trees. */
  *sources(): Generator<readonly [file: string, source: SourceFile]> {
    for (const file of this.#files())
      if (CHECKED.some((folder) => file.startsWith(`${folder}/`))) {
        const source = this.#program.getSourceFile(this.#tree.path(file))
        if (source !== undefined) yield [file, source]
      }
  }

  /** Returns the first error after a change of this file. Looks first where it is most likely: in the file's own folder. */
  errorAfter(file: string): string | undefined {
    this.changed(file)
    const folder = dirname(file)
    const files = this.#files().filter((one) => dirname(one) === folder)
    for (const one of files) {
      const [error] = this.#program.getSemanticDiagnostics(this.#tree.path(one))
      if (error !== undefined) return `${one}: ${error.text}`
    }
    return undefined
  }

  /** Returns the first error anywhere. */
  error(): string | undefined {
    const [error] = this.#program.getSemanticDiagnostics()
    return error && `${error.fileName}: ${error.text}`
  }

  changed(file: string): void {
    const before = this.#snapshot
    this.#snapshot = this.#api.updateSnapshot({ fileChanges: { changed: [this.#tree.path(file)] } })
    before.dispose()
  }

  close(): void {
    this.#api.close()
  }

  get #program() {
    const [project] = this.#snapshot.getProjects()
    if (project === undefined) throw new Error(`the compiler does not find ${CONFIG}`)
    return project.program
  }

  #files(): readonly string[] {
    const root = `${this.#tree.root}/`
    return this.#program
      .getSourceFileNames()
      .filter((name) => name.startsWith(root) && !name.includes('/node_modules/'))
      .map((name) => name.slice(root.length))
  }
}
