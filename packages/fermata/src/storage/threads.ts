import type { Metadata, MetadataFilter } from "./metadata.ts";
import type { Page, PageRequest } from "./page.ts";

/** A conversation. It belongs to one resource. */
export interface Thread {
  readonly id: string;
  readonly resourceId: string;
  readonly title?: string;
  readonly metadata?: Metadata;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds of the last change, or of the last message saved. */
  readonly updatedAt: number;
  /** Counts the changes made by `update`. */
  readonly version: number;
}

export interface NewThread {
  readonly id: string;
  /** Default: the only resource within reach. */
  readonly resourceId?: string | undefined;
  readonly title?: string | undefined;
  readonly metadata?: Metadata | undefined;
  /** Epoch milliseconds. Default: now. */
  readonly createdAt?: number | undefined;
}

export interface ThreadPatch {
  readonly title?: string | undefined;
  /** Replaces all metadata. */
  readonly metadata?: Metadata | undefined;
}

export interface ThreadQuery extends PageRequest {
  readonly resourceId?: string | undefined;
  readonly metadata?: MetadataFilter | undefined;
  /** Default `createdAt`, newest first. */
  readonly orderBy?:
    | { readonly field?: "createdAt" | "updatedAt" | undefined; readonly direction?: "ASC" | "DESC" | undefined }
    | undefined;
}

/**
 * The threads within a principal's reach. Ids are unique per resource, not beyond: who creates a thread with an id that another
 * resource has gets a thread of its own and learns nothing.
 */
export interface ThreadStore {
  /**
   * Creates the thread unless it is there; one that is there stays as it is.
   * @throws FermataError `FORBIDDEN` for a resource out of reach; `CONFLICT` when the whole tenant is within reach and another
   * resource has the id.
   */
  create(thread: NewThread): Promise<{ readonly thread: Thread; readonly created: boolean }>;
  get(id: string): Promise<Thread | undefined>;
  /** Whether the id is out of reach because another resource of the tenant has it. For the replies that must tell 403 from 404. */
  belongsToOther(id: string): Promise<boolean>;
  /**
   * Resolves to `undefined` when there is no such thread.
   * @throws FermataError `CONFLICT` when `ifVersion` is given and is not the thread's version any more.
   */
  update(id: string, patch: ThreadPatch, ifVersion?: number): Promise<Thread | undefined>;
  list(query?: ThreadQuery): Promise<Page<Thread>>;
  /** Deletes the thread with its messages. Resolves to false when there was none. */
  delete(id: string): Promise<boolean>;
  /**
   * Gives the thread and its messages to another resource of the tenant. It is for the caller to say who may: the new owner is usually out of reach.
   * @throws FermataError `CONFLICT` when the new owner has a thread with this id.
   */
  transfer(id: string, resourceId: string): Promise<Thread | undefined>;
}
