/**
 * `npm run torture` lists the names in forms.ts. `npm run torture -- <name>...` runs their full forms one after the
 * other. `npm run torture -- all --minutes 10` runs kills, power cuts and simulated worlds for this time.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { FORMS, type Form } from './forms.ts'
import { tortureFor } from './rounds.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const command = new Command('torture')
  .argument('[names...]', 'of full forms, or all')
  .option('--minutes <n>', 'how long, of all', Number, 10)
  .option('--seed <n>', 'of the first round', Number, Math.floor(Math.random() * 1e9))
  .option('--recordings <folder>', 'whole captures, in place of the short pieces in tests/data')
  .addHelpText('after', () => `\nNames:\n${listed()}`)
  .parse()
const options = command.opts<{ minutes: number; seed: number; recordings?: string }>()

/** Returns whether all tests passed. */
function run({ files, amounts }: Form): boolean {
  const vitest = createRequire(import.meta.url).resolve('vitest/package.json')
  const { bin } = JSON.parse(readFileSync(vitest, 'utf8')) as { bin: { vitest: string } }
  const unlimited = ['--testTimeout=0', '--hookTimeout=0']
  const set = Object.entries(amounts).map(([name, value]) => [name, String(value)])
  const env = {
    // The full forms use the disk.
    TMPDIR: tmpdir(),
    // Variables set by hand come first.
    ...Object.fromEntries(set),
    ...process.env,
    SEED: String(options.seed),
    ...(options.recordings !== undefined && { RECORDINGS: resolve(options.recordings) }),
  }
  const vitestRun = [join(dirname(vitest), bin.vitest), 'run', ...files, ...unlimited]
  return spawnSync(process.execPath, vitestRun, { cwd: ROOT, env, stdio: 'inherit' }).status === 0
}

function listed(): string {
  return Object.entries(FORMS)
    .map(([name, { about }]) => `  ${name.padEnd(14)}${about}\n`)
    .concat(`  ${'all'.padEnd(14)}kills, power cuts and simulated worlds for as long as --minutes\n`)
    .join('')
}

if (command.args.length === 0) process.stdout.write(`npm run torture -- <name>...\n${listed()}`)
for (const name of command.args) {
  const form = FORMS[name]
  if (name === 'all') await tortureFor(options.minutes, options.seed)
  else if (form === undefined) command.error(`torture has no ${name}; its names are\n${listed()}`)
  else {
    if (form.needsRecordings && options.recordings === undefined)
      command.error(`${name} needs --recordings <folder>`)
    console.log(`${name}: ${form.about}, seed ${options.seed}`)
    if (!run(form)) command.error(`${name} broke with seed ${options.seed}`)
  }
}
