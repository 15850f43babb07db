/** The names of files, as they are handed to browsers: never a path, and never other than they look. */

/** What a file is called whose name has nothing in it. */
const NAMELESS = "download";

/** Separators of paths, control characters, marks that turn the direction of text (`cod.exe` for `exe.doc`), half characters. */
const UNSAFE = /[/\\\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A name that is one, shows what it is, and does not hide the file (a leading dot). Browsers do the like; this does not
 * depend on it.
 *
 * @param name - What the file is to be called.
 */
export function safeFileName(name: string): string {
  const shown = name.replace(UNSAFE, "_").replace(/^[.\s]+|\s+$/gu, "");
  return shown === "" ? NAMELESS : shown;
}

/**
 * The header `Content-Disposition` of a download (RFC 6266), the name in UTF-8 (RFC 8187), and in ASCII for whoever does
 * not read that. Libraries for it are made for servers, and bring parsers along.
 *
 * @param name - What the file is to be called.
 */
export function attachment(name: string): string {
  const safe = safeFileName(name);
  // In quotes, browsers would decode what looks percent-encoded.
  const ascii = safe.replace(/[^ -~]|["%]/gu, "_");
  const encoded = encodeURIComponent(safe).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
