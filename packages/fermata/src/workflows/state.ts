/**
 * The state that the steps of a run share. Branches that run at the same time each work on a copy; where they meet, their changes
 * are merged key by key in the order of the branches, so that the result does not depend on which of them was faster.
 */
export class SharedState {
  #values: Readonly<Record<string, unknown>>;
  readonly #changes: Record<string, unknown> = {};

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  get values(): Readonly<Record<string, unknown>> {
    return this.#values;
  }

  /** What branches have changed. */
  get changes(): Readonly<Record<string, unknown>> {
    return this.#changes;
  }

  apply(patch: Readonly<Record<string, unknown>>): void {
    this.#values = { ...this.#values, ...patch };
    Object.assign(this.#changes, patch);
  }

  fork(): SharedState {
    return new SharedState(this.#values);
  }

  /** Takes over what the branches changed. */
  join(branches: readonly SharedState[]): void {
    for (const { changes } of branches) if (Object.keys(changes).length > 0) this.apply(changes);
  }
}

/** The keys of `next` whose values are not those of `before`. */
export function changedKeys(before: Readonly<Record<string, unknown>>, next: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(next).filter(([key, value]) => !Object.is(before[key], value)));
}
