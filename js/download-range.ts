/** A part of an object through one presigned GET, decrypted without being authenticated. */

import { checkOptIn, decryptRange, firstByteFor } from "./decrypt-range.js";
import type { DecryptOptions } from "./decrypt.js";
import { EnvelopeError } from "./errors.js";
import { fetchInstructionFile } from "./fetch-instruction-file.js";
import type { Keyring } from "./keyring.js";
import type { Reader } from "./reader.js";
import { checkArrived } from "./ranges.js";
import { type Channel, send } from "./request.js";

/** A part of an object's content. */
export interface ContentRange {
  /** The first byte that is wanted. */
  readonly start: number;
  /** The byte after the last that is wanted. */
  readonly end: number;
}

/** What {@link downloadRange} needs to be told. */
export interface RangeDownload extends Omit<DecryptOptions, "keyring"> {
  readonly keyring?: Keyring | undefined;
  readonly instructionFileSuffix?: string | undefined;
}

/** The part, and the answer's headers, which are those of the object. */
export interface DownloadedRange {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly headers: Headers;
}

const PARTIAL_CONTENT = 206;
const RANGE_NOT_SATISFIABLE = 416;

/**
 * Fetches a part of an object by one request with the header `Range`, from the block below it on, and decrypts it.
 *
 * @param channel - The transfer.
 * @param options - The keyring, and the opt-in.
 * @param range - The part: at least one byte.
 * @throws {@link EnvelopeError} Those of {@link decryptRange}, of requests and of instruction files;
 * `UNEXPECTED_STORAGE_ANSWER` where the storage gives no ranges, or the bucket's CORS rule hides `Content-Range`.
 */
export async function downloadRange(
  channel: Channel<Reader>,
  options: RangeDownload,
  range: ContentRange,
): Promise<DownloadedRange> {
  const { keyring } = options;
  if (keyring === undefined) {
    throw new EnvelopeError("INVALID_INPUT", "range is for objects that are encrypted here: give a keyring");
  }
  checkOptIn(options);
  const first = firstByteFor(range);
  const { headers, bytes } = await fetchRange(channel, first, range.end);
  const metadata = headers;
  const instructionFile = await fetchInstructionFile(channel, headers.entries(), options.instructionFileSuffix);
  const object = { metadata, instructionFile, storedLength: storedLengthOf(headers, first), read: () => bytes };
  const content = await decryptRange(object, {
    ...options,
    ...range,
    keyring,
    signal: channel.signal,
    enableLegacyUnauthenticatedModes: true,
  });
  return { content, headers };
}

async function fetchRange(
  channel: Channel<Reader>,
  first: number,
  end: number,
): Promise<{ headers: Headers; bytes: Uint8Array<ArrayBuffer> }> {
  let bytes = new Uint8Array();
  const { response } = await send(channel, {
    operation: "GetObject",
    method: "GET",
    query: {},
    unsigned: { range: `bytes=${String(first)}-${String(end - 1)}` },
    accepts: RANGE_NOT_SATISFIABLE,
    async reads(answer) {
      if (answer.status === PARTIAL_CONTENT) {
        bytes = new Uint8Array(await answer.arrayBuffer());
        checkArrived(answer, bytes.length);
      } else {
        await answer.body?.cancel();
      }
    },
  });
  if (response.status === RANGE_NOT_SATISFIABLE) {
    throw new EnvelopeError("INVALID_INPUT", "the range must lie within the content, which is shorter");
  }
  if (response.status !== PARTIAL_CONTENT) {
    throw new EnvelopeError("UNEXPECTED_STORAGE_ANSWER", "the storage gives no ranges: download the whole object");
  }
  return { headers: response.headers, bytes };
}

function storedLengthOf(headers: Headers, first: number): number {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "") ?? [];
  if (total === undefined || Number(start) !== first) {
    throw new EnvelopeError(
      "UNEXPECTED_STORAGE_ANSWER",
      "the answer does not say which range it is: expose Content-Range in the bucket's CORS rule",
    );
  }
  return Number(total);
}
