/** The items of a response while they grow. */
import type { OutputItem } from "./response.ts";

/** Tells of something that happened. Without a reader nothing is written. */
export type Tell = (type: string, members: Readonly<Record<string, unknown>>) => void;

export interface ItemPlace {
  readonly id: string;
  readonly index: number;
}

type Status = "in_progress" | "completed" | "incomplete";

/** An item that is open for more. */
export interface OpenItem {
  grow(delta: string): void;
  /** Says what there is of it by now, to whoever reads the response before its end. */
  show(): void;
  /** Ends it, once; what comes later is not heard. */
  close(status: Exclude<Status, "in_progress">): void;
}

/** Keeps the items in their places. */
export class Output {
  readonly #items: OutputItem[] = [];
  /** Where those begin that count. */
  #from = 0;
  readonly #suffix: string;
  readonly #tell: Tell;

  constructor(responseId: string, tell: Tell) {
    this.#suffix = responseId.slice(responseId.indexOf("_") + 1);
    this.#tell = tell;
  }

  get kept(): readonly OutputItem[] {
    return this.#items.slice(this.#from);
  }

  /** What is there does not count. Its places are not given again. */
  takeBack(): void {
    this.#from = this.#items.length;
  }

  /** A place for a new item. */
  place(prefix: string): ItemPlace {
    const index = this.#items.length;
    return { id: `${prefix}_${this.#suffix}_${index}`, index };
  }

  add({ index }: ItemPlace, item: OutputItem): void {
    this.#items[index] = item;
    this.#tell("response.output_item.added", { output_index: index, item });
  }

  done({ index }: ItemPlace, item: OutputItem): void {
    this.#items[index] = item;
    this.#tell("response.output_item.done", { output_index: index, item });
  }

  /** Puts the item as it is by now, and tells nobody. */
  put({ index }: ItemPlace, item: OutputItem): void {
    this.#items[index] = item;
  }

  tell(type: string, { id, index }: ItemPlace, members: Readonly<Record<string, unknown>>): void {
    this.#tell(type, { item_id: id, output_index: index, ...members });
  }
}

export interface UrlCitation {
  readonly type: "url_citation";
  readonly start_index: number;
  readonly end_index: number;
  readonly title: string;
  readonly url: string;
}

const textPart = (text: string, annotations: readonly UrlCitation[]) => ({ type: "output_text", text, annotations, logprobs: [] });

/** A message of one text. */
export class MessageItem implements OpenItem {
  readonly place: ItemPlace;
  readonly #output: Output;
  readonly #annotations: UrlCitation[] = [];
  #text = "";
  #open = true;

  constructor(output: Output) {
    this.#output = output;
    this.place = output.place("msg");
    output.add(this.place, this.#item("in_progress", []));
    output.tell("response.content_part.added", this.place, { content_index: 0, part: textPart("", []) });
  }

  /** The event of a delta is written by whoever has its text at hand. */
  grow(delta: string): void {
    this.#text += delta;
  }

  cite(title: string, url: string): void {
    const at = this.#text.length;
    const annotation: UrlCitation = { type: "url_citation", start_index: at, end_index: at, title, url };
    this.#annotations.push(annotation);
    this.#output.tell("response.output_text.annotation.added", this.place, {
      content_index: 0,
      annotation_index: this.#annotations.length - 1,
      annotation,
    });
  }

  show(): void {
    if (this.#open) this.#output.put(this.place, this.#item("in_progress", [textPart(this.#text, this.#annotations)]));
  }

  close(status: "completed" | "incomplete"): void {
    if (!this.#open) return;
    this.#open = false;
    const part = textPart(this.#text, this.#annotations);
    this.#output.tell("response.output_text.done", this.place, { content_index: 0, text: this.#text, logprobs: [] });
    this.#output.tell("response.content_part.done", this.place, { content_index: 0, part });
    this.#output.done(this.place, this.#item(status, [part]));
  }

  #item(status: Status, content: readonly unknown[]): OutputItem {
    return { id: this.place.id, type: "message", role: "assistant", status, content };
  }
}

/** What the model thought, as a summary of one text. */
export class ReasoningItem implements OpenItem {
  readonly #place: ItemPlace;
  readonly #output: Output;
  #text = "";
  #open = true;

  constructor(output: Output) {
    this.#output = output;
    this.#place = output.place("rs");
    output.add(this.#place, this.#item("in_progress", []));
    output.tell("response.reasoning_summary_part.added", this.#place, { summary_index: 0, part: { type: "summary_text", text: "" } });
  }

  grow(delta: string): void {
    this.#text += delta;
    this.#output.tell("response.reasoning_summary_text.delta", this.#place, { summary_index: 0, delta });
  }

  show(): void {
    if (this.#open) this.#output.put(this.#place, this.#item("in_progress", [{ type: "summary_text", text: this.#text }]));
  }

  close(status: "completed" | "incomplete"): void {
    if (!this.#open) return;
    this.#open = false;
    const part = { type: "summary_text", text: this.#text };
    this.#output.tell("response.reasoning_summary_text.done", this.#place, { summary_index: 0, text: this.#text });
    this.#output.tell("response.reasoning_summary_part.done", this.#place, { summary_index: 0, part });
    this.#output.done(this.#place, this.#item(status, [part]));
  }

  #item(status: Status, summary: readonly unknown[]): OutputItem {
    return { id: this.#place.id, type: "reasoning", summary, status };
  }
}
