/** Versions of Node, npm and TypeScript that a user may have, installed beside each other. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const NODES = ['20', '22', '24'] as const
export const NPMS = ['10', '11'] as const
export const TYPESCRIPTS = ['5', '7'] as const

const run = promisify(execFile)
/** The npm packages that carry Node itself. */
const NODE_PACKAGE = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A user's Node and npm. */
export class Toolchain {
  readonly #folder: string
  readonly node: string
  readonly #npm: string
  readonly env: NodeJS.ProcessEnv

  constructor(folder: string, node: string, npm: string) {
    this.#folder = folder
    this.node = join(folder, `node_modules/node${node}/bin/node`)
    this.#npm = join(folder, `node_modules/npm${npm}/bin`)
    const { PATH = '', ...inherited } = process.env
    // Removes the variables with which the present npm and test runner pass their settings on.
    const kept = Object.entries(inherited).filter(
      ([name]) => !/^(npm_|NODE_ENV|NODE_OPTIONS|VITEST|TEST$|FORCE_COLOR|INIT_CWD)/i.test(name),
    )
    this.env = {
      ...Object.fromEntries(kept),
      PATH: [dirname(this.node), PATH].join(delimiter),
      NO_COLOR: '1',
    }
  }

  /** Runs a command. For an exit code other than 0, the result has the output. */
  async run(cwd: string, file: string, ...args: string[]): Promise<Ran> {
    try {
      const { stdout, stderr } = await run(file, args, { cwd, env: this.env, maxBuffer: 64 << 20 })
      return { code: 0, stdout, stderr }
    } catch (error) {
      const { code, stdout, stderr, message } = error as Ran & Error
      if (typeof code !== 'number' || stdout === undefined) throw new Error(`${file} did not run: ${message}`)
      return { code, stdout, stderr }
    }
  }

  npm(cwd: string, ...args: string[]): Promise<Ran> {
    return this.run(cwd, this.node, join(this.#npm, 'npm-cli.js'), ...args)
  }

  npx(cwd: string, ...args: string[]): Promise<Ran> {
    return this.run(cwd, this.node, join(this.#npm, 'npx-cli.js'), '--no-install', ...args)
  }

  tsc(version: string, cwd: string, ...args: string[]): Promise<Ran> {
    return this.run(cwd, this.node, join(this.#folder, `node_modules/typescript${version}/bin/tsc`), ...args)
  }
}

/** Installs all versions from the registry, once for all test files. */
export default async function installTools(): Promise<() => void> {
  const tools = mkdtempSync(join(tmpdir(), 'outcry-tools-'))
  const wanted = [
    ...NODES.map((version) => `node${version}@npm:${NODE_PACKAGE}@${version}`),
    ...NPMS.map((version) => `npm${version}@npm:npm@${version}`),
    ...TYPESCRIPTS.map((version) => `typescript${version}@npm:typescript@${version}`),
  ]
  await run('npm', ['install', '--prefix', tools, '--no-save', ...wanted], { cwd: tools })
  process.env.PACK_TOOLS = tools
  return () => rmSync(tools, { recursive: true, force: true })
}

export function toolchain(node: string, npm: string): Toolchain {
  return new Toolchain(process.env.PACK_TOOLS as string, node, npm)
}

export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'outcry-pack-'))

  /** Packs the sources as they are, with `npm pack`. */
  async pack(): Promise<string> {
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', this.folder], { cwd: ROOT })
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('['))) as { filename: string }[]
    return join(this.folder, packed?.filename ?? '')
  }

  /** Makes an empty folder. */
  empty(...path: string[]): string {
    const folder = join(this.folder, ...path)
    mkdirSync(folder, { recursive: true })
    return folder
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
