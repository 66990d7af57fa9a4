/** The question about the life of the chosen actor, as the address of the page has it: `history&changed=stopPx`. Pure. */

export interface Asked {
  /** Type of an event; empty for all. */
  readonly type: string
  /** Text in an event; empty for any. */
  readonly text: string
  /** Path of the state that changed; empty for none. */
  readonly changed: string
  /** Value after the change; empty for any. */
  readonly is: string
}

export const NOTHING: Asked = { type: '', text: '', changed: '', is: '' }

/** Returns what a query asks for; undefined when the record is shown and not the history. */
export function askedOf(query: string): Asked | undefined {
  if (query === '') return undefined
  const params = new URLSearchParams(query)
  const of = (name: keyof Asked) => params.get(name) ?? ''
  return { type: of('type'), text: of('text'), changed: of('changed'), is: of('is') }
}

export function queryOf(asked: Partial<Asked>): string {
  const given = Object.entries(asked).filter(([, text]) => text !== '')
  const rest = new URLSearchParams(given).toString()
  return rest === '' ? 'history' : `history&${rest}`
}

/** Returns whether the server has to search for it. A value alone is none: it needs its path. */
export const isSearch = ({ type, text, changed }: Asked): boolean =>
  type !== '' || text !== '' || changed !== ''

/** Reads a path with a value, as people write them: `stopPx`, `qty = 0.03`. */
export function changeAsked(text: string): Pick<Asked, 'changed' | 'is'> {
  const [, changed = '', is = ''] = /^\s*(.*?)\s*(?:=\s*(.*?)\s*)?$/.exec(text) ?? []
  return { changed: changed.replace(/^context\./, ''), is }
}
