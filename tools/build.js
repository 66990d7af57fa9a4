// @ts-check
/** The build: what tsc writes, what stands beside the sources and is no TypeScript, and a command that may be run. */
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

/** Files that the built modules read from beside themselves, as the sources do. */
const BESIDE = ['tools/inspector/page', 'src/adapters/recording/sample']
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
/** Written last: its time is that of the build. */
const STAMP = join(root, 'dist/.built')

// npm prepares a package more often than it changes: npx does so in a clone before it runs anything.
const builtAt = existsSync(STAMP) ? statSync(STAMP).mtimeMs : 0
if (SOURCES.some((name) => changedAt(join(root, name)) > builtAt)) build()

function build() {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const compiler = require.resolve('typescript/package.json')
  const { bin } = JSON.parse(readFileSync(compiler, 'utf8'))
  const tsc = join(dirname(compiler), bin.tsc)
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
  for (const folder of BESIDE) cpSync(join(root, folder), join(root, 'dist', folder), { recursive: true })
  const { bin: commands } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  // tsc sets no run bit, and npm sets it only when it links the command for the first time.
  for (const file of Object.values(commands)) chmodSync(join(root, file), 0o755)
  writeFileSync(STAMP, '')
}

/**
 * Of a file, or of the latest file below a folder, and of the folders themselves: a file that is gone is a change, too.
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
