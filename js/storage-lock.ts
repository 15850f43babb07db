/**
 * Keeps storages over one IndexedDB database out of each other's way: a page's, a service worker's, and the service worker
 * that replaces it. Opening removes bytes that no record names: those that a crash left, but also those that another
 * storage is just writing. So whoever opens (or empties) has the database alone, and writers share it.
 */

/** Does work when its turn has come, which ends with the work. */
export type Turn = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Waits for nobody. */
export const anyTime: Turn = (work) => work();

/** The turns at a database. */
export interface Turns {
  /** For work beside which nobody must write. */
  readonly alone: Turn;
  /** For writing. */
  readonly together: Turn;
}

/**
 * The turns at a database. Without a database, and where browsers offer no locks (pages over plain http), nobody is waited
 * for.
 *
 * @param databaseName - The database's name; undefined for a storage in memory.
 */
export function turnsAt(databaseName: string | undefined): Turns {
  const locks = (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
  if (databaseName === undefined || locks === undefined) {
    return { alone: anyTime, together: anyTime };
  }
  const name = `s3-envelope.storage:${databaseName}`;
  return {
    alone: async (work) => await locks.request(name, { mode: "exclusive" }, work),
    together: async (work) => await locks.request(name, { mode: "shared" }, work),
  };
}
