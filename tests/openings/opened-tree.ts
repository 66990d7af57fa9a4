/** A copy of this repository with one thing added: a folder, and a line in a registry. It is built, which type checks it, and run. */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)
/** What a build is made of. */
const SOURCES = [
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
  /** Below `tests/openings`: what is added. */
  readonly folder: string
  /** Where that goes. */
  readonly to: string
  readonly registry: string
  /** The member's import in the registry. */
  readonly import: string
  /** How the list begins in the registry, and what is put behind that. */
  readonly list: string
  readonly member: string
}

export interface OpenedTree {
  /** Ends with the output of a command of the built tree; what it writes goes where the copy is. */
  outcry(...args: string[]): Promise<string>
  readonly root: string
  remove(): void
}

/** Resolves with the built copy. @throws what the build says, where the addition does not fit */
export async function openTree(addition: Addition): Promise<OpenedTree> {
  const { folder, to, registry, import: imported, list, member } = addition
  const root = mkdtempSync(join(tmpdir(), 'outcry-opening-'))
  const remove = () => rmSync(root, { recursive: true, force: true })
  try {
    for (const source of SOURCES)
      cpSync(join(ROOT, source), join(root, source), {
        recursive: true,
        filter: (path) => !/\/(node_modules|dist)$/.test(path),
      })
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
    cpSync(join(ROOT, 'tests/openings', folder), join(root, to), { recursive: true })
    const file = join(root, registry)
    const text = readFileSync(file, 'utf8')
    if (text.split(list).length !== 2) throw new Error(`${registry} does not have "${list}" once`)
    writeFileSync(file, `${imported}\n${text.replace(list, `${list} ${member},`)}`)
    await run(process.execPath, ['tools/build.js'], { cwd: root })
  } catch (error) {
    remove()
    const { stdout = '' } = error as { stdout?: string }
    throw new Error(`the tree with ${folder} cannot be built: ${(error as Error).message}\n${stdout}`, {
      cause: error,
    })
  }
  const outcry = async (...args: string[]) => {
    const main = join(root, 'dist/tools/cli/main.js')
    const { stdout } = await run(process.execPath, [main, ...args], { cwd: root })
    return stdout
  }
  return { root, outcry, remove }
}
