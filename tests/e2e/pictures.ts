/**
 * Keeps pictures of the page for people who judge it: `artefacts/page/<name>-<width>-<scheme>.png`, which git does not have.
 * The past gives the same picture at each run; live figures differ.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { eventually } from '../runtime/harness.ts'

const FOLDER = fileURLToPath(new URL('../../artefacts/page/', import.meta.url))

/** Levels of a colour, of 255, by which the browser may draw the rim of a curve otherwise each time. */
const LEVELS = 48

/** Returns how many pixels of two pictures of the page differ. */
export async function pixelsApart(page: Page, one: Buffer, other: Buffer): Promise<number> {
  return page.evaluate<number>(`(async () => {
    const pixels = async (text) => {
      const blob = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))])
      const image = await createImageBitmap(blob)
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
      context.drawImage(image, 0, 0)
      return context.getImageData(0, 0, image.width, image.height).data
    }
    const one = await pixels('${one.toString('base64')}')
    const other = await pixels('${other.toString('base64')}')
    if (one.length !== other.length) return Number.POSITIVE_INFINITY
    let apart = 0
    for (let i = 0; i < one.length; i += 4)
      if ([0, 1, 2].some((channel) => Math.abs(one[i + channel] - other[i + channel]) > ${LEVELS})) apart++
    return apart
  })()`)
}

/** Resolves with what a person sees once nothing comes any more: two pictures one after the other are the same. */
export async function settled(page: Page): Promise<Buffer> {
  // The page looks still while it waits for an answer, too.
  await page.waitForLoadState('networkidle', { timeout: 300_000 })
  let last = await page.screenshot({ animations: 'disabled', caret: 'hide' })
  await eventually(async () => {
    const before = last
    last = await page.screenshot({ animations: 'disabled', caret: 'hide' })
    if (!before.equals(last)) expect(await pixelsApart(page, before, last)).toBe(0)
  })
  return last
}

export async function picture(page: Page, name: string, scheme = 'light'): Promise<void> {
  const { width } = page.viewportSize() ?? { width: 0 }
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(`${FOLDER}${name}-${width}-${scheme}.png`, await settled(page))
}
