import { Observable, type Observer, type Operator, Subscriber, type Subscription } from 'rxjs'

/**
 * An observable whose subscribers harm nobody else (law 8): what one of them throws goes to `onThrow`, where rxjs would
 * throw it again outside of everything, which ends the process. The same holds behind operators.
 */
export class Shielded<T> extends Observable<T> {
  readonly #onThrow: (error: unknown) => void

  constructor(source: Observable<T> | undefined, onThrow: (error: unknown) => void) {
    super(source && ((subscriber) => source.subscribe(subscriber)))
    this.#onThrow = onThrow
  }

  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new Shielded<R>(undefined, this.#onThrow)
    lifted.source = this
    lifted.operator = operator
    return lifted
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // Within rxjs: what comes last is below.
    if (observerOrNext instanceof Subscriber) return super.subscribe(observerOrNext)
    const observer =
      typeof observerOrNext === 'object' && observerOrNext !== null
        ? observerOrNext
        : { next: observerOrNext ?? undefined, error: error ?? undefined, complete: complete ?? undefined }
    return super.subscribe({
      next: (value) => this.#shield(() => observer.next?.(value)),
      error: (reason) => this.#shield(() => (observer.error ?? this.#onThrow)(reason)),
      complete: () => this.#shield(() => observer.complete?.()),
    })
  }

  /** An async function throws by a rejection. */
  #shield(call: () => unknown): void {
    try {
      const result = call()
      if (result instanceof Promise) result.catch(this.#onThrow)
    } catch (error) {
      this.#onThrow(error)
    }
  }
}
