/** Tests that the help of a command has examples, and that each of them is a call that the command takes. */
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../tools/cli/commands.ts'

/** Commands that ask for no more than a person sees in their usage. */
const PLAIN =
  /^(acknowledge|cancel|close|drop|flatten|halt|log-level|mcp|pause|reconcile|redeliver|reduce|restart|resume|stop)$/

/** Returns the program with commands that do nothing, and what they were called with. */
function idleProgram(): { program: Command; called: unknown[][] } {
  const program = new Command('outcry').exitOverride()
  for (const define of COMMANDS) define(program)
  const called: unknown[][] = []
  for (const command of program.commands)
    command
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .action((...args) => {
        called.push([command.name(), ...args.slice(0, -1)])
      })
  return { program, called }
}

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp()
  return text
}

/** Returns the words of a call as a shell has them, without what it pipes to, and without the explanation behind it. */
function wordsOf(line: string): string[] {
  const words =
    line
      .trim()
      .replace(/\s{2,}[^'"]*$/, '')
      .split(/ [|>] |\)$/)[0] ?? ''
  return [...words.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    (found) => found[1] ?? found[2] ?? found[3] ?? '',
  )
}

const examples = idleProgram().program.commands.flatMap((command) =>
  [...helpOf(command).matchAll(/^ {2}(?:source <\()?outcry (.*)$/gm)].map(([, line = '']) => ({
    name: command.name(),
    line,
  })),
)

describe('the help', () => {
  it.each(examples)('of $name has a call that it takes: outcry $line', async ({ name, line }) => {
    const { program, called } = idleProgram()
    await program.parseAsync(wordsOf(line), { from: 'user' })
    expect(called.map(([command]) => command)).toEqual([name])
  })

  it('has examples where a command takes more than a name', () => {
    const having = new Set(examples.map(({ name }) => name))
    const without = idleProgram()
      .program.commands.map((one) => one.name())
      .filter((name) => !having.has(name))
    expect(without.filter((name) => name !== 'complete' && !PLAIN.test(name))).toEqual([])
  })
})
