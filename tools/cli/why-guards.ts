/** The guards that a machine was asked, as lines for people. */

import type { AskedGuard, AskedTransition, GuardsAsked } from '../../src/api/contract/why.ts'
import { innermost, isUnknownTo, leading, placeOf, valuesOf } from '../explained/asked.ts'
import { cut } from '../explained/decisive.ts'
import { colors } from './colors.ts'

/** Most lines with the values that one guard read. `--json` has all of them. */
const VALUE_LINES_MAX = 3

/**
 * Returns the lines: in full, each transition with the values that its guards read; or else those refused on one line,
 * and the values of the one that was taken. Values are chosen for so many `columns`, and other texts are cut at `end`.
 */
export function guardLines(guards: GuardsAsked, columns: number, isFull: boolean, end = columns): string[] {
  const lines = isFull ? inFull(guards, columns, end) : inShort(guards, columns, end)
  if (guards.problem !== undefined) lines.push(colors.yellow(cut(`not sure: ${guards.problem}`, end)))
  return lines
}

function inFull(guards: GuardsAsked, columns: number, end: number): string[] {
  const { asked, event } = guards
  const lines: string[] = []
  let said = ''
  for (const transition of asked) {
    const place = placeOf(transition, guards)
    if (transition.guards.length === 0)
      lines.push(mark(transition, `without a guard${place}${leading(transition, guards)}`, end))
    for (const guard of transition.guards) {
      const indent = '  '.repeat(guard.depth)
      const text = `${guard.guard}${guard.depth === 0 ? `${place}${leading(transition, guards)}` : ''}`
      lines.push(`${indent}${mark(guard.depth === 0 ? transition : guard, text, end - indent.length)}`)
      if (guard.error !== undefined)
        lines.push(`${indent}    ${colors.red(cut(guard.error, end - indent.length - 4))}`)
      const values = texts(guard.reads)
      const all = values.join()
      if (all !== '' && all === said) lines.push(`${indent}    ${colors.dim('by the same values')}`)
      else
        lines.push(
          ...wrapped(values, columns - indent.length - 4, VALUE_LINES_MAX).map(
            (line) => `${indent}    ${colors.dim(line)}`,
          ),
        )
      if (guard.isCut) lines.push(`${indent}    ${colors.dim('it read more than is shown')}`)
      if (all !== '') said = all
    }
  }
  if (isUnknownTo(guards))
    lines.push(colors.yellow(cut(`no transition for ${event} in ${innermost(guards).join(' ')}`, end)))
  return lines
}

function inShort(guards: GuardsAsked, columns: number, end: number): string[] {
  const refused = guards.asked.filter(({ taken, action }) => !taken && action === undefined)
  const taken = guards.asked.filter((one) => one.taken && one.guards.length > 0)
  const lines: string[] = []
  if (refused.length > 0) lines.push(`${colors.red('✗')} ${colors.dim(cut(namesOf(refused), end - 2))}`)
  for (const transition of taken) {
    lines.push(mark(transition, `${transition.guards[0]?.guard}${leading(transition, guards)}`, end))
    const values = texts(transition.guards.flatMap(({ reads }) => reads))
    lines.push(...wrapped(values, columns - 4, 1).map((line) => `    ${colors.dim(line)}`))
  }
  return lines
}

/** Returns the names of the guards, each once: `isOver, leads(...) 3 times`. */
function namesOf(refused: readonly AskedTransition[]): string {
  const params = new Map<string, Set<string>>()
  for (const { guards, event } of refused) {
    const whole = guards[0]?.guard ?? `${event} (pre-empted)`
    const [name = ''] = guards.length === 1 ? whole.split('(', 1) : [whole]
    params.set(name, (params.get(name) ?? new Set()).add(whole))
  }
  const text = ([name, [first = '', ...more]]: [string, Set<string>]) =>
    more.length === 0 ? first : `${name}(...) ${more.length + 1} times`
  return [...params].map(text).join(', ')
}

function mark({ result }: AskedTransition | AskedGuard, text: string, columns: number): string {
  const sign = result === 'true' ? colors.green('✓') : colors.red(result === 'false' ? '✗' : '⚡')
  return `${sign} ${cut(text, columns - 2)}`
}

const texts = (reads: AskedGuard['reads']): string[] =>
  valuesOf(reads).map(({ name, text }) => `${name} = ${text}`)

/** Returns the texts on lines of so many columns. The last line says how many are left out. */
function wrapped(texts: readonly string[], columns: number, linesMax: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const [i, text] of texts.entries()) {
    const more = ` +${texts.length - i}`
    const longer = line === '' ? cut(text, columns) : `${line}, ${text}`
    const room = lines.length + 1 === linesMax && i + 1 < texts.length ? columns - more.length : columns
    if (longer.length <= room || line === '') {
      line = longer
      continue
    }
    if (lines.length + 1 === linesMax) return [...lines, `${line}${more}`]
    lines.push(`${line},`)
    line = cut(text, columns)
  }
  return line === '' ? lines : [...lines, line]
}
