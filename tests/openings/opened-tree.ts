/**
 * A copy of this repository with additions: of each a folder, and a line in a registry. It is built, which type checks it,
 * and run. A build takes long, so two additions may share one.
 */
import { type ChildProcess, execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)
const OUTPUT_MAX_BYTES = 64 * 2 ** 20
/** The inputs of a build and of the generated pages. */
const SOURCES = [
  'deploy',
  'docs',
  'errors',
  'machines',
  'src',
  'store',
  'tools',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
]

export interface Addition {
  /** The folder below `tests/openings` that is added. */
  readonly folder: string
  /** The place for this folder in the copy. */
  readonly to: string
  readonly registry: string
  /** The import line of the member in the registry. */
  readonly import: string
  /** The beginning of the list in the registry, and the text that is inserted behind it. */
  readonly list: string
  readonly member: string
}

interface Started {
  readonly child: ChildProcess
  /** Resolves with the address of its server, once it has one. */
  readonly url: Promise<string>
  /** Resolves with its stdout. Rejects when the exit code is not 0. */
  readonly ended: Promise<string>
}

export interface OpenedTree {
  readonly root: string
  /** Starts a command of the built tree. Its paths are relative to the copy's root. */
  start(...args: string[]): Started
  /** Resolves with the output of a command. */
  outcry(...args: string[]): Promise<string>
  /** Resolves with the output of Node with these arguments. */
  node(...args: string[]): Promise<string>
  remove(): void
}

/** Resolves with the built copy. @throws the output of the build when an addition does not fit */
export async function openTree(...additions: readonly Addition[]): Promise<OpenedTree> {
  const root = mkdtempSync(join(tmpdir(), 'outcry-opening-'))
  const remove = () => rmSync(root, { recursive: true, force: true })
  try {
    for (const source of SOURCES)
      cpSync(join(ROOT, source), join(root, source), {
        recursive: true,
        filter: (path) => !/\/(node_modules|dist)$/.test(path),
      })
    // The build goes on from the last one here, whatever that was built from. `preserveSymlinks` of tsconfig.build.json lets the
    // linked packages below have the places that they had in it.
    if (existsSync(join(ROOT, 'dist'))) cpSync(join(ROOT, 'dist'), join(root, 'dist'), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
    for (const addition of additions) add(addition, root)
    await run(process.execPath, ['tools/build.js'], { cwd: root })
  } catch (error) {
    remove()
    const { stdout = '' } = error as { stdout?: string }
    const folders = additions.map(({ folder }) => folder).join(' and ')
    throw new Error(`the tree with ${folders} cannot be built: ${(error as Error).message}\n${stdout}`, {
      cause: error,
    })
  }
  const node = (...args: string[]): Started => {
    const started = run(process.execPath, args, { cwd: root, maxBuffer: OUTPUT_MAX_BYTES })
    return { child: started.child, url: urlOf(started.child), ended: started.then(({ stdout }) => stdout) }
  }
  const start = (...args: string[]) => node(join(root, 'dist/tools/cli/main.js'), ...args)
  return {
    root,
    start,
    outcry: (...args) => start(...args).ended,
    node: (...args) => node(...args).ended,
    remove,
  }
}

function add({ folder, to, registry, import: imported, list, member }: Addition, root: string): void {
  cpSync(join(ROOT, 'tests/openings', folder), join(root, to), { recursive: true })
  const file = join(root, registry)
  const text = readFileSync(file, 'utf8')
  if (text.split(list).length !== 2) throw new Error(`${registry} does not have "${list}" once`)
  writeFileSync(file, `${imported}\n${text.replace(list, `${list} ${member},`)}`)
}

/** Resolves with the address of the run's server. Never resolves for a process without one. */
function urlOf({ stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    stderr?.on('data', (data) => {
      text += data
      const [, url] = /"url":"([^"]+)"/.exec(text) ?? []
      if (url !== undefined) resolve(url)
    })
  })
}
