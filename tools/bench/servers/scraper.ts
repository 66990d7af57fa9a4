/** A real Prometheus that scrapes a server each second. Where it is not installed, a loop does as much. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, ServerProcess } from './server.ts'

const PROGRAM = '/usr/bin/prometheus'
const EVERY_MS = 1_000

export interface Scraper {
  /** `Prometheus`, or what stands in for it. */
  readonly name: string
  pause(): void
  resume(): void
  end(): Promise<void>
}

/** Starts to scrape `/metrics` of a server at `url`. `parent` is the folder for the data. */
export async function startScraper(url: string, parent: string): Promise<Scraper> {
  return existsSync(PROGRAM) ? prometheus(url, parent) : loop(url)
}

async function prometheus(url: string, parent: string): Promise<Scraper> {
  const folder = mkdtempSync(join(parent, 'outcry-prometheus-'))
  const file = join(folder, 'prometheus.yml')
  const every = `${EVERY_MS}ms`
  const target = { job_name: 'outcry', static_configs: [{ targets: [new URL(url).host] }] }
  // JSON is YAML, too.
  writeFileSync(
    file,
    JSON.stringify({ global: { scrape_interval: every, scrape_timeout: every }, scrape_configs: [target] }),
  )
  const port = await freePort()
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]
  const server = new ServerProcess(
    { program: PROGRAM, args },
    async () => {
      const { ok, status } = await fetch(`http://127.0.0.1:${port}/-/ready`)
      if (!ok) throw new Error(`it answers ${status}`)
    },
    () => [],
  )
  await server.start()
  return {
    name: 'Prometheus',
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    async end() {
      await server.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function loop(url: string): Scraper {
  const scrape = () => {
    fetch(`${url}/metrics`)
      .then((answer) => answer.arrayBuffer())
      .catch(() => {})
  }
  let timer: NodeJS.Timeout | undefined
  const pause = () => clearInterval(timer)
  return {
    name: 'GET /metrics each second',
    pause,
    resume: () => {
      timer = setInterval(scrape, EVERY_MS)
    },
    end: async () => pause(),
  }
}
