/** Folders that are built while others read them: what is there is whole, of before or of now. */

import { existsSync, renameSync, rmSync } from "node:fs";

/**
 * Builds a folder beside the one of its name, and puts it in that one's place when it is finished. Where that fails, what was
 * there stays.
 *
 * @param {string} folder
 * @param {(next: string) => Promise<void>} work fills the folder that it is given, which is as deep as the other one
 */
export async function replaced(folder, work) {
  const [next, former] = [`${folder}-next`, `${folder}-former`];
  const remove = (path) => rmSync(path, { recursive: true, force: true });
  // An earlier run may have been interrupted.
  [next, former].forEach(remove);
  try {
    await work(next);
  } catch (error) {
    remove(next);
    throw error;
  }
  if (existsSync(folder)) renameSync(folder, former);
  renameSync(next, folder);
  remove(former);
}
