// @ts-check
/**
 * The build of the page: it bundles the sources of tools/inspector for browsers, and writes what differs from the last
 * build. It is quick enough to run before each use, so nothing has to know whether the page is stale.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const SOURCES = join(root, 'tools/inspector')
const PAGE = join(SOURCES, 'page')
/** Most bytes that the page may take compressed, without the layout library, which is served beside it. */
const BYTES_MAX = 500_000

const { outputFiles, metafile } = await build({
  absWorkingDir: root,
  entryPoints: [join(SOURCES, 'main.tsx'), join(SOURCES, 'style.css')],
  outdir: PAGE,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'linked',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  // Modules ask Node for this, such as the name of the mode.
  define: { 'process.env.NODE_ENV': '"production"' },
  chunkNames: 'chunk-[hash]',
  metafile: true,
  plugins: [{ name: 'English only', setup: leaveOutLocales }],
  write: false,
  logLevel: 'warning',
})
/** @type {Map<string, Uint8Array>} */
const files = new Map(outputFiles.map(({ path, contents }) => [relative(PAGE, path), contents]))
files.set('docs.css', readFileSync(join(SOURCES, 'docs.css')))
files.set('index.html', Buffer.from(withPreloads(readFileSync(join(SOURCES, 'index.html'), 'utf8'))))
files.set('licences.txt', Buffer.from(licencesOf(Object.keys(metafile.inputs))))

const bytes = [...files.values()].reduce((sum, contents) => sum + gzipSync(contents).length, 0)
if (bytes > BYTES_MAX)
  throw new Error(
    `the page takes ${bytes} bytes compressed, and may take ${BYTES_MAX}: load less at its start`,
  )

mkdirSync(PAGE, { recursive: true })
for (const name of readdirSync(PAGE)) if (!files.has(name)) rmSync(join(PAGE, name), { recursive: true })
for (const [name, contents] of files) {
  const path = join(PAGE, name)
  if (!existsSync(path) || !readFileSync(path).equals(contents)) writeFileSync(path, contents)
}

/**
 * Returns the document with links to the modules that its script imports. A browser would learn of them only when it has
 * read the script.
 * @param {string} html
 * @returns {string}
 */
function withPreloads(html) {
  const { imports } = metafile.outputs[relative(root, join(PAGE, 'main.js'))] ?? { imports: [] }
  const links = imports
    .filter(({ kind }) => kind === 'import-statement')
    .map(({ path }) => `    <link rel="modulepreload" href="/page/${relative(PAGE, join(root, path))}">\n`)
  return html.replace(/^ *<script/m, (script) => `${links.join('')}${script}`)
}

/**
 * Takes zod's messages in fifty languages out of the bundle, which are half of it. The English ones have another path.
 * @param {import('esbuild').PluginBuild} build
 */
function leaveOutLocales({ onLoad }) {
  onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({ contents: '' }))
}

/**
 * Returns the licences of the packages whose modules are in the page, because each asks to go along with a copy.
 * @param {string[]} inputs paths of modules
 * @returns {string}
 */
function licencesOf(inputs) {
  const folders = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [])
  const texts = [...new Set(folders)].sort().map((folder) => {
    const path = join(root, folder)
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
    const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry))
    const text = file === undefined ? '' : readFileSync(join(path, file), 'utf8').trim()
    return `${name} ${version} (${license})\n\n${text}\n`
  })
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}
