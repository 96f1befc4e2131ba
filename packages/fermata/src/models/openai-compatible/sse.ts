/** Splits a stream of server-sent events into the `data` of each event. */

/**
 * Takes the text of a `text/event-stream` in pieces cut anywhere and gives the data of every event that is complete.
 * Line ends are LF, CRLF or CR; comments and the fields `event`, `id` and `retry` are skipped; several data lines are joined with LF.
 */
export class SseSplitter {
  #rest = "";
  /** Where in `#rest` nothing has been searched yet. */
  #searchFrom = 0;
  /** The last piece ended with CR: an LF that begins the next one belongs to it. */
  #skipLf = false;
  #data: string | undefined;

  /** Data of the events that `text` completes. */
  push(text: string): string[] {
    const events: string[] = [];
    if (text === "") return events;
    if (this.#skipLf && text.startsWith("\n")) text = text.slice(1);
    this.#skipLf = text.endsWith("\r");
    const all = this.#rest + text;
    let start = 0;
    let from = this.#searchFrom;
    let cr = all.indexOf("\r", from);
    for (;;) {
      const lf = all.indexOf("\n", from);
      if (cr !== -1 && cr < from) cr = all.indexOf("\r", from);
      const end = lf === -1 || (cr !== -1 && cr < lf) ? cr : lf;
      if (end === -1) break;
      this.#line(all, start, end, events);
      start = end + (end === cr && lf === cr + 1 ? 2 : 1);
      from = start;
    }
    this.#rest = start === 0 ? all : all.slice(start);
    this.#searchFrom = this.#rest.length;
    return events;
  }

  /** The data of an event that the end of the stream has left without its empty line. */
  end(): string[] {
    const events: string[] = [];
    this.#line(this.#rest, 0, this.#rest.length, events);
    this.#rest = "";
    this.#searchFrom = 0;
    if (this.#data !== undefined) events.push(this.#data);
    this.#data = undefined;
    return events;
  }

  #line(text: string, start: number, end: number, events: string[]): void {
    if (start === end) {
      if (this.#data !== undefined) events.push(this.#data);
      this.#data = undefined;
      return;
    }
    if (!text.startsWith("data", start)) return;
    const colon = start + 4;
    let value = "";
    if (colon < end) {
      if (text[colon] !== ":") return;
      value = text.slice(text[colon + 1] === " " && colon + 1 < end ? colon + 2 : colon + 1, end);
    }
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
  }
}
