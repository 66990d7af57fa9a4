// @ts-check
/** The build: what tsc writes, what stands beside the sources and is no TypeScript, and a command that may be run. */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)

/** Files that the built modules read from beside themselves, as the sources do. */
const BESIDE = ['tools/inspector/page', 'src/ports/market/sample']

rmSync(join(root, 'dist'), { recursive: true, force: true })
const compiler = require.resolve('typescript/package.json')
const { bin } = JSON.parse(readFileSync(compiler, 'utf8'))
execFileSync(process.execPath, [join(dirname(compiler), bin.tsc), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
for (const folder of BESIDE) cpSync(join(root, folder), join(root, 'dist', folder), { recursive: true })
// tsc sets no run bit, and npm sets it only when it links the command for the first time.
const { bin: commands } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
for (const file of Object.values(commands)) chmodSync(join(root, file), 0o755)
