/**
 * Loads a module that a user wrote: TypeScript or JavaScript, ECMAScript module or CommonJS, in any folder, whatever a
 * package.json beside it says. Its own files become one module. What it imports by name stays outside: `outcry` is the
 * copy that runs, and packages are found from the module first, then from here, so that a folder needs no node_modules.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, extname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  type BuildFailure,
  build,
  type OnResolveArgs,
  type OnResolveResult,
  type Plugin,
  type PluginBuild,
  stop,
} from 'esbuild'

/** `ts` when the sources run, `js` when the build does. */
const EXTENSION = extname(import.meta.url)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const OWN = new Map([
  ['outcry', `src/index${EXTENSION}`],
  ['outcry/machines', `machines/index${EXTENSION}`],
  ['outcry/store', `store/index${EXTENSION}`],
])
const OWN_FOLDERS = ['machines', 'src', 'store'].map((name) => join(ROOT, name) + sep)
const REQUIRED = 'required'
/** Packages that outcry has and a strategy needs. */
const SHARED = ['xstate', 'zod', 'rxjs']

/** Its exports. @throws what the compiler says, in one line with its place, or what the module itself throws */
export async function importUserModule(file: string): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), 'outcry-module-'))
  try {
    const path = join(folder, 'module.js')
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await bundle(file, path)
    // A stack then names the lines that the user wrote.
    process.setSourceMapsEnabled(true)
    const { default: common, ...named } = await import(pathToFileURL(path).href)
    return { ...common, ...named }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function bundle(file: string, to: string): Promise<void> {
  const url = JSON.stringify(pathToFileURL(file).href)
  try {
    await build({
      entryPoints: [file],
      bundle: true,
      outfile: to,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'inline',
      logLevel: 'silent',
      plugins: [outside],
      // A folder's own settings are for its own tools.
      tsconfigRaw: {},
      banner: {
        js: `import { createRequire as __createRequire } from 'node:module'\nconst require = __createRequire(${url})`,
      },
      define: { 'import.meta.url': url },
    })
  } catch (error) {
    const [first] = (error as Partial<BuildFailure>).errors ?? []
    if (first === undefined) throw error
    const { text, location } = first
    const place = location === null ? '' : `${location.file}:${location.line}:${location.column + 1}: `
    throw new Error(`${place}${text}`, { cause: error })
  } finally {
    await stop()
  }
}

const outside: Plugin = {
  name: 'outside',
  setup(bundler) {
    bundler.onResolve({ filter: /.*/ }, async (args) => {
      if (args.kind === 'entry-point' || args.pluginData === outside) return undefined
      if (isBuiltin(args.path) || isUrl(args.path)) return { path: args.path, external: true }
      const own = OWN.get(args.path)
      const path = own === undefined ? await found(bundler, args) : join(ROOT, own)
      if (path === undefined) return undefined
      if (OWN_FOLDERS.some((folder) => path.startsWith(folder))) return ours(path, args)
      return path.includes(`${sep}node_modules${sep}`) ? external(path, args) : { path }
    })
    bundler.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => ({
      contents: `export * from ${JSON.stringify(pathToFileURL(path).href)}`,
    }))
  },
}

/** Where the import leads; undefined where nothing is, which the compiler then tells with the line that asks for it. */
async function found(
  bundler: PluginBuild,
  { path, resolveDir, kind, importer }: OnResolveArgs,
): Promise<string | undefined> {
  const from = { kind, importer, pluginData: outside }
  const there = await bundler.resolve(path, { ...from, resolveDir })
  if (there.errors.length === 0) return there.path
  const isShared = SHARED.some((name) => path === name || path.startsWith(`${name}/`))
  if (!isShared) return undefined
  const here = await bundler.resolve(path, { ...from, resolveDir: dirname(fileURLToPath(import.meta.url)) })
  return here.errors.length === 0 ? here.path : undefined
}

function isUrl(specifier: string): boolean {
  return /^(file|data):/.test(specifier)
}

function external(path: string, { kind }: OnResolveArgs): OnResolveResult {
  return { path: kind === 'require-call' ? path : pathToFileURL(path).href, external: true }
}

/** Outcry is an ECMAScript module: what a CommonJS module requires of it is imported by a module in between. */
function ours(path: string, args: OnResolveArgs): OnResolveResult {
  return args.kind === 'require-call' ? { path, namespace: REQUIRED } : external(path, args)
}
