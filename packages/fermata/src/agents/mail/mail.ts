/** What is sent to a thread while nobody waits for the answer: a message of its user, or a signal. */
import type { AgentChunk } from "../chunks.ts";

export interface Mail {
  readonly id: string;
  /** `user` for a message; anything else is a signal that the model hears between tags. */
  readonly type: string;
  readonly tagName: string;
  /** A text, or parts. */
  readonly contents: string | readonly MailPart[];
  /** ISO 8601. */
  readonly createdAt: string;
  readonly acceptedAt: string;
  readonly attributes?: Attributes;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export type Attributes = Readonly<Record<string, string | number | boolean | null>>;

export type MailPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "file"; readonly data: string; readonly mediaType: string; readonly filename?: string };

/** The message that the model hears and the thread keeps. */
export interface MailMessage {
  readonly id: string;
  readonly role: "user";
  readonly content: string | readonly MailPart[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

const USER: ReadonlySet<string> = new Set(["user", "user-message"]);

export function toMessage(mail: Mail): MailMessage {
  const { id, contents, metadata } = mail;
  const content = USER.has(mail.type) ? contents : tagged(mail);
  return { id, role: "user", content, ...(metadata && { metadata }) };
}

/** What subscribers see of it, where the run hears it. */
export function mailChunk(mail: Mail, runId: string): AgentChunk {
  const { id, type, tagName, contents, createdAt, acceptedAt, attributes } = mail;
  const data = { id, type, tagName, contents, createdAt, acceptedAt, ...(attributes && { attributes }) };
  return { type: `data-${USER.has(type) ? "user-message" : type}`, data, transient: true, runId };
}

/** Nothing in a signal can end its tag or begin another one. */
function tagged({ tagName, contents, attributes = {} }: Mail): string | readonly MailPart[] {
  const named = Object.entries(attributes).map(([name, value]) => ` ${escaped(name)}="${escaped(String(value))}"`);
  const [open, close] = [`<${tagName}${named.join("")}>`, `</${tagName}>`];
  if (typeof contents === "string") return `${open}${escaped(contents)}${close}`;
  const inner = contents.map((part) => (part.type === "text" ? { ...part, text: escaped(part.text) } : part));
  return [{ type: "text", text: open }, ...inner, { type: "text", text: close }];
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
