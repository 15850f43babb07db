/**
 * What a page and the service worker of downloads say to each other. The bytes of a download go through a port of its own,
 * one piece for each `pull`: a stream would be handed over more simply, but not every browser can do that, and those that can
 * copy each piece.
 *
 * Each side holds a lock for as long as it takes part, and waits for the other's: so either notices when the other one is
 * gone, however that ended, without a clock.
 */

/** Marks a question among an app's own messages. It changes with the protocol: the worker may be of another release. */
export type DownloadMark = "s3-envelope-download/1";

/** What a page asks the worker. */
export type DownloadQuestion = { readonly mark: DownloadMark } & (
  | { readonly kind: "hello" }
  | {
      /** Offers a download, whose port comes along. */
      readonly kind: "offer";
      /** Names the download, its URL and its locks, and cannot be guessed. */
      readonly id: string;
      /** The answer's headers. */
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: "keep-alive"; readonly id: string }
);

/**
 * What the worker says through a download's port (and `ready`, in answer to `hello`, through the port that came with it).
 *
 * - `ready`: the download can be had from `url`, once.
 * - `taken`: the browser has asked for it.
 * - `pull`: the browser has room for a piece.
 * - `done`: it has all.
 * - `cancel`: it wants no more.
 */
export type DownloadNews =
  { readonly kind: "ready"; readonly url: string } | { readonly kind: "taken" | "pull" | "done" | "cancel" };

/** What the page answers to a `pull`: a piece, or that there is none left. */
export interface DownloadPiece {
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

/** Whose lock it is. */
export type DownloadSide = "page" | "worker";
