/** Values for agents, tools and workflows, as the reference's client takes them. A plain object does as well. */
export class RequestContext extends Map<string, unknown> {
  constructor(values?: Iterable<readonly [string, unknown]> | Readonly<Record<string, unknown>>) {
    super(values === undefined ? [] : Symbol.iterator in values ? values : Object.entries(values));
  }

  toJSON(): Record<string, unknown> {
    return Object.fromEntries(this);
  }
}
