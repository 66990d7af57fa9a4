/**
 * Loads a user's module: TypeScript or JavaScript, ECMAScript module or CommonJS, in any folder, with any package.json.
 * Its own files become one module. Imports by name stay outside: `outcry` is the running copy, and packages are found
 * from the module first, then from here, so that a folder needs no node_modules.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, extname, join, resolve, sep } from 'node:path'
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
import { OutcryError } from '../../../store/index.ts'
import { consoleLogger, type Logger } from '../../runtime/logger.ts'
import { TIMEOUT_MAX_MS } from '../../runtime/time/clock.ts'
import { userModules } from './user-modules.ts'

/** `ts` when the sources run, `js` when the build does. */
const EXTENSION = extname(import.meta.url)
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const OWN = new Map([
  ['outcry', `src/index${EXTENSION}`],
  ['outcry/machines', `machines/index${EXTENSION}`],
  ['outcry/store', `store/index${EXTENSION}`],
])
const OWN_FOLDERS = ['machines', 'src', 'store'].map((name) => join(ROOT, name) + sep)
const REQUIRED = 'required'
/** Packages that outcry has and a strategy needs. */
const SHARED = ['xstate', 'zod', 'rxjs']

/** Milliseconds after which the log names the module that is still being loaded. */
const TOLD_AFTER_MS = 5_000
/** Default limit for a module's top-level await, in milliseconds. */
export const MODULE_LIMIT_MS = 60_000

export interface ImportOptions {
  /** Maximum milliseconds for a module's top-level await. Default: 60 s. */
  readonly limitMs?: number
  readonly logger?: Pick<Logger, 'warn'>
  /** Is notified of the module that is being loaded. */
  readonly work?: { load(file: string): void; end(): void }
}

/**
 * Returns the module's exports.
 * @throws the compiler's error in one line with its place, the module's own error, or MODULE_PENDING
 */
export async function importUserModule(
  file: string,
  { limitMs = MODULE_LIMIT_MS, logger = consoleLogger, work }: ImportOptions = {},
): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), 'outcry-module-'))
  try {
    const path = join(folder, 'module.js')
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    const sources = await bundle(file, path)
    userModules.add({ file, sources: [...sources, folder + sep] })
    // With source maps, a stack names the lines that the user wrote.
    process.setSourceMapsEnabled(true)
    work?.load(file)
    const imported = import(pathToFileURL(path).href)
    const { default: common, ...named } = await withinLimit(imported, file, limitMs, logger)
    return { ...common, ...named }
  } finally {
    work?.end()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Returns what is wrong with a module that could not be loaded, and whether its file is not there. */
export function moduleProblem(
  file: string,
  error: unknown,
): { readonly text: string; readonly isGone: boolean } {
  const { message } = error as Error
  // The extension of the file may be omitted.
  const isGone = message === `Could not resolve "${file}"`
  return { text: isGone ? `there is no file ${file}` : `${file} cannot be loaded: ${message}`, isGone }
}

/** Waits for the module. The timers also keep the process alive when nothing else is under way. */
async function withinLimit<T>(
  imported: Promise<T>,
  file: string,
  limitMs: number,
  logger: Pick<Logger, 'warn'>,
): Promise<T> {
  const waits = `its top-level await has not resolved`
  const tell = () => logger.warn({ file }, `${file} is still being loaded: ${waits}`)
  const told = setTimeout(tell, Math.min(TOLD_AFTER_MS, limitMs / 2))
  let limit: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    limit = setTimeout(
      () => {
        const text = `${file} is not loaded after ${limitMs / 1_000} s: ${waits}`
        const hint = 'Await nothing there that may never come, or set runner.moduleLimitMs to a longer time.'
        reject(new OutcryError('MODULE_PENDING', text, hint))
      },
      Math.min(limitMs, TIMEOUT_MAX_MS),
    )
  })
  try {
    return await Promise.race([imported, late])
  } finally {
    clearTimeout(told)
    clearTimeout(limit)
  }
}

/** Returns the absolute paths of the module's sources. */
async function bundle(file: string, to: string): Promise<readonly string[]> {
  const url = JSON.stringify(pathToFileURL(file).href)
  try {
    const { metafile } = await build({
      metafile: true,
      entryPoints: [file],
      bundle: true,
      outfile: to,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'inline',
      logLevel: 'silent',
      plugins: [outside],
      // The folder's own settings are for its own tools.
      tsconfigRaw: {},
      banner: {
        js: `import { createRequire as __createRequire } from 'node:module'\nconst require = __createRequire(${url})`,
      },
      define: { 'import.meta.url': url },
    })
    return Object.keys(metafile.inputs).map((path) => resolve(path))
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

/** Returns the target of an import. Undefined when there is none: then the compiler reports the line of the import. */
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

/** Returns a module in between that imports Outcry, an ECMAScript module, for a CommonJS module that requires it. */
function ours(path: string, args: OnResolveArgs): OnResolveResult {
  return args.kind === 'require-call' ? { path, namespace: REQUIRED } : external(path, args)
}
