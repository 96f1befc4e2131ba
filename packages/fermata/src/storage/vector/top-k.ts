/** The best `k` of many: a heap with the worst of them on top. */
export class TopK<T extends { readonly score: number }> {
  readonly #heap: T[] = [];
  readonly #k: number;

  constructor(k: number) {
    this.#k = k;
  }

  /** What is not above this is not among the best. */
  get threshold(): number {
    return this.#heap.length < this.#k ? -Infinity : (this.#heap[0]?.score ?? Infinity);
  }

  add(item: T): void {
    if (item.score <= this.threshold) return;
    if (this.#heap.length < this.#k) {
      this.#heap.push(item);
      this.#up(this.#heap.length - 1);
    } else {
      this.#heap[0] = item;
      this.#down();
    }
  }

  /** The best first. */
  sorted(): T[] {
    return this.#heap.toSorted((a, b) => b.score - a.score);
  }

  #up(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (this.#scoreAt(parent) <= this.#scoreAt(at)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #down(): void {
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const least = this.#scoreAt(left + 1) < this.#scoreAt(left) ? left + 1 : left;
      if (this.#scoreAt(least) >= this.#scoreAt(at)) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #scoreAt(index: number): number {
    return this.#heap[index]?.score ?? Infinity;
  }

  #swap(i: number, j: number): void {
    const [a, b] = [this.#heap[i], this.#heap[j]];
    if (a === undefined || b === undefined) return;
    this.#heap[i] = b;
    this.#heap[j] = a;
  }
}
