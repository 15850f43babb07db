/** Handing a whole file, as a Blob, to the browser's downloads. */

/** How long a browser surely needs to begin with a copy, in milliseconds. */
const COPY_BEGINS_MS = 60_000;
/** And the slowest disk that is reckoned with, in bytes a millisecond: 2 MB a second. */
const COPY_SPEED = 2_000;
/** Timers beyond this go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Has the browser download a file that it already holds.
 *
 * @param content - The file.
 * @param fileName - What it is to be called.
 * @param remove - Removes what it is of.
 * @returns Lets go of it, at once; it is let go of anyway when the copy must be done.
 */
export function hand(content: Blob, fileName: string, remove: () => Promise<void>): () => Promise<void> {
  const url = URL.createObjectURL(content);
  let isDisposed = false;
  const dispose = async () => {
    clearTimeout(timer);
    if (!isDisposed) {
      isDisposed = true;
      URL.revokeObjectURL(url);
      await remove();
    }
  };
  const patience = Math.min(COPY_BEGINS_MS + content.size / COPY_SPEED, LONGEST_TIMER_MS);
  const timer = setTimeout(() => void dispose().catch(() => undefined), patience);
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  document.body.append(link);
  link.click();
  link.remove();
  return dispose;
}
