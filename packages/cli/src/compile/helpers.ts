/** The few functions that compiled code may call: decorators as TypeScript has had them, and `using` where Node is too old for it. */

function decorate(decorators: readonly unknown[], target: object, key?: PropertyKey, descriptor?: PropertyDescriptor | null): unknown {
  const isClass = key === undefined;
  let result: unknown = isClass ? target : descriptor === null ? Object.getOwnPropertyDescriptor(target, key) : descriptor;
  for (const decorator of decorators.toReversed()) {
    // Each is a function of the app's own, called as its place asks.
    const call = decorator as (target: unknown, key?: PropertyKey, descriptor?: unknown) => unknown;
    result = (isClass ? call(result) : call(target, key, result)) ?? result;
  }
  if (!isClass && result) Object.defineProperty(target, key, result);
  return result;
}

function decorateParam(index: number, decorator: (target: unknown, key: unknown, index: number) => void) {
  return (target: unknown, key: unknown): void => decorator(target, key, index);
}

function decorateMetadata(key: string, value: unknown): unknown {
  const { metadata } = Reflect as { metadata?: (key: string, value: unknown) => unknown }; // a polyfill may have added it
  return metadata ? metadata(key, value) : () => undefined;
}

interface Resource {
  readonly value: unknown;
  readonly dispose: ((this: unknown) => unknown) | undefined;
  readonly isAsync: boolean;
}

function usingCtx(): unknown {
  const none = {};
  const resources: Resource[] = [];
  const add = (isAsync: boolean, value: unknown): unknown => {
    if (value === null || value === undefined) {
      if (isAsync) resources.push({ value, dispose: undefined, isAsync });
      return value;
    }
    const holder = value as Record<symbol, unknown>;
    const dispose = (isAsync ? holder[Symbol.asyncDispose] : undefined) ?? holder[Symbol.dispose];
    if (typeof dispose !== "function") throw new TypeError("Property [Symbol.dispose] is not a function.");
    resources.push({ value, dispose: dispose as Resource["dispose"], isAsync });
    return value;
  };
  const context = {
    e: none as unknown,
    u: (value: unknown) => add(false, value),
    a: (value: unknown) => add(true, value),
    d(): unknown {
      let error = context.e;
      const note = (later: unknown): void => {
        error = error === none ? later : new SuppressedError(later, error);
      };
      const step = (): unknown => {
        for (let resource = resources.pop(); resource; resource = resources.pop()) {
          try {
            const result = resource.dispose?.call(resource.value);
            if (resource.isAsync) {
              return Promise.resolve(result).then(step, (later: unknown) => {
                note(later);
                return step();
              });
            }
          } catch (later) {
            note(later);
          }
        }
        if (error !== none) throw error as Error;
        return undefined;
      };
      return step();
    },
  };
  return context;
}

const HELPERS: Readonly<Record<string, (...args: never[]) => unknown>> = { decorate, decorateParam, decorateMetadata, usingCtx };

/** Helpers by name, as one line of code; `undefined` when one of them is not known. */
export function helperCode(names: readonly string[]): string | undefined {
  if (names.length === 0) return "";
  const functions = names.map((name) => HELPERS[name]);
  if (functions.includes(undefined)) return undefined;
  // Their own text, without its line breaks: so that the lines of the app's code keep their numbers.
  const texts = functions.map(
    (helper, index) =>
      `${names[index]}: ${String(helper)
        .replaceAll(/\/\/.*$/gm, "")
        .replaceAll(/\s*\n\s*/g, " ")}`,
  );
  return `const babelHelpers = { ${texts.join(", ")} }; `;
}
