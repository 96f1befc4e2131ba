let lastMs = NaN;
let lastText = "";

/** ISO 8601 of epoch milliseconds. Messages of one run share their times, so the last answer is kept. */
export function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}
