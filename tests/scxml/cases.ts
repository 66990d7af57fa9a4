/** The cases of `@scion-scxml/test-framework` that XState's own suite runs: see listed.json. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { AnyStateMachine } from 'xstate'
import { convert } from './convert.ts'
import listed from './listed.json' with { type: 'json' }

export interface Case {
  readonly name: string
  readonly machine: AnyStateMachine
  readonly script: Script
}

export interface Script {
  readonly initialConfiguration: readonly string[]
  readonly events: readonly {
    /** Milliseconds to wait before this event. */
    readonly after?: number
    readonly event: { readonly name: string }
    readonly nextConfiguration: readonly string[]
  }[]
}

/** Name of the only case with a function in its context, which the log cannot restore. */
export const REFUSED = 'w3c-ecma/test453.txml'

const folder = join(
  dirname(createRequire(import.meta.url).resolve('@scion-scxml/test-framework/package.json')),
  'test',
)

/** The script of the only document with one. An assignment does the same. */
const SCRIPT = /<script>\s*x \*= 2;\s*<\/script>/
const ASSIGNMENT = '<assign location="x" expr="x * 2"/>'

export const CASES: readonly Case[] = Object.entries(listed).flatMap(([group, names]) =>
  names.map((name) => ({
    name: `${group}/${name}`,
    machine: convert(readFileSync(join(folder, group, `${name}.scxml`), 'utf8').replace(SCRIPT, ASSIGNMENT)),
    script: JSON.parse(readFileSync(join(folder, group, `${name}.json`), 'utf8')) as Script,
  })),
)
