import { FermataClientError } from "../error.ts";

/** A failed call in the reference's words. It also has the `code`, `requestId` and `issues` of every other failure of this client. */
export class MastraClientError extends FermataClientError {
  override readonly name: string = "MastraClientError";

  constructor(failure: FermataClientError) {
    const { code, status, statusText, requestId, retryAfterMs, body, cause } = failure;
    const message = status === 0 ? failure.message : `HTTP error! status: ${status} - ${JSON.stringify(body)}`;
    super(code, message, { status, statusText, requestId, retryAfterMs, body, cause });
  }
}

/** Rejects in the reference's words. */
export async function inTheirWords<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw FermataClientError.is(error) && error.name === "FermataClientError" ? new MastraClientError(error) : error;
  }
}
