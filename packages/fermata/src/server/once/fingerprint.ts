/** Which request it is: the same method, address and body give the same text, whatever keys and headers come with them. */
export async function fingerprintOf(request: Request, body: unknown): Promise<string> {
  const path = request.url.slice(request.url.indexOf("/", request.url.indexOf("//") + 2));
  return hash(new TextEncoder().encode(`${request.method}\n${path}\n${JSON.stringify(await withoutFiles(body)) ?? ""}`));
}

/** A file is known by what is in it. */
async function withoutFiles(body: unknown): Promise<unknown> {
  if (typeof body !== "object" || body === null || !Object.values(body).some((value) => value instanceof Blob)) return body;
  const fields = Object.entries(body).map(async ([name, value]: [string, unknown]) => [
    name,
    value instanceof Blob ? { type: value.type, content: await hash(await value.arrayBuffer()) } : value,
  ]);
  return Promise.all(fields);
}

async function hash(bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return btoa(String.fromCharCode(...digest));
}
