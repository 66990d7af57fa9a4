// @ts-check
import { detailOf } from './chart-graph.js'
import { HEAD, layout, ROW } from './chart-layout.js'
import { element, restart } from './text.js'

/** @typedef {import('./chart-graph.js').Transition} Transition */

const SVG = 'http://www.w3.org/2000/svg'
const ZOOM_MIN = 0.15
const ZOOM_MAX = 3
/**
 * Zoom at which the smallest text is 9 px high. Below it, only the part of a larger chart around the active states is
 * shown.
 */
const ZOOM_READABLE = 0.8
/** The page has one column, as in windows.css. It scrolls, so the chart has any height. */
const COLUMN = matchMedia('(max-width: 600px)')
/** Step between the pane widths for which a chart is laid out in one column. */
const WIDTH_STEP_PX = 30
/** Space around the chart. */
const MARGIN_PX = 12
/** Ms that the dot takes along an edge. */
const TRAVEL_MS = 450
const DOTS_MAX = 24

/** @param {string} name @param {Record<string, string | number>} attributes @param {string} [text] */
function svg(name, attributes, text) {
  const node = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value))
  if (text !== undefined) node.textContent = text
  return node
}

/** The statechart of the chosen actor. It is laid out once for each machine, and lit anew with each transition. */
export class Chart {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root
    /** Definitions by machine. @type {Map<string, Promise<any>>} */
    this.definitions = new Map()
    /** Diagrams by machine and room. @type {Map<string, Promise<import('./chart-layout.js').Picture>>} */
    this.pictures = new Map()
    /**
     * The machine in view, and the room for which it is laid out.
     * @type {{ machine: string, load: () => Promise<any>, room: number } | undefined}
     */
    this.subject = undefined
    /** The state value that is lit. @type {any} */
    this.value = undefined
    /** @type {Map<string, { group: SVGElement, box: import('./chart-layout.js').Box }>} */
    this.boxes = new Map()
    /** @type {{ group: SVGElement, edge: import('./chart-graph.js').Edge }[]} */
    this.edges = []
    /** @type {{ text: SVGElement, state: string, transitions: Transition[] }[]} */
    this.rows = []
    /** Ids of the active states. @type {Set<string>} */
    this.active = new Set()
    this.view = { x: 0, y: 0, k: 1 }
    this.size = { width: 1, height: 1 }
    this.drawn = 0
    /** @type {any} */
    this.definition = undefined
    /** True when the view follows the active states. It stops when the user moves the view. */
    this.following = true
    this.tip = element('div', 'tip')
    root.addEventListener('pointerover', (event) => this.explain(event))
    root.addEventListener('pointerleave', () => this.tip.remove())
    new ResizeObserver(() => this.resized()).observe(root)
  }

  /** @param {string} machine @param {() => Promise<any>} load its definition */
  async show(machine, load) {
    this.clear(`Drawing ${machine} …`)
    const turn = this.drawn
    const { room } = this
    const key = `${machine} ${room}`
    this.subject = { machine, load, room }
    try {
      const loaded = this.definitions.get(machine) ?? load()
      this.definitions.set(machine, loaded)
      const drawing = this.pictures.get(key) ?? loaded.then((definition) => layout(definition, room))
      this.pictures.set(key, drawing)
      const [definition, picture] = await Promise.all([loaded, drawing])
      // Another actor may have been chosen meanwhile.
      if (turn === this.drawn) this.draw(definition, picture)
    } catch (error) {
      this.definitions.delete(machine)
      this.pictures.delete(key)
      if (turn === this.drawn) this.clear(/** @type {Error} */ (error).message)
    }
  }

  /** Returns the greatest width at which the chart is readable in the pane. */
  get room() {
    const { clientWidth } = this.root
    if (!COLUMN.matches) return Number.POSITIVE_INFINITY
    return (Math.floor(clientWidth / WIDTH_STEP_PX) * WIDTH_STEP_PX - 2 * MARGIN_PX) / ZOOM_READABLE
  }

  resized() {
    if (this.following) this.look()
    if (this.definition && this.subject && this.subject.room !== this.room) void this.showAnew(this.subject)
  }

  /** Shows the machine again in the present room. @param {{ machine: string, load: () => Promise<any> }} subject */
  async showAnew({ machine, load }) {
    const { value } = this
    await this.show(machine, load)
    this.light(this.value ?? value)
  }

  /** @param {any} definition @param {import('./chart-layout.js').Picture} picture */
  draw(definition, { boxes, lines, dots, ...size }) {
    this.definition = definition
    this.size = size
    const surface = svg('svg', { role: 'img', 'aria-label': `Statechart of ${definition.id}` })
    this.stage = svg('g', {})
    for (const box of boxes) this.stage.append(this.box(box))
    this.layer = svg('g', {})
    for (const line of lines) this.layer.append(this.line(line))
    this.stage.append(this.layer)
    for (const { x, y, text } of dots) {
      this.stage.append(svg('circle', { cx: x, cy: y, r: 4.5, class: 'initial' }))
      this.stage.append(svg('text', { x: x + 8, y: y + 4, class: 'any' }, text))
    }
    surface.append(arrows(), this.stage)
    this.root.replaceChildren(surface)
    this.movable(/** @type {SVGSVGElement} */ (surface))
    this.follow()
  }

  /** Shows only a text. @param {string} text */
  clear(text) {
    this.drawn++
    this.definition = undefined
    this.value = undefined
    this.subject = undefined
    this.root.style.minHeight = ''
    this.boxes.clear()
    this.active.clear()
    this.edges = []
    this.rows = []
    this.root.replaceChildren(element('div', 'note', text))
  }

  /** @param {import('./chart-layout.js').Box} box */
  box(box) {
    const { state, x, y, width, height, className, columns, rows } = box
    const group = svg('g', { class: className, transform: `translate(${x},${y})`, 'data-state': state.id })
    const tags = state.tags.length > 0 ? `tags: ${state.tags.join(', ')}` : ''
    group.dataset.tip = [state.id, state.description, tags].filter(Boolean).join('\n')
    const isHistory = state.type === 'history'
    group.append(svg('rect', { width, height, rx: isHistory ? 17 : 8 }))
    group.append(svg('text', { x: 12, y: isHistory ? 22 : 20, class: 'key' }, isHistory ? 'H' : state.key))
    const lines = Math.ceil(rows.length / columns)
    for (const [i, { text: label, transitions }] of rows.entries()) {
      const place = { x: 12 + Math.floor(i / lines) * (width / columns), y: HEAD + 10 + (i % lines) * ROW }
      const text = svg('text', { ...place, class: 'row' }, label)
      if (transitions.length > 0) text.dataset.tip = transitions.map(detailOf).join('\n')
      this.rows.push({ text, state: state.id, transitions })
      group.append(text)
    }
    this.boxes.set(state.id, { group, box })
    return group
  }

  /** @param {import('./chart-layout.js').Line} line */
  line({ id = '', source = '', target = '', transitions = [], lines = [], points, x, y }) {
    const group = svg('g', { class: 'edge', 'data-edge': id })
    const d = rounded(points)
    if (id !== '') {
      const [from, to] = [source, target].map((state) => state.split('.').at(-1)?.replace('$', ': '))
      group.dataset.tip = [`${from} → ${to}`, ...transitions.map(detailOf)].join('\n')
      this.edges.push({ group, edge: { id, source, target, transitions, lines } })
      group.append(svg('path', { d, class: 'reach' }))
    }
    group.append(svg('path', { d, class: 'way', 'marker-end': 'url(#arrow)' }))
    for (const [i, text] of lines.entries()) group.append(svg('text', { x: x + 2, y: y + 11 + i * 14 }, text))
    return group
  }

  /** @param {any} value the state value */
  light(value) {
    this.value = value
    if (!this.definition) return
    const active = new Set()
    const visit = (/** @type {any} */ state, /** @type {any} */ below) => {
      active.add(state.id)
      for (const child of state.states) {
        if (typeof below === 'string' ? below === child.key : below && child.key in below) {
          visit(child, typeof below === 'string' ? undefined : below[child.key])
        }
      }
    }
    visit(this.definition, value)
    const isSame = active.size === this.active.size && [...active].every((id) => this.active.has(id))
    if (isSame) return
    this.active = active
    for (const [id, { group }] of this.boxes) group.classList.toggle('active', active.has(id))
    for (const { group, edge } of this.edges) {
      const isNext = this.isActive(edge.source)
      group.classList.toggle('next', isNext)
      if (isNext) this.layer?.append(group)
    }
    if (this.following) this.look()
  }

  /** Returns whether a state is active. A dot for any child counts as its state. @param {string} source */
  isActive(source) {
    return this.active.has(source.replace(/\$any$/, ''))
  }

  /**
   * Animates transitions. Call it before the states to which they lead are lit.
   * @param {{ source: string, targets: string[], eventType: string }[]} taken
   */
  animate(taken) {
    const moves = taken.filter(({ targets }) => targets.length > 0)
    if (moves.length > 0) for (const { group } of this.edges) group.classList.remove('last')
    for (const { source, targets, eventType } of taken) {
      const isIt = (/** @type {string} */ state, /** @type {Transition[]} */ transitions) =>
        (state === source || this.isActive(state)) &&
        transitions.some((t) => t.source === source && t.eventType === eventType)
      for (const { text, state, transitions } of this.rows)
        if (isIt(state, transitions)) restart(text, 'taken')
      for (const { group, edge } of this.edges) {
        if (!targets.includes(edge.target) || !isIt(edge.source, edge.transitions)) continue
        restart(group, 'taken')
        group.classList.add('last')
        this.layer?.append(group)
        this.travel(/** @type {SVGPathElement} */ (group.querySelector('.way')))
      }
    }
  }

  /** @param {SVGPathElement} path */
  travel(path) {
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches
    if (isStill || this.stage?.querySelectorAll('.dot').length === DOTS_MAX) return
    const dot = svg('circle', { r: 5, class: 'dot' })
    this.stage?.append(dot)
    const length = path.getTotalLength()
    const begin = performance.now()
    const step = (/** @type {number} */ now) => {
      const done = Math.min(1, (now - begin) / TRAVEL_MS)
      const { x, y } = path.getPointAtLength(length * done)
      dot.setAttribute('cx', String(x))
      dot.setAttribute('cy', String(y))
      if (done < 1) requestAnimationFrame(step)
      else dot.remove()
    }
    requestAnimationFrame(step)
  }

  /**
   * Shows a tip for the element under the pointer. For a state, it also marks its edges.
   * @param {PointerEvent} event
   */
  explain(event) {
    const target = /** @type {Element} */ (event.target)
    const near = target.closest('[data-state]:not(:has([data-state]))')?.getAttribute('data-state')
    for (const { group, edge } of this.edges)
      group.classList.toggle('near', edge.source === near || edge.target === near)
    const told = /** @type {SVGElement | null} */ (target.closest('[data-tip]'))
    if (!told) return this.tip.remove()
    this.tip.textContent = told.dataset.tip ?? ''
    this.root.append(this.tip)
    const pane = this.root.getBoundingClientRect()
    const { offsetWidth, offsetHeight } = this.tip
    const x = Math.min(event.clientX - pane.left + 14, pane.width - offsetWidth - 8)
    const y = Math.min(event.clientY - pane.top + 14, pane.height - offsetHeight - 8)
    this.tip.style.translate = `${Math.max(8, x)}px ${Math.max(8, y)}px`
  }

  follow() {
    this.following = true
    this.look()
  }

  /** Shows the whole chart if it is readable, else its active states in the middle. */
  look() {
    if (!this.definition) return
    this.scaleToFit()
    if (this.view.k < ZOOM_READABLE) this.centre(this.lit(), ZOOM_READABLE)
    this.place()
    this.root.style.minHeight = COLUMN.matches
      ? `${Math.ceil(this.size.height * this.view.k) + 2 * MARGIN_PX}px`
      : ''
  }

  fit() {
    this.following = false
    this.scaleToFit()
    this.place()
  }

  scaleToFit() {
    const { clientWidth, clientHeight } = this.root
    const { width, height } = this.size
    const across = (clientWidth - 2 * MARGIN_PX) / width
    const down = COLUMN.matches ? across : (clientHeight - 2 * MARGIN_PX) / height
    const k = Math.min(1.25, across, down)
    this.view = {
      k,
      x: (clientWidth - width * k) / 2,
      y: (clientHeight - height * k) / 2,
    }
  }

  /** Returns the middle of the innermost active states, or of the first one when they lie too far apart. */
  lit() {
    const { clientWidth, clientHeight } = this.root
    const boxes = [...this.boxes]
      .filter(([id, { box }]) => this.active.has(id) && box.state.states.length === 0)
      .map(([, { box }]) => box)
    const [first] = boxes
    if (!first) return { x: 0, y: 0 }
    const spread = (/** @type {typeof boxes} */ some) => ({
      left: Math.min(...some.map(({ x }) => x)),
      top: Math.min(...some.map(({ y }) => y)),
      right: Math.max(...some.map(({ x, width }) => x + width)),
      bottom: Math.max(...some.map(({ y, height }) => y + height)),
    })
    const all = spread(boxes)
    const fits =
      (all.right - all.left) * ZOOM_READABLE < clientWidth &&
      (all.bottom - all.top) * ZOOM_READABLE < clientHeight
    const { left, top, right, bottom } = fits ? all : spread([first])
    return { x: (left + right) / 2, y: (top + bottom) / 2 }
  }

  /** @param {{ x: number, y: number }} at @param {number} k */
  centre(at, k) {
    const { clientWidth, clientHeight } = this.root
    const within = (/** @type {number} */ place, /** @type {number} */ size, /** @type {number} */ room) =>
      size < room ? (room - size) / 2 : Math.min(12, Math.max(room - size - 12, room / 2 - place))
    const { width, height } = this.size
    this.view = {
      k,
      x: within(at.x * k, width * k, clientWidth),
      y: within(at.y * k, height * k, clientHeight),
    }
  }

  place() {
    const { x, y, k } = this.view
    this.stage?.setAttribute('transform', `translate(${x},${y}) scale(${k})`)
  }

  /** Lets the user drag to pan and turn the wheel to zoom. @param {SVGSVGElement} surface */
  movable(surface) {
    surface.addEventListener('pointerdown', (down) => {
      this.following = false
      const from = { ...this.view }
      surface.setPointerCapture(down.pointerId)
      const move = (/** @type {PointerEvent} */ event) => {
        this.view = {
          ...from,
          x: from.x + event.clientX - down.clientX,
          y: from.y + event.clientY - down.clientY,
        }
        this.place()
      }
      surface.addEventListener('pointermove', move)
      // This event also comes when the browser starts to scroll with the same finger.
      const end = () => surface.removeEventListener('pointermove', move)
      surface.addEventListener('lostpointercapture', end, { once: true })
    })
    surface.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault()
        this.following = false
        const { left, top } = surface.getBoundingClientRect()
        const [px, py] = [event.clientX - left, event.clientY - top]
        const k = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, this.view.k * 1.0015 ** -event.deltaY))
        const ratio = k / this.view.k
        this.view = { k, x: px - (px - this.view.x) * ratio, y: py - (py - this.view.y) * ratio }
        this.place()
      },
      { passive: false },
    )
  }
}

/** Returns the heads of the lines. Each has the colour of its line. */
function arrows() {
  const markers = svg('defs', {})
  const arrow = svg('marker', {
    id: 'arrow',
    viewBox: '0 0 8 8',
    refX: 7,
    refY: 4,
    markerWidth: 9,
    markerHeight: 9,
    markerUnits: 'userSpaceOnUse',
    orient: 'auto-start-reverse',
  })
  arrow.append(svg('path', { d: 'M0,0.5 L8,4 L0,7.5 Z', class: 'arrow' }))
  markers.append(arrow)
  return markers
}

/** Returns a path with rounded corners. @param {{x: number, y: number}[]} points */
function rounded(points) {
  const [first, ...rest] = points
  if (!first) return ''
  let d = `M${first.x},${first.y}`
  for (const [i, point] of rest.entries()) {
    const next = rest[i + 1]
    if (!next) {
      d += ` L${point.x},${point.y}`
      break
    }
    const before = points[i] ?? first
    const radius = Math.min(7, distance(before, point) / 2, distance(point, next) / 2)
    const a = towards(point, before, radius)
    const b = towards(point, next, radius)
    d += ` L${a.x},${a.y} Q${point.x},${point.y} ${b.x},${b.y}`
  }
  return d
}

/** @param {{x: number, y: number}} a @param {{x: number, y: number}} b */
const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y)

/** @param {{x: number, y: number}} from @param {{x: number, y: number}} to @param {number} by */
function towards(from, to, by) {
  const d = distance(from, to) || 1
  return { x: from.x + ((to.x - from.x) * by) / d, y: from.y + ((to.y - from.y) * by) / d }
}
