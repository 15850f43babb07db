/** Checksums of what is sent, which the storage verifies and keeps: computed as it passes, where the caller asks for them. */

import type { Engine } from "./engine.js";
import { onDemand, sourceOf } from "./on-demand.js";
import { GATHERED_LENGTH } from "./part-body.js";
import type { HeaderMap } from "./sse.js";
import type { Checksum } from "./wasm/checksum.js";
import type { ChecksumHeaders } from "./wasm/engine.js";

/** The checksums that S3 keeps and this package computes. */
export type ChecksumAlgorithm = "crc64nvme" | "crc32c" | "sha256";

type ChecksumModule = typeof import("./wasm/checksum.js");

const checksumModule = onDemand<ChecksumModule>("checksum_bg.wasm", async () => {
  const glue = await import("./wasm/checksum.js");
  // Written literally, so that bundlers see it and bring the file along.
  await glue.default({ module_or_path: await sourceOf(new URL("./wasm/checksum_bg.wasm", import.meta.url)) });
  return glue;
});

/** The checksum of one body, while its bytes pass. */
export interface RunningChecksum {
  /** Takes the next bytes, which lie behind those before them in the same memory, and stay there until the end. */
  update(bytes: Uint8Array<ArrayBuffer>): void;
  /** The checksum in base64. Called once. */
  finish(): Promise<string> | string;
  /** Lets go of it, where it was not finished. */
  free(): void;
}

/** A body that was summed. */
export interface Summed {
  /** Its checksum in base64. */
  readonly checksum: string;
  /** Its length in bytes. */
  readonly length: number;
}

/** The checksums of one upload. */
export class Checksums {
  /** The algorithm. */
  readonly algorithm: ChecksumAlgorithm;
  readonly #headers: ChecksumHeaders;
  readonly #module: ChecksumModule;

  private constructor(algorithm: ChecksumAlgorithm, headers: ChecksumHeaders, module: ChecksumModule) {
    this.algorithm = algorithm;
    this.#headers = headers;
    this.#module = module;
  }

  /**
   * Loads what an algorithm takes.
   *
   * @param loaded - The engine.
   * @param algorithm - The algorithm.
   */
  static async start(loaded: Engine, algorithm: ChecksumAlgorithm): Promise<Checksums> {
    const headers = new loaded.ChecksumHeaders(algorithm);
    try {
      return new Checksums(algorithm, headers, await checksumModule());
    } catch (error) {
      headers.free();
      throw error;
    }
  }

  /**
   * A checksum of no bytes yet.
   *
   * @param length - How many bytes will come at most.
   */
  running(length: number): RunningChecksum {
    const subtle = (globalThis as { crypto?: Partial<Crypto> }).crypto?.subtle;
    // `SubtleCrypto` takes what it digests in one piece: what does not lie in one is digested in WebAssembly.
    return this.algorithm === "sha256" && subtle !== undefined && length <= GATHERED_LENGTH
      ? new InOnePiece(subtle)
      : new InPieces(new this.#module.Checksum(this.algorithm));
  }

  /** The headers of a request with a body of this checksum. */
  ofBody(checksum: string): HeaderMap {
    return this.#headers.ofBody(checksum) as HeaderMap;
  }

  /** The headers of the request that begins an upload in parts. */
  ofCreate(): HeaderMap {
    return this.#headers.ofCreate() as HeaderMap;
  }

  /**
   * The checksum of the object's bytes; nothing where an object in parts has none by this algorithm.
   *
   * @param parts - All parts, in order.
   */
  wholeOf(parts: readonly Summed[]): string | undefined {
    if (!this.#headers.isFullObject) {
      return undefined;
    }
    const checksums = parts.map(({ checksum }) => checksum);
    const lengths = Float64Array.from(parts, ({ length }) => length);
    return this.#module.combineChecksums(this.algorithm, checksums, lengths);
  }

  /** The headers of the request that completes an upload whose bytes have this checksum, if they have one. */
  ofComplete(whole: string | undefined): HeaderMap {
    return whole === undefined ? {} : (this.#headers.ofComplete(whole) as HeaderMap);
  }

  /** Lets go of everything. */
  free(): void {
    this.#headers.free();
  }
}

/** Computed in WebAssembly. */
class InPieces implements RunningChecksum {
  readonly #inner: Checksum;

  constructor(inner: Checksum) {
    this.#inner = inner;
  }

  update(bytes: Uint8Array<ArrayBuffer>): void {
    this.#inner.update(bytes);
  }

  finish(): string {
    return this.#inner.finish();
  }

  free(): void {
    this.#inner.free();
  }
}

/** SHA-256 by `SubtleCrypto`, several times as fast. */
class InOnePiece implements RunningChecksum {
  readonly #subtle: SubtleCrypto;
  #bytes = new Uint8Array(0);

  constructor(subtle: SubtleCrypto) {
    this.#subtle = subtle;
  }

  update({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): void {
    const { byteOffset: start } = this.#bytes.length === 0 ? { byteOffset } : this.#bytes;
    this.#bytes = new Uint8Array(buffer, start, byteOffset + length - start);
  }

  async finish(): Promise<string> {
    const digest = await this.#subtle.digest("SHA-256", this.#bytes);
    return btoa(String.fromCharCode(...new Uint8Array(digest)));
  }

  free(): void {
    this.#bytes = new Uint8Array(0);
  }
}
