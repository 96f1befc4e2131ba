import { FermataError } from "../../errors.ts";
import type { Attendance } from "../attendance.ts";
import { SharedReply } from "./shared-reply.ts";

/** A call under way, with everybody who waits for its reply. */
export class SharedCall {
  readonly fingerprint: string;
  readonly attendance: Attendance;
  readonly reply: Promise<SharedReply>;

  constructor(fingerprint: string, attendance: Attendance, work: Promise<Response>) {
    this.fingerprint = fingerprint;
    this.attendance = attendance;
    this.reply = work.then((response) => new SharedReply(response));
  }

  /** The reply for one more caller. `signal` aborts when that caller has gone. */
  async join(signal: AbortSignal): Promise<Response> {
    const leave = this.attendance.enter();
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    return this.read(leave);
  }

  /** The reply for a caller who is counted already. */
  async read(leave: () => void): Promise<Response> {
    const response = (await this.reply).read(leave);
    if (response) return response;
    leave();
    throw tooLong();
  }
}

/** The beginning of the first reply is not there any more. */
export function tooLong(): FermataError {
  return new FermataError("CONFLICT", "The request is or was answered, and the reply is too long to be given a second time.");
}
