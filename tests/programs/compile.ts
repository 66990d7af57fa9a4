/**
 * Compiles the programs that tests start as child processes, before any test, for each start then takes half the time;
 * and builds the page.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

const root = fileURLToPath(new URL('../../', import.meta.url))
const project = fileURLToPath(new URL('tsconfig.json', import.meta.url))
/** Files that the compiled modules need above and beside themselves, as the sources do. */
const BESIDE = [
  'package.json',
  'node_modules',
  'dist/tools/inspector/page',
  'dist/src/adapters/recording/sample',
]

export default function compilePrograms(vitest: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-programs-'))
  const compiler = createRequire(import.meta.url).resolve('typescript/package.json')
  const { bin } = JSON.parse(readFileSync(compiler, 'utf8')) as { bin: { tsc: string } }
  const dist = join(folder, 'dist')
  // Tests that run the sources serve the page from its folder beside them.
  execFileSync(process.execPath, [join(root, 'tools/build-page.js')], { stdio: 'inherit' })
  const compile = () => {
    execFileSync(process.execPath, [join(dirname(compiler), bin.tsc), '-p', project, '--outDir', dist], {
      stdio: 'inherit',
    })
  }
  compile()
  for (const path of BESIDE) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    symlinkSync(join(root, path.replace(/^dist\//, '')), join(folder, path))
  }
  process.env.COMPILED_PROGRAMS = dist
  vitest.onTestsRerun(compile)
  return () => rmSync(folder, { recursive: true, force: true })
}
