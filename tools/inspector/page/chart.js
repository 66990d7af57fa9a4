// @ts-check
import { layout } from './chart-layout.js'

const SVG = 'http://www.w3.org/2000/svg'
const ZOOM_MIN = 0.15
const ZOOM_MAX = 3
/** Below this nothing can be read: a larger chart is shown in part, around what is active. */
const ZOOM_READABLE = 0.62
/** How long the dot takes along an edge. */
const TRAVEL_MS = 450

/** @param {string} name @param {Record<string, string | number>} attributes @param {string} [text] */
function svg(name, attributes, text) {
  const node = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value))
  if (text !== undefined) node.textContent = text
  return node
}

/** The statechart of the chosen actor: drawn once a machine, lit anew with each transition. */
export class Chart {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root
    /** @type {Map<string, SVGElement>} */
    this.boxes = new Map()
    /** @type {Map<string, SVGGElement>} */
    this.edges = new Map()
    /** @type {Map<string, SVGElement>} */
    this.rows = new Map()
    this.view = { x: 0, y: 0, k: 1 }
    this.size = { width: 1, height: 1 }
    this.drawn = 0
    /** @type {any} */
    this.definition = undefined
    /** Whether the view follows the active states; until somebody moves it. */
    this.following = true
    new ResizeObserver(() => this.look()).observe(root)
  }

  /** @param {any} definition undefined when the actor runs on no machine */
  async show(definition) {
    const turn = ++this.drawn
    this.definition = definition
    this.boxes.clear()
    this.edges.clear()
    this.rows.clear()
    if (!definition)
      return this.note('This actor runs on no machine: it has a status, but no states to draw.')
    const picture = await layout(definition)
    // Another actor was chosen meanwhile.
    if (turn !== this.drawn) return
    this.size = picture
    const surface = svg('svg', { role: 'img', 'aria-label': `Statechart of ${definition.id}` })
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
    this.stage = /** @type {SVGGElement} */ (svg('g', {}))
    for (const box of picture.boxes) this.stage.append(this.box(box))
    for (const line of picture.lines) this.stage.append(this.line(line))
    for (const { x, y } of picture.initials)
      this.stage.append(svg('circle', { cx: x, cy: y, r: 4.5, class: 'initial' }))
    surface.append(markers, this.stage)
    this.root.replaceChildren(surface)
    this.movable(/** @type {SVGSVGElement} */ (surface))
    this.following = true
    this.look()
  }

  /** @param {string} text */
  note(text) {
    const note = document.createElement('div')
    note.className = 'note'
    note.textContent = text
    this.root.replaceChildren(note)
  }

  /** @param {import('./chart-layout.js').Box} box */
  box({ state, x, y, width, height, className, rows }) {
    const group = /** @type {SVGGElement} */ (
      svg('g', { class: className, transform: `translate(${x},${y})`, 'data-state': state.id })
    )
    group.append(
      svg(
        'title',
        {},
        [state.description, state.tags.length ? `tags: ${state.tags.join(', ')}` : '']
          .filter(Boolean)
          .join('\n') || state.id,
      ),
    )
    group.append(svg('rect', { width, height, rx: state.type === 'history' ? 17 : 8 }))
    const label = state.type === 'history' ? 'H' : state.key
    group.append(svg('text', { x: 12, y: state.type === 'history' ? 22 : 18, class: 'key' }, label))
    for (const [i, row] of rows.entries()) {
      const text = svg('text', { x: 12, y: 36 + i * 15, class: 'row' }, row.text)
      if (row.key) this.rows.set(row.key, text)
      group.append(text)
    }
    this.boxes.set(state.id, group)
    return group
  }

  /** @param {import('./chart-layout.js').Line} line */
  line({ key, points, lines, x, y, transitions }) {
    const group = /** @type {SVGGElement} */ (svg('g', { class: 'edge', 'data-edge': key }))
    group.append(
      svg(
        'title',
        {},
        transitions
          .map((t) => `${t.eventType || 'always'}${t.actions.length ? ` / ${t.actions.join(', ')}` : ''}`)
          .join('\n'),
      ),
    )
    group.append(svg('path', { d: rounded(points), 'marker-end': 'url(#arrow)' }))
    for (const [i, text] of lines.entries()) group.append(svg('text', { x: x + 2, y: y + 11 + i * 13 }, text))
    this.edges.set(key, group)
    return group
  }

  /** @param {any} value the state value */
  light(value) {
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
    for (const [id, box] of this.boxes) box.classList.toggle('active', active.has(id))
    if (this.following) this.look()
  }

  /** @param {{ source: string, targets: string[], eventType: string }[]} transitions */
  animate(transitions) {
    for (const { source, targets, eventType } of transitions) {
      restart(this.rows.get(`${source}|${eventType}|${targets.join()}`), 'taken')
      for (const target of targets) {
        const edge = this.edges.get(`${source}>${target}`)
        if (!edge) continue
        restart(edge, 'taken')
        this.travel(/** @type {SVGPathElement} */ (edge.querySelector('path')))
      }
    }
  }

  /** @param {SVGPathElement} path */
  travel(path) {
    if (
      matchMedia('(prefers-reduced-motion: reduce)').matches ||
      this.stage?.querySelectorAll('.dot').length === 24
    )
      return
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

  /** All of it where that can be read, else its active states in the middle. */
  look() {
    this.fit()
    if (this.view.k >= ZOOM_READABLE) return
    const { clientWidth, clientHeight } = this.root
    const [k, pane] = [ZOOM_READABLE, { x: clientWidth / 2, y: clientHeight / 2 }]
    const leaf = this.root.querySelector('.state.active.atomic, .state.active.final')
    const [, left = 0, top = 0] =
      /translate\(([\d.]+),([\d.]+)\)/.exec(leaf?.getAttribute('transform') ?? '') ?? []
    const within = (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ room) =>
      size < room ? (room - size) / 2 : Math.min(12, Math.max(room - size - 12, at))
    this.view = {
      k,
      x: within(pane.x - Number(left) * k, this.size.width * k, clientWidth),
      y: within(pane.y - Number(top) * k, this.size.height * k, clientHeight),
    }
    this.place()
  }

  fit() {
    const { clientWidth, clientHeight } = this.root
    const k = Math.min(1.25, (clientWidth - 24) / this.size.width, (clientHeight - 24) / this.size.height)
    this.view = {
      k,
      x: (clientWidth - this.size.width * k) / 2,
      y: (clientHeight - this.size.height * k) / 2,
    }
    this.place()
  }

  place() {
    const { x, y, k } = this.view
    this.stage?.setAttribute('transform', `translate(${x},${y}) scale(${k})`)
  }

  /** Drag to pan, wheel to zoom. @param {SVGSVGElement} surface */
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
      surface.addEventListener('pointerup', () => surface.removeEventListener('pointermove', move), {
        once: true,
      })
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

/** @param {Element | undefined} node @param {string} name */
function restart(node, name) {
  if (!node) return
  node.classList.remove(name)
  void (/** @type {SVGGraphicsElement} */ (node).getBoundingClientRect())
  node.classList.add(name)
}

/** A path with its corners taken off. @param {{x: number, y: number}[]} points */
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
