/** What the page notes of each object that it sent, to hold a later download against it. */

import { forget, remember, remembered } from "./page-database.js";
import type { Choice } from "./modes.js";

/** The note on one object. It stays in this browser. */
export interface Receipt {
  readonly choice: Choice;
  readonly fileName: string;
  readonly length: number;
  /** Of the plaintext, in hexadecimal digits. */
  readonly sha256: string;
  /** The first bytes of the plaintext. */
  readonly start: Uint8Array<ArrayBuffer>;
}

/**
 * Notes an object.
 *
 * @param key - The object's key.
 * @param receipt - The note.
 */
export async function keepReceipt(key: string, receipt: Receipt): Promise<void> {
  await remember(`receipt/${key}`, receipt);
}

/**
 * The note on an object, if this browser sent it.
 *
 * @param key - The object's key.
 */
export async function receiptOf(key: string): Promise<Receipt | undefined> {
  // Only `keepReceipt` writes such records.
  return (await remembered(`receipt/${key}`)) as Receipt | undefined;
}

/** Removes all notes. */
export async function dropReceipts(): Promise<void> {
  await forget("receipt/");
}
