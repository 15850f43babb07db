/** The folder of private files, and who may remove one: whoever can have its lock, which its own worker holds. */

const FOLDER = "s3-envelope-spool";
/** How long what was left behind is not looked for again, in milliseconds. */
const REST_MS = 60_000;

type DirectoryHandle = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

let lookedAt = -Infinity;

/** Whether there is an origin-private file system. */
export function hasPrivateFiles(): boolean {
  const { storage, locks } = (globalThis.navigator as Partial<Navigator> | undefined) ?? {};
  return typeof (storage as Partial<StorageManager> | undefined)?.getDirectory === "function" && locks !== undefined;
}

/**
 * The folder.
 *
 * @param create - Whether it is to be made where there is none.
 */
export async function privateFolder(create: boolean): Promise<DirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return await root.getDirectoryHandle(FOLDER, { create });
}

/**
 * The name of the lock under which a file is kept.
 *
 * @param name - The file's name.
 */
export const lockOfFile = (name: string) => `${FOLDER}/${name}`;

/**
 * Removes files whose worker is gone: nobody holds their lock.
 *
 * @param folder - The folder.
 */
export async function removeOrphans(folder: DirectoryHandle): Promise<void> {
  for await (const name of folder.keys()) {
    await navigator.locks.request(lockOfFile(name), { ifAvailable: true }, async (lock) => {
      if (lock !== null) {
        await folder.removeEntry(name).catch(() => undefined);
      }
    });
  }
}

/**
 * Removes in the background what pages left behind that crashed, or were closed. It is for the start of everything that may
 * need a private file, also where it turns out not to.
 */
export function removeOrphansSoon(): void {
  if (hasPrivateFiles() && performance.now() - lookedAt > REST_MS) {
    lookedAt = performance.now();
    // Where there is no folder there is nothing to remove.
    privateFolder(false)
      .then(removeOrphans)
      .catch(() => undefined);
  }
}
