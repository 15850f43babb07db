/** Deleting an object together with its instruction file. */

import { engineOrReader } from "./reader.js";
import { type Channel, type Presign, send } from "./request.js";

/** Options of {@link deleteObject}. */
export interface DeleteOptions {
  /** Asks for a presigned URL for each request: one for the object, one for each instruction file. */
  readonly presign: Presign;
  /** The suffixes of the files to delete; `.instruction` alone unless given. */
  readonly instructionFileSuffixes?: readonly string[] | undefined;
  /** Stops the deletion. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Deletes an object, and then its instruction files, whether there are any or not. The object goes first: where the rest
 * fails, what is left is a file that is of no use, and never an object that cannot be read. Deleting again is harmless.
 *
 * @param options - Which object, and what goes with it.
 * @throws {@link EnvelopeError} `INVALID_OPTION` for an empty suffix, before anything is deleted;
 * `STORAGE_REFUSED`, `NETWORK_FAILURE`; the signal's reason.
 */
export async function deleteObject(options: DeleteOptions): Promise<void> {
  const loaded = await engineOrReader();
  const { presign, signal, instructionFileSuffixes = [undefined] } = options;
  const suffixes = instructionFileSuffixes.map((suffix) => loaded.instructionFileSuffix(suffix));
  const channel: Channel = { engine: loaded, presign, encryption: undefined, signal };
  for (const keySuffix of ["", ...suffixes]) {
    await send(channel, { operation: "DeleteObject", method: "DELETE", query: {}, keySuffix });
  }
}
