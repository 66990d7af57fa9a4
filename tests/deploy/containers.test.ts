/**
 * The files for Docker, as far as they can be tried without it: their schemas, the paths that they name, the configuration
 * and the options that they give the runner. No image is built, and no container runs.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { Command } from 'commander'
import { validate } from 'dockerfile-utils'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/runner/config/load.ts'
import { COMMANDS } from '../../tools/cli/commands.ts'
import { promtool } from '../metrics/prometheus.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const DEPLOY = join(ROOT, 'deploy')
const textOf = (name: string) => readFileSync(join(DEPLOY, name), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'outcry-containers-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the Dockerfile', () => {
  const text = textOf('Dockerfile')
  /** Returns the instructions of a name, each in one line. */
  const instructions = (name: string) =>
    text
      .replaceAll(/ *\\\n */g, ' ')
      .split('\n')
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length + 1))

  it('is one', () => {
    expect(validate(text)).toEqual([])
    expect(validate(text.replace('--interval', '--intervall'))).toHaveLength(1)
  })

  it('copies what there is, all of which goes into the context of the build', () => {
    const ignored = textOf('Dockerfile.dockerignore')
    const copied = instructions('COPY')
      .filter((line) => !line.startsWith('--from'))
      .flatMap((line) => line.split(' ').slice(0, -1))
    expect(copied).toContain('package-lock.json')
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const packed = (files as string[]).filter((name) => !/^(!|dist$)/.test(name))
    for (const name of [...copied.filter((one) => one !== '.'), ...packed]) {
      expect(existsSync(join(ROOT, name)), name).toBe(true)
      expect(ignored).toContain(`!${name.replace(/(?<=.)\/.*/, '')}\n`)
    }
    const lines = ignored.split('\n').filter((line) => line.startsWith('!'))
    for (const line of lines) expect(existsSync(join(ROOT, line.slice(1))), line).toBe(true)
  })

  it('installs the package, and the versions of others that it names as its peers', () => {
    const { peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const installed = [...text.matchAll(/ ([a-z-]+)@(\S+)/g)]
    expect(installed.map(([, name]) => name)).toContain('xstate')
    for (const [, name, version] of installed)
      expect([name, version]).toEqual([name, peerDependencies[name as string]])
  })

  it('starts a command that there is, with options that it has, as a user without rights', () => {
    const program = new Command()
    for (const add of COMMANDS) add(program)
    const [entry] = instructions('ENTRYPOINT').map((line) => JSON.parse(line))
    const [[name, ...words]] = instructions('CMD').map((line) => JSON.parse(line))
    expect(entry).toEqual(['outcry'])
    const options = program.commands.find((one) => one.name() === name)?.options.map(({ long }) => long)
    for (const option of words.filter((word: string) => word.startsWith('--')))
      expect(options).toContain(option)
    expect(instructions('USER')).toEqual(['node'])
    expect(words).toContain(`${instructions('VOLUME')[0]}/data`)
  })
})

describe('compose.yaml', () => {
  interface Service {
    readonly image?: string
    readonly build?: { readonly context: string; readonly dockerfile: string }
    readonly volumes: readonly string[]
    readonly secrets: readonly string[]
  }
  interface Composed {
    readonly services: Readonly<Record<string, Service>>
    readonly volumes: Readonly<Record<string, unknown>>
    readonly secrets: Readonly<Record<string, { readonly file: string }>>
  }
  const composed = parse(textOf('compose.yaml')) as Composed
  const services = Object.values(composed.services)

  it('is one, by the schema of the specification', () => {
    // dclint has the schema.
    const home = createRequire(import.meta.url).resolve('dclint/package.json')
    const schema = JSON.parse(readFileSync(join(home, '../schemas/compose.schema.json'), 'utf8'))
    const check = new Ajv({ strict: false, validateFormats: false, validateSchema: false }).compile({
      ...schema,
      $schema: undefined,
    })
    expect(check(composed), JSON.stringify(check.errors)).toBe(true)
    expect(check({ ...composed, services: { runner: { imagee: 'outcry' } } })).toBe(false)
  })

  it('mounts what there is, and names no secret that it does not have', () => {
    for (const { volumes, secrets, build } of services) {
      for (const [source] of volumes.map((one) => one.split(':') as [string])) {
        if (source.startsWith('.')) expect(existsSync(join(DEPLOY, source)), source).toBe(true)
        else expect(composed.volumes).toHaveProperty(source)
      }
      for (const name of secrets) expect(composed.secrets).toHaveProperty(name)
      if (build) expect(existsSync(join(DEPLOY, build.context, build.dockerfile))).toBe(true)
    }
    const operations = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8')
    for (const { file } of Object.values(composed.secrets)) {
      expect(file).toMatch(/^\.\/secrets\//)
      expect(operations).toContain(file.slice('./'.length))
    }
  })

  it('gives the runner a configuration that is right, with the secrets that it has', () => {
    const { server } = loadConfig({ file: join(DEPLOY, 'outcry.yaml') })
    const files = server.tokens.map((token) => ('file' in token ? token.file : undefined))
    expect(files).toEqual(composed.services.runner?.secrets.map((name) => `/run/secrets/${name}`))
  })

  it('gives Prometheus and Grafana what fits the services', async () => {
    const [secret] = composed.services.prometheus?.secrets ?? []
    const file = join(folder, 'prometheus.yml')
    const token = join(folder, 'token')
    writeFileSync(token, 'x')
    writeFileSync(join(folder, 'alerts.yml'), textOf('alerts.yml'))
    writeFileSync(file, textOf('prometheus.yml').replace(`/run/secrets/${secret}`, token))
    expect(await promtool('', 'check', 'config', file)).toMatch(/SUCCESS: .* is valid prometheus config file/)
    expect(textOf('prometheus.yml')).toContain('targets: ["runner:7077"]')
    const { datasources } = parse(textOf('grafana/datasources.yml'))
    expect(datasources).toMatchObject([{ type: 'prometheus', url: 'http://prometheus:9090' }])
    const { providers } = parse(textOf('grafana/dashboards.yml'))
    const mounted = composed.services.grafana?.volumes.map((one) => one.split(':')[1])
    expect(mounted).toContain(`${providers[0].options.path}/outcry.json`)
  })
})
