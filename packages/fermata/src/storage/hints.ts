/**
 * Word from other processes on the same store that something has changed there. It may come late, come for nothing, or be lost:
 * the store is the truth, and who gets word looks there. Who gets none looks there from time to time all the same.
 */
export interface StoreHints {
  /** Whether word of a topic comes for that topic alone; otherwise it comes for whatever another process writes. */
  readonly isExact: boolean;
  /** Calls `listener` soon after somebody has told of the topic, in whichever process. It costs nothing while nobody follows anything. */
  follow(topic: string, listener: () => void): Following;
  /** Tells those who follow the topic, once what has been written so far can be seen. Cheap when nobody does. */
  tell(topic: string): void;
}

export interface Following {
  /** Milliseconds until the next look when no word comes: few while word cannot come at all. */
  lookAfterMs(): number;
  stop(): void;
}

/** Somebody has asked for a run's end. */
export const CANCELLED = "cancelled";

/** A run has got events, or its work has come to an end. */
export function runTopic(run: { readonly tenant: string; readonly resourceId: string; readonly id: string }): string {
  return `run\n${run.tenant}\n${run.resourceId}\n${run.id}`;
}

/** A run of a thread has begun. */
export function threadTopic(thread: { readonly tenant: string; readonly resourceId: string; readonly threadId: string }): string {
  return `thread\n${thread.tenant}\n${thread.resourceId}\n${thread.threadId}`;
}

/** How long who follows waits for word before looking, and how long where no word can come. */
export const LOOK_SELDOM_MS = 1_000;
export const LOOK_OFTEN_MS = 100;
