/**
 * Turns SCXML documents into XState machines, for the public suite that XState itself must pass. It converts the
 * features that the listed cases use, and refuses all others by name, so no case passes because a part of it was left
 * out.
 */
import { parseXml, XmlElement } from '@rgrove/parse-xml'
import {
  type AnyStateMachine,
  assign,
  cancel,
  enqueueActions,
  log,
  not,
  raise,
  sendParent,
  sendTo,
  setup,
  stateIn,
} from 'xstate'

type Context = Record<string, unknown>
type Config = Record<string, unknown>
type Event = { readonly type: string } & Readonly<Record<string, unknown>>
type Machines = Record<string, AnyStateMachine>

/** The arguments of XState's expressions that SCXML's expressions need. */
interface Moment {
  readonly context: Context
  readonly event: Event
  /** Absent for guards. */
  readonly self?: { readonly sessionId: string }
}

type Action = ReturnType<typeof createAction>
/** Types an action for one list. Its own type distinguishes sorts that XState does not. */
const createAction = (action: unknown) => action as { readonly type: string }

const STATES = ['state', 'parallel', 'final', 'history']

/** Returns the machine of a whole document. @throws Error naming a feature that this does not convert */
export function convert(document: string): AnyStateMachine {
  const { root } = parseXml(document)
  if (root?.name !== 'scxml') throw new Error('the document is no SCXML')
  return machineOf(root)
}

function machineOf(scxml: XmlElement): AnyStateMachine {
  const actors: Machines = {}
  const data = children(scxml, 'datamodel').flatMap((model) => children(model, 'data'))
  const config = { ...stateOf(scxml, 'scxml', actors), context: contextOf(data) }
  return setup({ actors } as never).createMachine(config as never) as unknown as AnyStateMachine
}

/** Evaluates data in order: each expression sees the data before it. */
function contextOf(data: readonly XmlElement[]): (moment: Pick<Moment, 'self'>) => Context {
  return ({ self }) => {
    const context: Context = {}
    for (const { attributes } of data) {
      const { id, expr } = attributes
      if (id === undefined) throw new Error('<data> has no id')
      const moment = { context, event: { type: '' }, self }
      context[id] = expr === undefined ? undefined : evaluate(expr, moment)
    }
    return context
  }
}

function stateOf(element: XmlElement, id: string, actors: Machines): Config {
  refuseOthers(element, [...STATES, 'datamodel', 'initial', 'transition', 'onentry', 'onexit', 'invoke'])
  const states = children(element, ...STATES)
  const keys = states.map((state, i) => state.attributes.id ?? `${id}-${i}`)
  const transitions = children(element, 'transition')
  const config: Config = {
    id,
    entry: children(element, 'onentry').flatMap(contentOf),
    exit: children(element, 'onexit').flatMap(contentOf),
    on: eventTransitionsOf(transitions),
    always: transitions.filter((t) => t.attributes.event === undefined).map(transitionOf),
    invoke: children(element, 'invoke').map((invoke) => invokeOf(invoke, id, actors)),
  }
  if (states.length === 0) return config
  config.states = Object.fromEntries(
    states.map((state, i) => [keys[i], nodeOf(state, keys[i] as string, actors)]),
  )
  if (element.name === 'parallel') config.type = 'parallel'
  else config.initial = initialOf(element, keys[states.findIndex(({ name }) => name !== 'history')] as string)
  return config
}

function nodeOf(element: XmlElement, id: string, actors: Machines): Config {
  if (element.name === 'final') {
    refuseOthers(element, ['onentry', 'onexit'])
    const { entry, exit } = stateOf(element, id, actors)
    return { id, type: 'final', entry, exit }
  }
  if (element.name === 'history') {
    const [transition] = children(element, 'transition')
    const { type = 'shallow' } = element.attributes
    return { id, type: 'history', history: type, target: transition && targetsOf(transition)?.[0] }
  }
  return stateOf(element, id, actors)
}

/** XState starts a state in one of its own children, as the listed cases do. */
function initialOf(element: XmlElement, first: string): Config {
  const [transition] = children(element, 'initial').flatMap((e) => children(e, 'transition'))
  const target = element.attributes.initial ?? transition?.attributes.target ?? first
  return { target, actions: transition === undefined ? [] : contentOf(transition) }
}

function eventTransitionsOf(transitions: readonly XmlElement[]): Record<string, Config[]> {
  const on: Record<string, Config[]> = {}
  for (const transition of transitions) {
    for (const descriptor of words(transition.attributes.event)) {
      const name = descriptorOf(descriptor)
      on[name] ??= []
      on[name]?.push(transitionOf(transition))
    }
  }
  return on
}

/** SCXML's descriptors match by prefix, token by token. XState's do when they end with a wildcard. */
function descriptorOf(descriptor: string): string {
  if (descriptor === '*') return '*'
  const own = descriptor
    .replace(/^done\.invoke/, 'xstate.done.actor')
    .replace(/^done\.state/, 'xstate.done.state')
  return own.endsWith('.*') ? own : `${own}.*`
}

function transitionOf(transition: XmlElement): Config {
  const target = targetsOf(transition)
  const { cond, type } = transition.attributes
  return {
    ...(target !== undefined && { target, reenter: type !== 'internal' }),
    ...(cond !== undefined && { guard: guardOf(cond) }),
    actions: contentOf(transition),
  }
}

const IN = /^(!?)\s*In\(\s*'([^']*)'\s*\)$/

function guardOf(cond: string): unknown {
  const [, negated, state] = IN.exec(cond.trim()) ?? []
  if (state !== undefined) return negated ? not(stateIn(pathOf(state))) : stateIn(pathOf(state))
  if (/\bIn\(/.test(cond)) throw new Error(`In() within a larger condition: ${cond}`)
  return (moment: Moment) => Boolean(evaluate(cond, moment))
}

/** Gives an invoked document's machine a name, because a child is restored by its name. */
function invokeOf(invoke: XmlElement, state: string, actors: Machines): Config {
  refuseOthers(invoke, ['content'])
  const [content] = children(invoke, 'content')
  const [scxml] = content === undefined ? [] : children(content, 'scxml')
  if (scxml === undefined) throw new Error('<invoke> without an SCXML document in it')
  const src = `${state}-${Object.keys(actors).length}`
  actors[src] = machineOf(scxml)
  return { src, ...(invoke.attributes.id !== undefined && { id: invoke.attributes.id }) }
}

function contentOf(element: XmlElement): Action[] {
  return children(element).map(actionOf)
}

function actionOf(element: XmlElement): Action {
  const { attributes } = element
  switch (element.name) {
    case 'raise':
      return createAction(raise({ type: needed(element, 'event') }))
    case 'assign': {
      const location = needed(element, 'location')
      const expr = needed(element, 'expr')
      return createAction(assign((moment) => ({ [location]: evaluate(expr, moment as Moment) })))
    }
    case 'log':
      return createAction(
        log((moment) => attributes.expr && evaluate(attributes.expr, moment as Moment), attributes.label),
      )
    case 'cancel':
      return createAction(cancel(needed(element, 'sendid')))
    case 'send':
      return createAction(
        enqueueActions(({ enqueue, ...moment }) => enqueue(sendOf(element, moment as Moment) as never)),
      )
    case 'if':
      return ifOf(element)
    default:
      throw new Error(`<${element.name}> is not converted`)
  }
}

/** Without a target, or with its own session's, an event goes to the external queue; `#_internal` is the internal one. */
function sendOf(element: XmlElement, moment: Moment): Action {
  refuseOthers(element, ['param'])
  const { id, target: named, targetexpr, delay: fixed, delayexpr, event, eventexpr } = element.attributes
  const text = (value: string | undefined, expr: string | undefined) =>
    expr === undefined ? value : (evaluate(expr, moment) as string | undefined)
  const target = text(named, targetexpr)
  const delay = text(fixed, delayexpr)
  const data = children(element, 'param').map((param) => [
    needed(param, 'name'),
    evaluate(needed(param, 'expr'), moment),
  ])
  const message = { type: text(event, eventexpr) as string, ...Object.fromEntries(data) }
  const options = {
    ...(id !== undefined && { id }),
    ...(delay !== undefined && { delay: milliseconds(delay) }),
  }
  if (target === '#_internal') return createAction(raise(message, options))
  if (target === '#_parent') return createAction(sendParent(message, options))
  if (target === undefined || target === sessionOf(moment.self))
    return createAction(sendTo(({ self }) => self, message as never, options as never))
  if (!target.startsWith('#_')) throw new Error(`<send> to "${target}"`)
  return createAction(sendTo(target.slice(2), message as never, options as never))
}

/** The branch is chosen when the block runs, after the assignments before it. */
function ifOf(element: XmlElement): Action {
  const branches: { cond: string | undefined; actions: Action[] }[] = [
    { cond: needed(element, 'cond'), actions: [] },
  ]
  for (const child of children(element)) {
    if (child.name === 'elseif') branches.push({ cond: needed(child, 'cond'), actions: [] })
    else if (child.name === 'else') branches.push({ cond: undefined, actions: [] })
    else branches.at(-1)?.actions.push(actionOf(child))
  }
  return createAction(
    enqueueActions(({ enqueue, ...moment }) => {
      const chosen = branches.find(({ cond }) => cond === undefined || evaluate(cond, moment as Moment))
      for (const action of chosen?.actions ?? []) enqueue(action as never)
    }),
  )
}

/** Evaluates an ECMAScript expression over the context and SCXML's system variables. */
function evaluate(expr: string, { context, event, self }: Moment): unknown {
  const { type: name, ...data } = event
  const location = sessionOf(self)
  const system = {
    _event: { name, data },
    _sessionid: self?.sessionId,
    // The available event processors lead to the session itself.
    _ioprocessors: { scxml: { location }, basichttp: { location } },
  }
  const names = [...Object.keys(system), ...Object.keys(context)]
  const values = [...Object.values(system), ...Object.values(context)]
  return new Function(...names, `return (${expr})`)(...values)
}

/** Returns the name of a session as a target. */
function sessionOf(self: Moment['self']): string {
  return `#_scxml_${self?.sessionId}`
}

function milliseconds(delay: string): number {
  const [, digits, unit] = /^(\d*\.?\d+)(ms|s)$/.exec(delay) ?? []
  if (digits === undefined) throw new Error(`the delay "${delay}"`)
  return Number(digits) * (unit === 's' ? 1_000 : 1)
}

function children(element: XmlElement, ...names: string[]): XmlElement[] {
  return element.children.filter(
    (child): child is XmlElement =>
      child instanceof XmlElement && (names.length === 0 || names.includes(child.name)),
  )
}

function refuseOthers(element: XmlElement, names: readonly string[]): void {
  const other = children(element).find(({ name }) => !names.includes(name))
  if (other !== undefined) throw new Error(`<${other.name}> in <${element.name}> is not converted`)
}

function needed({ name, attributes }: XmlElement, attribute: string): string {
  const value = attributes[attribute]
  if (value === undefined) throw new Error(`<${name}> has no ${attribute}`)
  return value
}

function words(text: string | undefined): string[] {
  return text === undefined ? [] : text.trim().split(/\s+/)
}

function targetsOf({ attributes }: XmlElement): string[] | undefined {
  return attributes.target === undefined ? undefined : pathsOf(attributes.target)
}

function pathsOf(ids: string): string[] {
  return words(ids).map(pathOf)
}

/** Returns an id without dots, which XState takes for the way to a child state. */
function pathOf(id: string): string {
  return `#${id.replaceAll('.', '\\.')}`
}
