/** Makes docs/defaults.yaml: all default values, each key with its meaning from the schema. */
import { Document, isPair, isScalar, isSeq, type Scalar, visit } from 'yaml'
import { loadConfig } from '../../src/runner/config/load.ts'
import { configSections, type RunnerConfig } from '../../src/runner/config/schema.ts'
import { sections } from './configuration-page.ts'

const HEAD = ` The default values of a configuration. Made by npm run docs:reference from the schema in
 src/runner/config/schema.ts: do not edit it by hand. docs/configuration.md also has the keys without a default.`
/** Width at which a comment is wrapped. */
const COLUMNS = 100
/** Most entries of a list or a mapping on one line. */
const FLOW_MAX = 6

export function defaultConfiguration(): string {
  const config = loadConfig({})
  const document = new Document(inOrder(config))
  const shapes = [
    undefined,
    `market.source: ${config.market.source}`,
    `venue.adapter: ${config.venue?.adapter}`,
  ]
  document.commentBefore = HEAD
  const meanings = new Map(
    sections().flatMap(({ name, about, tables }) => [
      [name, about] as const,
      ...tables.flatMap(({ shape, keys }) =>
        shapes.includes(shape) ? keys.map(({ path, meaning }) => [path, meaning] as const) : [],
      ),
    ]),
  )
  visit(document, {
    Pair(_, { key }, ancestors) {
      const path = [...ancestors.flatMap((node) => keyOf(node)), (key as Scalar).value].join('.')
      const meaning = meanings.get(path)
      if (isScalar(key) && meaning) key.commentBefore = wrapped(meaning)
    },
    // A short collection takes one line.
    Collection(at, node) {
      const isShort = node.items.length <= FLOW_MAX && node.items.every((item) => isPlain(item))
      node.flow = isShort && (isSeq(node) || typeof at === 'number')
    },
  })
  return document.toString({ lineWidth: COLUMNS, flowCollectionPadding: false })
}

/** Returns the configuration with its sections as the schema has them. */
function inOrder(config: RunnerConfig): object {
  const sections = Object.entries(config)
  const names = Object.keys(configSections.shape)
  return Object.fromEntries(sections.sort(([a], [b]) => names.indexOf(a) - names.indexOf(b)))
}

function isPlain(item: unknown): boolean {
  return isScalar(item) || (isPair(item) && isScalar(item.value))
}

function keyOf(node: unknown): readonly unknown[] {
  const { key } = node as { key?: Scalar }
  return isScalar(key) ? [key.value] : []
}

function wrapped(text: string): string {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    if ((lines.at(-1) ?? '').length + word.length + 1 > COLUMNS) lines.push('')
    lines[lines.length - 1] += ` ${word}`
  }
  return lines.join('\n')
}
