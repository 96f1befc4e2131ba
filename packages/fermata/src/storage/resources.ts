import type { Metadata } from "./metadata.ts";

/** What is remembered about a resource (a user, usually) over all its threads. */
export interface Resource {
  readonly id: string;
  readonly workingMemory?: string;
  readonly metadata?: Metadata;
  /** Counts the changes, from 1. */
  readonly version: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ResourcePatch {
  readonly workingMemory?: string | undefined;
  /** Replaces all metadata. */
  readonly metadata?: Metadata | undefined;
}

export interface ResourceStore {
  get(id: string): Promise<Resource | undefined>;
  /**
   * Creates the resource or changes what the patch names.
   * @param ifVersion the version that the change was made for; 0 when there was no resource yet. Read, change and put with the version
   * that was read, and repeat on `CONFLICT`: so no change of another writer is lost.
   * @throws FermataError `CONFLICT` when the version is another one by now; `FORBIDDEN` for a resource out of reach.
   */
  put(id: string, patch: ResourcePatch, ifVersion?: number): Promise<Resource>;
  delete(id: string): Promise<boolean>;
}
