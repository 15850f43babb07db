/** What the page itself remembers, apart from the storage: a person's keys, and what each object was when it left. */

const NAME = "s3-envelope.page";
const STORE = "records";

/**
 * Reads a record.
 *
 * @param key - Its name.
 */
export async function remembered(key: string): Promise<unknown> {
  return settled((await records("readonly")).get(key));
}

/**
 * Writes a record.
 *
 * @param key - Its name.
 * @param value - What to remember.
 */
export async function remember(key: string, value: unknown): Promise<void> {
  await settled((await records("readwrite")).put(value, key));
}

/**
 * Removes all records whose name starts so.
 *
 * @param prefix - How it starts.
 */
export async function forget(prefix: string): Promise<void> {
  await settled((await records("readwrite")).delete(IDBKeyRange.bound(prefix, `${prefix}\uffff`)));
}

let opening: Promise<IDBDatabase> | undefined;

async function records(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  opening ??= open();
  return (await opening).transaction(STORE, mode).objectStore(STORE);
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(STORE);
  };
  return settled(request);
}

function settled<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error("the browser's database failed"));
    };
  });
}
