/**
 * `npm run mutate:declarations`: takes out each line of each declaration, one at a time, in a copy of this tree. The compiler or a test
 * has to miss the line: one that nobody misses says something that nothing holds. Exit code 1 when there is one. After `--`: a
 * number takes so many lines by chance (`SEED`), a path those of the files below it.
 */
import { compact } from '../../errors/compact.ts'
import { SEED } from '../seeded.ts'
import { survivors } from './survivors.ts'

const [which] = process.argv.slice(2)
const began = performance.now()
const some = Number.isNaN(Number(which)) ? { under: which } : { count: Number(which) }
const sample = which === undefined ? undefined : { seed: SEED, ...compact(some) }
const { lines, byCompiler, byTests, left } = survivors(console.log, sample)
const seconds = Math.round((performance.now() - began) / 1_000)
const by = `the compiler misses ${byCompiler}, a test ${byTests}, nobody ${left.length}`
console.log(`${lines} lines${sample === undefined ? '' : `, seed ${SEED}`}: ${by} (${seconds} s)`)
for (const { file, name } of left) console.log(`nobody misses ${name} in ${file}`)
process.exitCode = left.length > 0 ? 1 : 0
