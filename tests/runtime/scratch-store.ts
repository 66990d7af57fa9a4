import type { Store, LogRecord, SnapshotEntry, Checkpoint } from '../../store/store.ts'
export function memStore<R extends LogRecord>(state = { records: [] as R[], snaps: new Map<string, SnapshotEntry[]>(), cp: undefined as Checkpoint | undefined, epoch: 0 }): Store<R> & { state: typeof state } {
  const clone = <T>(x: T): T => (x === undefined ? x : JSON.parse(JSON.stringify(x)))
  const epoch = ++state.epoch
  const put = (s: readonly SnapshotEntry[]) => { for (const e of s) { const l = state.snaps.get(e.actor) ?? []; l.push(clone(e)); state.snaps.set(e.actor, l.slice(-2)) } }
  return {
    state, epoch,
    get head() { return { seq: state.records.length, hash: '' } },
    async append(c) { if (epoch !== state.epoch) throw new Error('fenced'); for (const r of c.records) { if (r.seq !== state.records.length + 1) throw new Error('gap ' + r.seq); state.records.push(clone(r)) } put(c.snapshots ?? []); await new Promise((r) => setImmediate(r)) },
    async *read(o = {}) { let rs = state.records.filter((r) => r.seq >= (o.fromSeq ?? 1) && r.seq <= (o.toSeq ?? Infinity)); if (o.reverse) rs = rs.reverse(); yield* clone(rs.slice(0, o.limit)) },
    async *history(a, o = {}) { let rs = state.records.filter((r) => r.actor === a && r.rev >= (o.fromRev ?? 1) && r.rev <= (o.toRev ?? Infinity)); if (o.reverse) rs = rs.reverse(); yield* clone(rs.slice(0, o.limit)) },
    async seqAt() { return 0 },
    snapshot(a, o = {}) { return clone(state.snaps.get(a)?.filter((s) => s.seq <= (o.maxSeq ?? Infinity)).at(-1)) },
    async putSnapshots(s, cp) { put(s); if (cp) state.cp = clone(cp) },
    checkpoint() { return clone(state.cp) },
    async *actors(o = {}) { yield* [...new Set(state.records.map((r) => r.actor))].filter((a) => a.startsWith(o.prefix ?? '')).sort() },
    async *wakes() { for (const [actor, l] of state.snaps) { const w = l.at(-1)?.wake; if (w) yield { actor, at: w.at } } },
    async verifyChain() { return { commits: 0, records: 0, damage: [] } },
    async close() {},
  }
}
