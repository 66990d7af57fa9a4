/** A real Prometheus, as a child process with a folder of its own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from '../runtime/harness.ts'

const MISSING = 'this test needs Prometheus: apt-get install prometheus (.ci installs it)'

/** A value of an instant query, with its labels. */
export interface Result {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [at: number, text: string]
}

export class Prometheus {
  readonly #child: ChildProcess
  readonly #url: string
  #output = ''

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.#url = url
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.#output += text
    })
  }

  /** Starts it in the folder. Resolves when it answers. `config` is its configuration, as JSON, which is YAML, too. */
  static async start(folder: string, config: object): Promise<Prometheus> {
    const port = await freePort()
    const file = join(folder, 'prometheus.yml')
    writeFileSync(file, JSON.stringify(config))
    const child = spawn(
      'prometheus',
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(folder, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    const failed = once(child, 'error').then(([error]) => {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new Error(MISSING) : error
    })
    await Promise.race([failed, once(child, 'spawn')])
    failed.catch(() => {})
    const prometheus = new Prometheus(child, `http://127.0.0.1:${port}`)
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`prometheus has ended: ${prometheus.#output}`)
      if (!(await fetch(`${prometheus.#url}/-/ready`)).ok) throw new Error('it is not ready')
    })
    return prometheus
  }

  /** Returns what an expression has at this moment. */
  async query(expression: string): Promise<readonly Result[]> {
    return (await this.get<{ result: Result[] }>(`query?query=${encodeURIComponent(expression)}`)).result
  }

  /** Returns the first value of an expression; undefined where it has none. */
  async value(expression: string): Promise<number | undefined> {
    const [first] = await this.query(expression)
    return first && Number(first.value[1])
  }

  /** Returns the data of an answer of the HTTP API. */
  async get<T>(path: string): Promise<T> {
    const answer = (await (await fetch(`${this.#url}/api/v1/${path}`)).json()) as {
      status: string
      data: T
      error?: string
    }
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`)
    return answer.data
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'close')
  }
}

/** Runs promtool with a text as its input, and returns all that it prints. */
export async function promtool(input: string, ...args: readonly string[]): Promise<string> {
  const running = promisify(execFile)('promtool', args)
  running.child.stdin?.end(input)
  return running.then(
    ({ stdout, stderr }) => `${stdout}${stderr}`,
    (error) => {
      if (error.code === 'ENOENT') throw new Error(MISSING)
      return `${error.stdout}${error.stderr}`
    },
  )
}

/** Another process may take the port in between. Then Prometheus ends, and says so. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
