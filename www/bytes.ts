/** Bytes as people read them, and as they compare them. */

/**
 * Bytes as hexadecimal digits.
 *
 * @param bytes - The bytes.
 * @param separator - What stands between two of them.
 */
export function toHex(bytes: Uint8Array, separator = ""): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}

/**
 * Bytes as base64.
 *
 * @param bytes - The bytes.
 */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/**
 * The bytes of a key that a person typed: base64 or hexadecimal digits.
 *
 * @param text - What was typed.
 * @returns Nothing where it is neither, or not 32 bytes long.
 */
export function keyFromText(text: string): Uint8Array<ArrayBuffer> | undefined {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) {
    return Uint8Array.from(trimmed.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  }
  if (/^[A-Za-z0-9+/]{43}=$/.test(trimmed)) {
    return Uint8Array.from(atob(trimmed), (character) => character.charCodeAt(0));
  }
  return undefined;
}

/**
 * The SHA-256 of a file, in hexadecimal digits.
 *
 * @param content - The file.
 */
export async function sha256(content: Blob): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", await content.arrayBuffer())));
}

/**
 * A length in units that people use.
 *
 * @param bytes - The length.
 */
export function size(bytes: number): string {
  if (bytes < 1024) {
    return bytes === 1 ? "1 byte" : `${String(bytes)} bytes`;
  }
  const [unit, length] =
    bytes < 1024 ** 2 ? ["KiB", 1024] : bytes < 1024 ** 3 ? ["MiB", 1024 ** 2] : ["GiB", 1024 ** 3];
  return `${(bytes / length).toFixed(1)} ${unit}`;
}

/**
 * A long text cut short in the middle.
 *
 * @param text - The text.
 * @param length - How many characters may remain.
 */
export function shortened(text: string, length = 28): string {
  const half = Math.floor((length - 1) / 2);
  return text.length <= length ? text : `${text.slice(0, half)}…${text.slice(-half)}`;
}
