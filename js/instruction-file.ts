/**
 * Instruction files: an object's wrapped data key in an S3 object beside it, whose key is the object's with a suffix. What
 * goes there, and what it may hold, is decided in the engine; here it is sent.
 */

import type { Transfers } from "./engine.js";
import { type Channel, send } from "./request.js";

/** User metadata that marks such a file, so that nobody takes it for content. It has no value. */
export const INSTRUCTION_FILE_METADATA = { "x-amz-crypto-instr-file": "" } as const;

/** An instruction file on its way to the storage. */
export interface InstructionFile {
  /** What to append to the object's key: `.instruction`. */
  readonly keySuffix: string;
  /** The file: JSON. */
  readonly body: string;
  /** The S3 user metadata to store with the file, names without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * A file for the usual suffix.
 *
 * @param loaded - The engine.
 * @param body - The file's text.
 * @param suffix - Another suffix than the usual one.
 * @throws {@link EnvelopeError} `INVALID_OPTION` for an empty suffix.
 */
export function instructionFileOf(loaded: Transfers, body: string, suffix?: string): InstructionFile {
  return { keySuffix: loaded.instructionFileSuffix(suffix), body, metadata: INSTRUCTION_FILE_METADATA };
}

/**
 * Stores a file.
 *
 * @param channel - The transfer that it belongs to.
 * @param file - The file.
 */
export async function putInstructionFile(channel: Channel, file: InstructionFile): Promise<void> {
  await send(fileChannel(channel), {
    operation: "PutObject",
    method: "PUT",
    query: {},
    keySuffix: file.keySuffix,
    headers: channel.engine.metadataHeaders(Object.entries(file.metadata), []) as Record<string, string>,
    body: () => ({ blob: new Blob([file.body]) }),
  });
}

/**
 * The file holds nothing secret, and readers ask for it without a customer key: it is stored without SSE-C, in any other
 * mode like its object.
 *
 * @param channel - The transfer that it belongs to.
 */
export function fileChannel<Loaded extends Transfers>(channel: Channel<Loaded>): Channel<Loaded> {
  return channel.encryption?.mode === "SSE-C" ? { ...channel, encryption: undefined } : channel;
}
