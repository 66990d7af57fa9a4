/** A page in Chromium that is opened at a place of the page's own, and what a test reads in it. */
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import { eventually } from '../runtime/harness.ts'
import { launchChromium } from './chromium.ts'
import { complaintsOf } from './complaints.ts'
/** For waits of Playwright: a slow machine has time. */
export const SOON = { timeout: 120_000 }

export type Size = readonly [width: number, height: number]

/** The window of a desk. */
const USUAL: Size = [1440, 900]

export type Scheme = 'light' | 'dark'

export interface OpenedOptions {
  /** URL of the server, which may begin after the browser. */
  readonly url: () => string
  readonly size?: Size
  /** Messages of the browser that the test causes on purpose. */
  readonly expected?: readonly RegExp[]
}

export class Opened {
  readonly browser: Browser
  /** Errors and warnings of the browser in the page that is open, and requests to other servers. */
  complaints: string[] = []
  /** Is called with the URL of each request of the next page that is opened. */
  onRequest: ((url: string) => void) | undefined
  readonly #options: OpenedOptions
  #page: Page | undefined

  private constructor(browser: Browser, options: OpenedOptions) {
    this.browser = browser
    this.#options = options
  }

  static async launch(options: OpenedOptions): Promise<Opened> {
    return new Opened(await launchChromium(), options)
  }

  /** The page that was opened last. */
  get page(): Page {
    if (this.#page === undefined) throw new Error('no page is open')
    return this.#page
  }

  /** Opens a place, such as `actor/order/a@12`, in a window of its own, and resolves once its list is there. */
  async open(place: string, size?: Size, scheme?: Scheme): Promise<Page> {
    const page = await this.goTo(`${this.#options.url()}/#${place}`, size, scheme)
    await page.waitForSelector('#tree[aria-busy="false"]', { state: 'attached', ...SOON })
    return page
  }

  /** Opens a URL in a window of its own. */
  async goTo(
    url: string,
    size: Size = this.#options.size ?? USUAL,
    colorScheme: Scheme = 'light',
  ): Promise<Page> {
    await this.#page?.close()
    const [width, height] = size
    const viewport = { width, height }
    const page = await this.browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce' })
    this.#page = page
    this.complaints = complaintsOf(page, ...(this.#options.expected ?? []))
    const { origin } = new URL(url)
    page.on('request', (request) => {
      const to = request.url()
      this.onRequest?.(to)
      if (!to.startsWith(origin) && !to.startsWith('data:')) this.complaints.push(`asked for ${to}`)
    })
    await page.goto(url)
    return page
  }

  /** Closes the page, of which the browser must not have complained. */
  async end(): Promise<void> {
    await this.#page?.close()
    this.#page = undefined
    expect(this.complaints).toEqual([])
  }

  async close(): Promise<void> {
    await this.browser.close()
  }

  hash(): string {
    return decodeURIComponent(new URL(this.page.url()).hash)
  }

  /** Resolves once the address of the page is this one. */
  isAt(hash: string): Promise<void> {
    return eventually(() => expect(this.hash()).toBe(hash))
  }

  /** Resolves once an element with such a text is shown. */
  shown(selector: string, text: string | RegExp): Promise<void> {
    return this.page.locator(selector, { hasText: text }).first().waitFor(SOON)
  }
}

/** Selector of an actor's row in the list. */
export const row = (address: string): string => `.row[data-address="${address}"]`
