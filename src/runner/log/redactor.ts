/** Takes secrets out of what leaves the process: the lines of its log, its reports, the reasons of its components. */

/** Stands in the place of a secret. */
export const HIDDEN = '***'

/** Shortest secret that is looked for in all text. What is shorter is part of ordinary words. */
const LENGTH_MIN = 4

const NAME =
  'passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[-_]?key|private[-_]?key|access[-_]?key|credential'
/** Names of fields whose texts are secret, whatever they say. */
export const SECRET_NAME = new RegExp(`${NAME}|authorization|cookie|signature`, 'i')

/** Forms in which secrets come that nobody has told of: what an exchange answers, what a client sends. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
  // The parts of a URL that say who asks, and each value of the query whose name says that it is a key.
  [/(\b[a-z][a-z\d+.-]*:\/\/)[^\s/?#"'<>]*@/gi, `$1${HIDDEN}@`],
  [/([?&;][^=&#\s]*(?:key|auth|sig|session)[^=&#\s]*=)[^&#\s"']+/gi, `$1${HIDDEN}`],
  // The addresses of chats, which are keys themselves.
  [/(\/bot)\d+:[\w-]+/g, `$1${HIDDEN}`],
  [/(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[^\s"'<>]+/gi, `$1${HIDDEN}`],
  [/(discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/)[^\s"'<>]+/gi, `$1${HIDDEN}`],
  [/(\bauthorization["']?\s*[:=]\s*["']?(?:\w+\s+)?)[^\s"',;]+/gi, `$1${HIDDEN}`],
  [/(\b(?:Bearer|Basic)\s+)[\w.~+/=-]{16,}/gi, `$1${HIDDEN}`],
  // password=..., "apiKey":"..." and the like. Plain prose, such as "token: must be set", stays.
  [
    new RegExp(`([\\w-]*(?:${NAME})[\\w-]*(?:=|\\\\*["']\\s*:\\s*)\\\\*["']?)[^\\s"'&,;)}\\\\]+`, 'gi'),
    `$1${HIDDEN}`,
  ],
]

/**
 * Hides secrets. It knows the secret values themselves, and hides these wherever they appear, also encoded.
 * @example new Redactor(['hunter22']).text('no login with hunter22') // 'no login with ***'
 */
export class Redactor {
  readonly #forms = new Set<string>()
  #known: RegExp | undefined

  constructor(secrets: Iterable<string> = []) {
    this.add(secrets)
  }

  /** Hides these values, too, from now on. */
  add(secrets: Iterable<string>): void {
    const before = this.#forms.size
    for (const secret of secrets)
      for (const form of formsOf(secret)) if (form.length >= LENGTH_MIN) this.#forms.add(form)
    if (this.#forms.size === before) return
    // The longest first: a part of a secret must not leave the rest of it.
    const forms = [...this.#forms].sort((a, b) => b.length - a.length)
    this.#known = new RegExp(forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g')
  }

  text(text: string): string {
    const known = this.#known === undefined ? text : text.replace(this.#known, HIDDEN)
    return PATTERNS.reduce((left, [pattern, put]) => left.replace(pattern, put), known)
  }

  /** Returns a copy of a value of JSON. Texts of fields with the name of a secret are hidden as a whole. */
  value(value: unknown, isSecret = false): unknown {
    if (typeof value === 'string') return isSecret ? HIDDEN : this.text(value)
    if (Array.isArray(value)) return value.map((one) => this.value(one, isSecret))
    if (typeof value !== 'object' || value === null) return value
    const { type, data } = value as Record<string, unknown>
    // Bytes may spell a secret that no search of the text finds.
    if (type === 'Buffer' && Array.isArray(data)) return `${data.length} bytes`
    const entries = Object.entries(value).map(([name, below]) => [
      this.text(name),
      this.value(below, isSecret || SECRET_NAME.test(name)),
    ])
    return Object.fromEntries(entries)
  }

  /** Hides secrets in what an error says, and in what its causes say. Returns the same error. */
  error(error: unknown): unknown {
    let left = 16
    for (let one = error; one instanceof Error && left > 0; one = one.cause, left--) {
      const said = one as { message: string; stack?: string; hint?: string }
      said.message = this.text(said.message)
      if (said.stack !== undefined) said.stack = this.text(said.stack)
      if (said.hint !== undefined) said.hint = this.text(said.hint)
    }
    return error
  }
}

/** Returns the forms in which a value appears in text: in a URL, within JSON, in a header. */
function formsOf(secret: string): readonly string[] {
  const base64 = Buffer.from(secret).toString('base64')
  return [
    secret,
    encodeURIComponent(secret),
    encodeURI(secret),
    JSON.stringify(secret).slice(1, -1),
    base64.replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
  ]
}
