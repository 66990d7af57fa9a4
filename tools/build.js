// @ts-check
/**
 * The build: it bundles the page, runs tsc, copies the files beside the sources that tsc does not make, and makes the
 * commands executable. tsc checks and writes anew what has changed since the last build, and what depends on it.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)

/** Folders that modules read at a path relative to themselves, in the sources and in the build alike. */
const BESIDE = ['tools/inspector/page', 'src/adapters/recording/sample']
/** The inputs of a build. */
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
const DIST = join(root, 'dist')
/** File that is written last. Its time is the time of the build. */
const STAMP = join(DIST, '.built')

// npm prepares a package more often than it changes: npx does so in a clone before it runs anything.
const builtAt = existsSync(STAMP) ? statSync(STAMP).mtimeMs : 0
if (SOURCES.some((name) => changedAt(join(root, name)) > builtAt)) build()

function build() {
  // What tsc notes of its last run says nothing of files that a build has not come to.
  if (existsSync(STAMP)) rmSync(STAMP)
  else rmSync(DIST, { recursive: true, force: true })
  execFileSync(process.execPath, ['tools/build-page.js'], { cwd: root, stdio: 'inherit' })
  const compiler = require.resolve('typescript/package.json')
  const { bin } = JSON.parse(readFileSync(compiler, 'utf8'))
  const tsc = join(dirname(compiler), bin.tsc)
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
  removeOrphans()
  for (const folder of BESIDE) cpSync(join(root, folder), join(DIST, folder), { recursive: true })
  const { bin: commands } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  // tsc sets no run bit, and npm sets it only when it links the command for the first time.
  for (const file of Object.values(commands)) chmodSync(join(root, file), 0o755)
  writeFileSync(STAMP, '')
}

/** Removes what an earlier build has made of sources that are no more, and what lies beside the sources, to be copied anew. */
function removeOrphans() {
  for (const folder of BESIDE) rmSync(join(DIST, folder), { recursive: true, force: true })
  for (const name of readdirSync(DIST, { recursive: true, encoding: 'utf8' })) {
    const source = name.replace(/(?:\.d\.ts|\.js)$/, '.ts')
    if (source !== name && !existsSync(join(root, source))) rmSync(join(DIST, name))
  }
}

/**
 * Returns the latest change, in epoch ms, of a file, or of all files and folders below a folder. A deleted file changes
 * its folder.
 * @param {string} path
 * @returns {number}
 */
function changedAt(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  const below = readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && name !== 'bench-results')
    .map(({ name }) => changedAt(join(path, name)))
  return Math.max(stat.mtimeMs, ...below)
}
