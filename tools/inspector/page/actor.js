// @ts-check
/** An actor, as the page has it of the runner. A type alone, so that files about actors need not know each other. */

/** @typedef {{ address: string, kind: string, value: any, tags: readonly string[], status: string, condition?: 'quarantined' | 'restarting', error?: any, rev: number, seq: number, at: number }} Actor */

export {}
