/** Wrapping an object's data key anew, in its instruction file, without touching the object. */

import { entriesOf, readPolicyOf } from "./decrypt.js";
import { EnvelopeError, isEnvelopeError } from "./errors.js";
import { fetchInstructionFile } from "./fetch-instruction-file.js";
import { instructionFileOf, putInstructionFile } from "./instruction-file.js";
import { proveOnContent } from "./key-proof.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import { type Channel, type Presign, send } from "./request.js";
import { reader, type Reader } from "./reader.js";
import type { ServerSideEncryption } from "./sse.js";
import { untilOrFreed } from "./stopping.js";
import type { ContentMetadata, DataKey, EncryptionMaterials } from "./wasm/reader.js";

/** Options of {@link reEncryptInstructionFile}. */
export interface ReEncryptOptions {
  /** Asks for a presigned URL for each request: GetObject for the metadata and for the file, PutObject for the new file. */
  readonly presign: Presign;
  /** Unwraps the data key as it is wrapped now. */
  readonly keyring: Keyring;
  /** Wraps it anew: an AES, RSA or passphrase keyring, with another materials description than the object has. */
  readonly newKeyring: Keyring;
  /**
   * The suffix of the file to write, for a further reader who has an RSA key: `.reader-2`. Unless given the present file
   * is replaced, and the earlier keyring no longer reads the object.
   */
  readonly instructionFileSuffix?: string | undefined;
  /** Refuses a new keyring whose key, or passphrase, the earlier keyring still has. */
  readonly enforceRotation?: boolean | undefined;
  /** Which message formats to read; V3 only unless given. */
  readonly commitmentPolicy?: CommitmentPolicy | undefined;
  /**
   * Reads data keys that are wrapped by algorithms of the first clients: they get a wrapping of today. One that is wrapped
   * with RSA and PKCS #1 v1.5 padding (`RSA`) has to be proven first, since that opens under other keys as well: all of the
   * object is downloaded and authenticated. Content in CBC mode proves nothing, so such an object has to be uploaded anew.
   */
  readonly enableLegacyWrappingAlgorithms?: boolean | undefined;
  /** Lets content in CBC mode be; it stays unauthenticated under the new key. */
  readonly enableLegacyUnauthenticatedModes?: boolean | undefined;
  /** How the object and the file are encrypted at rest; a customer key is used for the object alone. */
  readonly sse?: ServerSideEncryption | undefined;
  /** Stops it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Wraps the data key of an object anew: for another key (rotation), or for a further reader under a suffix of its own. Of
 * the object only the metadata is read (all of it where its data key is wrapped with `RSA`), and nothing is written. The file
 * is replaced by one PUT: where that fails, the earlier one stands.
 *
 * @param options - Which object, by which keyring, and for which.
 * @throws {@link EnvelopeError} `MATERIALS_DESCRIPTION_UNCHANGED` where readers could not tell the two keys apart,
 * `WRAPPING_KEY_NOT_ROTATED` where rotation is enforced and did not happen, `INVALID_OPTION` for a suffix under an AES
 * keyring, `DATA_KEY_UNPROVEN` and `AUTHENTICATION_FAILED` where the data key may be, or is, that of another RSA key,
 * `INVALID_INPUT` for a keyring that cannot wrap a given key (KMS) or an object that has no instruction file,
 * and those of reading: `INSTRUCTION_FILE_MISSING`, `WRONG_KEY`, `COMMITMENT_REQUIRED` and their like.
 */
export async function reEncryptInstructionFile(options: ReEncryptOptions): Promise<void> {
  const loaded = await reader();
  const { presign, sse, signal } = options;
  const newKeyring = ableToWrap(options.newKeyring);
  const channel: Channel<Reader> = { engine: loaded, presign, encryption: sse, signal };
  const suffix = loaded.instructionFileSuffix(options.instructionFileSuffix);
  const present = await presentMetadata(channel);
  await whileRead(present, signal, async (unwrap) => {
    const { dataKey, unproven } = await presentKey(loaded, present, unwrap, options);
    try {
      const after = present.rewrapped(await wrappedAnew(loaded, present, dataKey, { newKeyring, signal }), suffix);
      await whileRead(after, signal, async (unwrapAnew) => {
        await checkRotation(present, after, unwrapAnew, options);
        if (unproven !== undefined) {
          await proveOnContent(channel, present, unproven, readPolicyOf(options));
        }
        await putInstructionFile(channel, instructionFileOf(loaded, after.instructionFile(), suffix));
      });
    } finally {
      unproven?.free();
    }
  });
}

/** A keyring that wraps a data key that it did not make. */
type WrappingKeyring = Keyring & Required<Pick<Keyring, "wrapDataKey">>;

function ableToWrap(keyring: Keyring): WrappingKeyring {
  if (keyring.wrapDataKey === undefined) {
    throw new EnvelopeError("INVALID_INPUT", "newKeyring must be an AES, RSA or passphrase keyring");
  }
  return keyring as WrappingKeyring;
}

/** Has a keyring unwrap the data key, until the signal ends the wait. */
type Unwrap = (keyring: Keyring) => Promise<DataKey>;

/** Frees metadata after use, once no keyring reads it: one that is no longer waited for still may. */
async function whileRead(
  metadata: ContentMetadata,
  signal: AbortSignal | undefined,
  use: (unwrap: Unwrap) => Promise<void>,
): Promise<void> {
  const asked: Promise<DataKey>[] = [];
  try {
    await use(async (keyring) => {
      const unwrapping = keyring.unwrapDataKey(metadata);
      asked.push(unwrapping);
      return await untilOrFreed(unwrapping, signal);
    });
  } finally {
    void Promise.allSettled(asked).then(() => {
      metadata.free();
    });
  }
}

/** The method, and as little of the body as can be: CORS rules that allow a page to read need not allow HEAD as well. */
const FIRST_BYTE = { operation: "GetObject", method: "GET", query: {}, unsigned: { range: "bytes=0-0" } } as const;

/** The object's content metadata, of which the file is a part. */
async function presentMetadata(channel: Channel<Reader>): Promise<ContentMetadata> {
  const { response } = await send(channel, FIRST_BYTE);
  await response.body?.cancel();
  const pairs = [...entriesOf(response.headers)];
  const file = await fetchInstructionFile(channel, pairs, undefined);
  if (file === undefined) {
    throw new EnvelopeError(
      "INVALID_INPUT",
      "the object keeps its wrapped data key in its own metadata: only one with an instruction file can be re-encrypted",
    );
  }
  return channel.engine.ContentMetadata.parse(pairs, file);
}

/** The data key, to be consumed, and another copy of it where the content has yet to prove it. */
async function presentKey(
  loaded: Reader,
  present: ContentMetadata,
  unwrap: Unwrap,
  { keyring, ...options }: ReEncryptOptions,
): Promise<{ readonly dataKey: DataKey; readonly unproven: DataKey | undefined }> {
  loaded.checkPolicy(present, ...readPolicyOf(options));
  const needsProof = present.needsContentProof();
  const dataKey = await unwrap(keyring);
  return { dataKey, unproven: needsProof ? dataKey.copy() : undefined };
}

async function wrappedAnew(
  loaded: Reader,
  present: ContentMetadata,
  dataKey: DataKey,
  { newKeyring, signal }: { readonly newKeyring: WrappingKeyring; readonly signal: AbortSignal | undefined },
): Promise<EncryptionMaterials> {
  // The reader wraps its own, and keyrings name the classes of the engine: of the same shape, and never mixed.
  /* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment */
  const wrapping = newKeyring.wrapDataKey(loaded, loaded.KeyToWrap.ofObject(present, dataKey));
  return await untilOrFreed(wrapping, signal);
  /* eslint-enable @typescript-eslint/no-unsafe-class-instance-assignment */
}

/** With these codes a keyring says that an object is not its own. */
const NOT_MINE = ["KEYRING_MISMATCH", "MATERIALS_DESCRIPTION_MISMATCH", "WRONG_KEY"];

/**
 * Has the earlier keyring try, under the name that it knows: a new name for the same key is no rotation. And under the new
 * name, of which a passphrase keyring makes its key: a new salt for the same passphrase is none either.
 */
async function checkRotation(
  present: ContentMetadata,
  after: ContentMetadata,
  unwrapAnew: Unwrap,
  { keyring, enforceRotation = false, signal }: ReEncryptOptions,
): Promise<void> {
  if (!enforceRotation) {
    return;
  }
  await whileRead(after.underDescriptionOf(present), signal, async (unwrap) => {
    await mustFail(unwrap(keyring));
  });
  await mustFail(unwrapAnew(keyring));
}

async function mustFail(unwrapping: Promise<DataKey>): Promise<void> {
  try {
    (await unwrapping).free();
  } catch (error) {
    if (isEnvelopeError(error) && NOT_MINE.includes(error.code)) {
      return;
    }
    throw error;
  }
  throw new EnvelopeError(
    "WRAPPING_KEY_NOT_ROTATED",
    "the earlier keyring still unwraps the data key: the new keyring has the same key, or the same passphrase; nothing was written",
  );
}
