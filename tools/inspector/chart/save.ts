/** Saves a chart as a picture that needs nothing else: its colours and fonts are in it. */

/** The properties that make the look of a chart. */
const PROPERTIES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linejoin',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'text-rendering',
] as const

const SVG = 'http://www.w3.org/2000/svg'
/** Room around the chart. */
const MARGIN = 12
/** Pixels of a picture for each px of the chart. */
const SHARPNESS = 2

interface Size {
  readonly width: number
  readonly height: number
}

/** Returns the chart as the text of an SVG file. @param surface the element with the chart, as the page shows it */
export function svgText(surface: SVGSVGElement, { width, height }: Size): string {
  const copy = surface.cloneNode(true) as SVGSVGElement
  inline(surface, copy)
  for (const gone of copy.querySelectorAll('[data-unsaved]')) gone.remove()
  for (const own of copy.querySelectorAll('[tabindex]')) own.removeAttribute('tabindex')
  const full = { width: Math.ceil(width + 2 * MARGIN), height: Math.ceil(height + 2 * MARGIN) }
  copy.removeAttribute('class')
  copy.setAttribute('xmlns', SVG)
  copy.setAttribute('width', String(full.width))
  copy.setAttribute('height', String(full.height))
  copy.setAttribute('viewBox', `0 0 ${full.width} ${full.height}`)
  copy.querySelector('[data-stage]')?.setAttribute('transform', `translate(${MARGIN} ${MARGIN})`)
  const ground = document.createElementNS(SVG, 'rect')
  ground.setAttribute('width', '100%')
  ground.setAttribute('height', '100%')
  ground.setAttribute('fill', getComputedStyle(document.body).backgroundColor)
  copy.prepend(ground)
  return new XMLSerializer().serializeToString(copy)
}

/** Writes what the style sheet says into the elements of the copy. */
function inline(from: Element, to: Element): void {
  const style = getComputedStyle(from)
  for (const name of PROPERTIES) {
    const value = style.getPropertyValue(name)
    if (value !== '') to.setAttribute(name, value)
  }
  for (const [i, child] of [...from.children].entries()) {
    const copy = to.children[i]
    if (copy) inline(child, copy)
  }
}

export async function pngOf(surface: SVGSVGElement, size: Size): Promise<Blob> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(surface, size))}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = image.width * SHARPNESS
  canvas.height = image.height * SHARPNESS
  const context = canvas.getContext('2d')
  context?.drawImage(image, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) =>
      blob ? resolve(blob) : reject(new Error('the chart is too large for a picture')),
    ),
  )
}

/** Offers a file to the person. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
