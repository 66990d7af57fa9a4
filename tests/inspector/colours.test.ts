/** The contrast of the page's colours as its style sheet has them, also where axe does not look: in charts and drawings. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const STYLE = new URL('../../tools/inspector/style/', import.meta.url)
const sheet = (name: string) => readFileSync(new URL(name, STYLE), 'utf8')

/** The colours of each token: light, dark. */
const TOKENS = new Map(
  [...sheet('tokens.css').matchAll(/--([\w-]+): light-dark\((#[\da-f]{3,6}), (#[\da-f]{3,6})\);/g)].map(
    ([, name, ...pair]) => [String(name), pair] as const,
  ),
)

/** Returns the relative luminance of a colour, as WCAG 2.2 has it. */
function luminance(hex: string): number {
  const digits =
    hex.length === 4 ? [...hex.slice(1)].map((digit) => digit + digit) : hex.slice(1).match(/../g)
  const [r = 0, g = 0, b = 0] = (digits ?? []).map((two) => {
    const share = Number.parseInt(two, 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

const GROUNDS = ['bg', 'panel', 'sunk']
const OWN = ['choice', 'moment', 'bad', 'warn', 'good']
const on = (names: readonly string[], grounds: readonly string[]) =>
  names.flatMap((name) => grounds.map((ground) => [name, ground] as const))

/** Text, and what it stands on. */
const TEXT = [
  ...on(['ink', 'ink2', 'ink3', ...OWN, 'up', 'down'], GROUNDS),
  ...OWN.map((name) => [name, `${name}-bg`] as const),
  // Rows and states that are chosen keep their own text; so does an edge that was just taken.
  ...on(['ink', 'ink2', 'ink3', 'bad'], ['choice-bg']),
  ...on(['ink'], ['moment-bg']),
  ['on-choice', 'choice'],
  ['panel', 'bad'],
  ['panel', 'ink'],
] as const
/** Lines and shapes that mean something, and what they lie on. */
const LINES = [
  ...on(['edge', 'ink2', 'choice', 'moment', 'up', 'down'], GROUNDS),
  ['edge', 'choice-bg'],
] as const

describe.each(['light', 'dark'] as const)('%s', (theme) => {
  const colourOf = (name: string) =>
    TOKENS.get(name)?.[theme === 'light' ? 0 : 1] ?? expect.fail(`no ${name}`)
  const weak = (pairs: readonly (readonly [string, string])[], least: number) =>
    pairs
      .map(([name, ground]) => [name, ground, contrast(colourOf(name), colourOf(ground))] as const)
      .filter(([, , is]) => is < least)

  it('has text that can be read on all that it stands on', () => expect(weak(TEXT, 4.5)).toEqual([]))
  it('has lines that can be seen', () => expect(weak(LINES, 3)).toEqual([]))
})

it('measures contrast as WCAG does', () => {
  expect(contrast('#000', '#fff')).toBeCloseTo(21)
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2)
})

it('has each colour once, and in no other sheet', () => {
  const others = [
    ...readdirSync(STYLE).filter((name) => name !== 'tokens.css'),
    '../chart/chart.css',
    '../style.css',
  ]
  for (const name of others)
    expect(sheet(name).match(/#[\da-f]{3,8}\b|\b(?:rgb|hsl)/gi) ?? [], name).toEqual([])
  expect(2 * TOKENS.size).toBe(sheet('tokens.css').match(/#[\da-f]{3,6}\b/g)?.length)
})
