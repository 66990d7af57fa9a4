/** RSS 2.0 and Atom documents as items of news. */
import { parseXml, XmlElement } from '@rgrove/parse-xml'
import { NEWS_MAX, type NewsFacts } from '../../../machines/index.ts'
import { plainText } from './plain-text.ts'

/** The part of a document that could not be read. */
export interface Flaw {
  readonly where: string
  readonly reason: string
}

export interface FeedDocument {
  /** In the order of the document: usually newest first. */
  readonly items: readonly NewsFacts[]
  readonly flaws: readonly Flaw[]
}

/** An item's fields as its format has them. */
interface RawItem {
  readonly id: string | undefined
  readonly url: string | undefined
  readonly title: string | undefined
  readonly text: string | undefined
  readonly published: string | undefined
}

/** The length of a title that is made of an item's text, in characters. */
const TITLE_FROM_TEXT = 120
/** Feeds hold a few dozen; what is behind these is old. */
const ITEMS_MAX = 500
/** The longest quote of a feed in the report of a flaw, in characters. */
const QUOTE_MAX = 80

/** @throws Error that says where the document is broken, or that it is neither RSS 2.0 nor Atom */
export function readFeed(xml: string): FeedDocument {
  const { elements, rawOf } = itemsOf(rootOf(xml))
  const items: NewsFacts[] = []
  const flaws: Flaw[] = []
  const lineOf = lineCounter(xml)
  const note = (element: XmlElement, reason: string) =>
    flaws.push({ where: `line ${lineOf(element)}`, reason })
  for (const element of elements.slice(0, ITEMS_MAX)) {
    const { item, flaw } = itemOf(rawOf(element))
    if (item !== undefined) items.push(item)
    if (flaw !== undefined) note(element, flaw)
  }
  const unread = elements[ITEMS_MAX]
  if (unread !== undefined) note(unread, `only the first ${ITEMS_MAX} items are read`)
  return { items, flaws }
}

function itemOf(raw: RawItem): { item?: NewsFacts; flaw?: string } {
  const id = raw.id ?? raw.url
  const text = plainText(raw.text ?? '', NEWS_MAX.text)
  const title = plainText(raw.title ?? '', NEWS_MAX.title) || text.slice(0, TITLE_FROM_TEXT)
  if (!id) return { flaw: `the item ${quoted(title)} has neither an id nor a link` }
  if (id.length > NEWS_MAX.id) return { flaw: `the id of the item ${quoted(title)} is too long` }
  const name = id.slice(0, QUOTE_MAX)
  if (!title) return { flaw: `the item ${name} has neither a title nor a text` }
  const isLinked = raw.url !== undefined && raw.url.length <= NEWS_MAX.url
  const item = { id, title, ...(text && { text }), ...(isLinked && { url: raw.url }) }
  if (raw.published === undefined) return { item }
  const publishedAt = Date.parse(raw.published)
  return publishedAt >= 0
    ? { item: { ...item, publishedAt } }
    : { item, flaw: `the item ${name} has no readable date: ${raw.published.slice(0, QUOTE_MAX)}` }
}

function quoted(title: string): string {
  return `"${title.slice(0, QUOTE_MAX)}"`
}

function rootOf(xml: string): XmlElement {
  try {
    // Entities of HTML are no entities of XML, but feeds are full of them.
    const { root } = parseXml(xml, { ignoreUndefinedEntities: true, includeOffsets: true })
    return root as XmlElement
  } catch (error) {
    // What follows its first line draws the place.
    throw new Error((error as Error).message.split('\n')[0])
  }
}

function itemsOf(root: XmlElement): {
  elements: readonly XmlElement[]
  rawOf: (element: XmlElement) => RawItem
} {
  if (root.name === 'feed') return { elements: childrenOf(root, 'entry'), rawOf: rawAtomEntry }
  const [channel] = root.name === 'rss' ? childrenOf(root, 'channel') : []
  if (channel === undefined) throw new Error(`it is neither RSS 2.0 nor Atom: its root is <${root.name}>`)
  return { elements: childrenOf(channel, 'item'), rawOf: rawRssItem }
}

function rawRssItem(item: XmlElement): RawItem {
  const url = textOf(item, 'link')
  return {
    id: textOf(item, 'guid'),
    url,
    title: textOf(item, 'title'),
    text: textOf(item, 'description') ?? textOf(item, 'content:encoded'),
    published: textOf(item, 'pubDate') ?? textOf(item, 'dc:date'),
  }
}

function rawAtomEntry(entry: XmlElement): RawItem {
  const link = childrenOf(entry, 'link').find(({ attributes: { rel = 'alternate' } }) => rel === 'alternate')
  return {
    id: textOf(entry, 'id'),
    url: link?.attributes.href,
    title: textOf(entry, 'title'),
    text: textOf(entry, 'summary') ?? textOf(entry, 'content'),
    published: textOf(entry, 'published') ?? textOf(entry, 'updated'),
  }
}

function childrenOf(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter(
    (node): node is XmlElement => node instanceof XmlElement && node.name === name,
  )
}

/** Returns the text of an element; undefined when there is none or it is empty. */
function textOf(parent: XmlElement, name: string): string | undefined {
  return childrenOf(parent, name)[0]?.text.trim() || undefined
}

/** Counts on from the place before, so it has to be asked in the order of the document. */
function lineCounter(xml: string): (element: XmlElement) => number {
  let line = 1
  let counted = 0
  return ({ start }) => {
    for (; counted < start; counted++) if (xml[counted] === '\n') line++
    return line
  }
}
