/** Runs kept in a `Store`: they outlive the process, and any process that shares the store can go on with them. */
import { LOCAL_PRINCIPAL } from "../context/principal.ts";
import { FermataError } from "../errors.ts";
import { SYSTEM, type Store } from "../storage/store.ts";
import type { RunEdits, RunLog } from "./run-log.ts";

/** Stores have no words yet for deleting a run and for taking it back. */
const NO_EDITS: RunEdits = {
  remove: () => Promise.reject(unsupported("deleted")),
  reopen: () => Promise.reject(unsupported("restarted or taken back")),
};

function unsupported(what: string): FermataError {
  return new FermataError("NOT_IMPLEMENTED", `Runs in this store cannot be ${what}.`);
}

export function storeRunLog(store: Store): RunLog {
  return { runs: store.for(LOCAL_PRINCIPAL).runs, work: store.for(SYSTEM).work, edits: NO_EDITS, isShared: true };
}
