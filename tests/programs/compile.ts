/**
 * Bundles the programs that tests start as child processes, before any test, for each start then loads a quarter of the
 * files; and builds the page. All programs and the entries of the package are one bundle in pieces, so a module is there
 * once in each process: what a strategy imports from `outcry` is what the runner has.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { TestProject } from 'vitest/node'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** What tests start or import as a file of its own, beside the entries of the package. */
const PROGRAMS = [
  'src/runner/folder/strategies-file.ts',
  'src/runner/process/hang/thread.ts',
  'tools/cli/main.ts',
  'tools/bench/bad-clients.ts',
  'tools/bench/good-clients.ts',
  'tests/adapters/paper/trader.ts',
  'tests/faults/bracket/child.ts',
  'tests/faults/bracket/strategy.ts',
  'tests/faults/disk/deleter.ts',
  'tests/faults/disk/writer.ts',
  'tests/faults/feed-storm/with-client.ts',
  'tests/faults/feed-storm/with-ws.ts',
  'tests/faults/handlers/child.ts',
  'tests/faults/rivals/rival.ts',
  'tests/faults/sinks/child.ts',
  'tests/faults/upgrade/child.ts',
  'tests/store/writer.ts',
  'tests/torture/child.ts',
]
/** Files that the programs need above and beside themselves, as the sources do. */
const BESIDE = [
  'package.json',
  'node_modules',
  'dist/tools/inspector/page',
  'dist/src/adapters/recording/sample',
]

/** Returns the sources of what the package exports. */
function entries(): string[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string>
  }
  return Object.values(exports)
    .filter((path) => path.endsWith('.js'))
    .map((path) => path.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts'))
}

/** Tells each module the place that its source has, not that of the piece that it is in: there are the files beside it. */
const places = (dist: string): Plugin => ({
  name: 'places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      const place = join(dist, relative(root, path).replace(/\.ts$/, '.js'))
      const url = JSON.stringify(pathToFileURL(place).href)
      return { contents: source.replaceAll(/(?<!')import\.meta\.url/g, url), loader: 'ts' }
    })
  },
})

export default async function compilePrograms(vitest: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'outcry-programs-'))
  const dist = join(folder, 'dist')
  // Tests that run the sources serve the page from its folder beside them.
  execFileSync(process.execPath, [join(root, 'tools/build-page.js')], { stdio: 'inherit' })
  const compile = () =>
    build({
      entryPoints: [...entries(), ...PROGRAMS].map((path) => join(root, path)),
      outdir: dist,
      outbase: root,
      chunkNames: 'pieces/[name]-[hash]',
      bundle: true,
      splitting: true,
      // A strategy imports these, too, and there may be only one of each.
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: `node${process.versions.node}`,
      keepNames: true,
      plugins: [places(dist)],
    })
  await compile()
  for (const path of BESIDE) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    symlinkSync(join(root, path.replace(/^dist\//, '')), join(folder, path))
  }
  process.env.COMPILED_PROGRAMS = dist
  vitest.onTestsRerun(async () => void (await compile()))
  return () => rmSync(folder, { recursive: true, force: true })
}
