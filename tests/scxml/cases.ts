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
    /** Milliseconds to wait before. */
    readonly after?: number
    readonly event: { readonly name: string }
    readonly nextConfiguration: readonly string[]
  }[]
}

/** Names no other case has a function for in its context, which the log cannot bring back. */
export const REFUSED = 'w3c-ecma/test453.txml'

const folder = join(
  dirname(createRequire(import.meta.url).resolve('@scion-scxml/test-framework/package.json')),
  'test',
)

/** The one document with a script: the same step as an assignment. */
const SCRIPT = /<script>\s*x \*= 2;\s*<\/script>/
const ASSIGNMENT = '<assign location="x" expr="x * 2"/>'

export const CASES: readonly Case[] = Object.entries(listed).flatMap(([group, names]) =>
  names.map((name) => ({
    name: `${group}/${name}`,
    machine: convert(readFileSync(join(folder, group, `${name}.scxml`), 'utf8').replace(SCRIPT, ASSIGNMENT)),
    script: JSON.parse(readFileSync(join(folder, group, `${name}.json`), 'utf8')) as Script,
  })),
)
