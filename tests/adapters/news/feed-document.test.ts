import { describe, expect, it } from 'vitest'
import { readFeed } from '../../../src/adapters/rss/feed-document.ts'

const rss = (...items: string[]) =>
  `<?xml version="1.0"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">\n<channel><title>Feed</title><link>https://x</link>\n${items.map((item) => `<item>${item}</item>`).join('\n')}\n</channel></rss>`
const atom = (...entries: string[]) =>
  `<feed xmlns="http://www.w3.org/2005/Atom"><title>Feed</title>\n${entries.map((entry) => `<entry>${entry}</entry>`).join('\n')}\n</feed>`

describe('a feed', () => {
  it('of RSS 2.0 is read', () => {
    const document = rss(
      '<guid isPermaLink="false">g-1</guid><link>https://x/1</link><title>One &amp;amp; two</title><description><![CDATA[<p>In&nbsp;<b>bold</b></p>]]></description><pubDate>Tue, 10 Jun 2003 04:00:00 GMT</pubDate>',
      '<link>https://x/2</link><title>Two</title>',
    )
    expect(readFeed(document)).toEqual({
      items: [
        {
          id: 'g-1',
          title: 'One & two',
          text: 'In bold',
          url: 'https://x/1',
          publishedAt: Date.UTC(2003, 5, 10, 4),
        },
        { id: 'https://x/2', title: 'Two', url: 'https://x/2' },
      ],
      flaws: [],
    })
  })

  it('of Atom is read', () => {
    const document = atom(
      '<id>urn:1</id><title type="html">It&amp;#8217;s &lt;i&gt;here&lt;/i&gt;</title><link rel="self" href="https://x/self"/><link href="https://x/1"/><updated>2026-01-02T00:00:00Z</updated><published>2026-01-01T00:00:00+01:00</published><summary>Short</summary>',
      '<id>urn:2</id><title>Two</title><updated>2026-01-02T00:00:00Z</updated><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Long <em>text</em></div></content>',
    )
    expect(readFeed(document)).toEqual({
      items: [
        {
          id: 'urn:1',
          title: 'It’s here',
          text: 'Short',
          url: 'https://x/1',
          publishedAt: Date.parse('2025-12-31T23:00:00Z'),
        },
        { id: 'urn:2', title: 'Two', text: 'Long text', publishedAt: Date.parse('2026-01-02T00:00:00Z') },
      ],
      flaws: [],
    })
  })

  it('passes over what it cannot read of an item, says where it is, and reads the others', () => {
    const { items, flaws } = readFeed(
      rss(
        '<title>Nameless</title>',
        '<guid>2</guid><pubDate>some day</pubDate><title>Undated</title>',
        '<guid>3</guid>',
        '<guid>4</guid><description>Titled by its text</description>',
      ),
    )
    expect(items).toEqual([
      { id: '2', title: 'Undated' },
      { id: '4', title: 'Titled by its text', text: 'Titled by its text' },
    ])
    expect(flaws).toEqual([
      { where: 'line 4', reason: 'the item "Nameless" has neither an id nor a link' },
      { where: 'line 5', reason: 'the item 2 has no readable date: some day' },
      { where: 'line 6', reason: 'the item 3 has neither a title nor a text' },
    ])
  })

  it('leaves out what is too long of a text', () => {
    const [item] = readFeed(
      rss(`<guid>1</guid><title>T</title><description>${'x'.repeat(9_000)}</description>`),
    ).items
    expect(item?.text).toHaveLength(4_000)
  })

  it('takes no id, title, date or link of any length, and says so without repeating it', () => {
    const long = 'x'.repeat(100_000)
    const { items, flaws } = readFeed(
      rss(
        `<guid>${long}</guid><title>T</title>`,
        `<link>${long}</link><title>${long}</title>`,
        `<guid>3</guid><link>${long}</link><title>${long}</title><pubDate>${long}</pubDate>`,
      ),
    )
    expect(items).toEqual([{ id: '3', title: 'x'.repeat(500) }])
    expect(flaws).toEqual([
      { where: 'line 4', reason: 'the id of the item "T" is too long' },
      { where: 'line 5', reason: `the id of the item "${'x'.repeat(80)}" is too long` },
      { where: 'line 6', reason: `the item 3 has no readable date: ${'x'.repeat(80)}` },
    ])
  })

  it('goes through a document once for all its flaws', () => {
    const blank = '\n'.repeat(1_900_000)
    const nameless = Array.from({ length: 300 }, () => '<title>T</title>')
    const from = performance.now()
    readFeed(rss(blank))
    const once = performance.now() - from
    const { flaws } = readFeed(rss(blank, ...nameless))
    expect(performance.now() - from - once).toBeLessThan(10 * once + 500)
    expect(flaws.at(-1)?.where).toBe('line 1900304')
  })

  it('reads so many items and no more', () => {
    const many = Array.from({ length: 502 }, (_, i) => `<guid>${i}</guid><title>T</title>`)
    const { items, flaws } = readFeed(rss(...many))
    expect([items.length, items.at(-1)?.id]).toEqual([500, '499'])
    expect(flaws).toEqual([{ where: 'line 504', reason: 'only the first 500 items are read' }])
  })

  it.each<[string, string, string]>([
    ['is cut short', rss('<guid>1</guid>').slice(0, -30), 'line 4'],
    ['is a page', '<html><body/></html>', 'its root is <html>'],
    ['is no XML', 'Bad gateway', 'line 1'],
    ['is RSS without a channel', '<rss version="2.0"/>', 'neither RSS 2.0 nor Atom'],
  ])('that %s is refused with the place', (_, document, place) => {
    expect(() => readFeed(document)).toThrow(place)
  })

  it('takes no entities of its own making', () => {
    const bomb = `<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>${rss('<guid>1</guid><title>&b;</title>').replace(/<\?.*\n/, '')}`
    expect(readFeed(bomb).items[0]?.title).toBe('&b;')
  })
})
