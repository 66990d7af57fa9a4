import { Observable, type Observer, type Operator, Subscriber, type Subscription } from 'rxjs'

/**
 * An observable whose subscribers cannot harm other code (law 8). An error of a subscriber goes to `onThrow`. rxjs
 * would throw it again outside of all calls, which ends the process. The same holds behind operators.
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
    // The call is internal to rxjs. The last subscriber is handled below.
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

  /** Calls a subscriber. An async one fails by a rejection. */
  #shield(call: () => unknown): void {
    try {
      const result = call()
      if (result instanceof Promise) result.catch(this.#onThrow)
    } catch (error) {
      this.#onThrow(error)
    }
  }
}
