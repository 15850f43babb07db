/**
 * A worker that derives one passphrase's key. Whoever started it ends it then: the memory that Argon2id filled, and what lies
 * there of passphrase and key, goes with it.
 */

import { type EnvelopeErrorCode, isEnvelopeError } from "./errors.js";
import { derivationFailure, derivedBy, type Derivation } from "./passphrase-key.js";
import * as passphraseFile from "./wasm/passphrase.js";
import type { WorkerScope } from "./worker-scope.js";

/** What the worker says: whether it can derive keys, then what came of it. */
export type DerivationAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "unavailable" }
  | { readonly kind: "done"; readonly key: Uint8Array<ArrayBuffer> }
  | { readonly kind: "failed"; readonly code: EnvelopeErrorCode; readonly message: string };

const scope = globalThis as unknown as WorkerScope<Derivation, DerivationAnswer>;

scope.onmessage = ({ data }) => {
  try {
    const key = derivedBy(passphraseFile, data);
    scope.postMessage({ kind: "done", key }, [key.buffer]);
  } catch (error) {
    // An error's class and code do not cross: its parts do.
    const { code, message } = isEnvelopeError(error) ? error : derivationFailure();
    scope.postMessage({ kind: "failed", code, message }, []);
  } finally {
    data.passphrase.fill(0);
  }
};

// Nothing here is imported on demand: bundlers that make one script of a worker could not.
passphraseFile
  // Written literally, so that bundlers see it and bring the file along.
  .default({ module_or_path: new URL("./wasm/passphrase_bg.wasm", import.meta.url) })
  .then(
    (): DerivationAnswer => ({ kind: "ready" }),
    // Nobody hears of a rejection in a worker: it has to be sent.
    (): DerivationAnswer => ({ kind: "unavailable" }),
  )
  .then((answer) => {
    scope.postMessage(answer, []);
  })
  .catch(() => undefined);
