const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** The caller's own id of the request when it is fit for logs and headers, otherwise a new one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get("x-request-id");
  return given !== null && REQUEST_ID.test(given) ? given : crypto.randomUUID();
}
