import type { Issue } from "./schema.ts";

/** `a.b.0`, or `root` for the value itself. */
export function fieldOf(issue: Issue): string {
  return issue.path.length === 0 ? "root" : issue.path.map(String).join(".");
}

/** Issues as lines `- field: message`. */
export function toLines(issues: readonly Issue[]): string {
  return issues.map((issue) => `- ${fieldOf(issue)}: ${issue.message}`).join("\n");
}

/** Issues as the wire's `[{ field, message }]`. */
export function toFieldIssues(issues: readonly Issue[]): { field: string; message: string }[] {
  return issues.map((issue) => ({ field: fieldOf(issue), message: issue.message }));
}

/** A tree of issues by field: `{ errors, fields: { city: { errors, fields } } }`. */
export interface IssueTree {
  errors: string[];
  fields: Record<string, IssueTree>;
}

export function toIssueTree(issues: readonly Issue[]): IssueTree {
  const root: IssueTree = { errors: [], fields: {} };
  for (const issue of issues) {
    let node = root;
    for (const segment of issue.path) {
      const key = String(segment);
      const next = Object.hasOwn(node.fields, key) ? node.fields[key] : undefined;
      node = next ?? addField(node, key);
    }
    node.errors.push(issue.message);
  }
  return root;
}

function addField(node: IssueTree, key: string): IssueTree {
  const child: IssueTree = { errors: [], fields: {} };
  // A field may be called `__proto__`; assignment would set the prototype.
  Object.defineProperty(node.fields, key, { value: child, enumerable: true, configurable: true, writable: true });
  return child;
}
