/** The names of downloads: what browsers are told, and what they are not. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { attachment, safeFileName } from "../../dist/file-name.js";

test("a name stays as it is, but for what makes a path of it, hides it, or has it look like another", () => {
  const names = {
    "report 2026.pdf": "report 2026.pdf",
    "Übersicht – 帳簿 🗝.txt": "Übersicht – 帳簿 🗝.txt",
    "a/b\\c": "a_b_c",
    "../../etc/passwd": "_.._etc_passwd",
    ".bashrc": "bashrc",
    "a\r\nSet-Cookie: b": "a__Set-Cookie: b",
    "invoice\u202efdp.exe": "invoice_fdp.exe",
    "half \ud83d": "half _",
    " spaces ": "spaces",
    "..": "download",
    "": "download",
  };
  for (const [name, safe] of Object.entries(names)) assert.equal(safeFileName(name), safe);
});

test("Content-Disposition gives the name in ASCII and, by RFC 8187, in UTF-8", () => {
  const headers = {
    "a.txt": `attachment; filename="a.txt"; filename*=UTF-8''a.txt`,
    "€ rates": `attachment; filename="_ rates"; filename*=UTF-8''%E2%82%AC%20rates`,
    '100% "so"; it\'s (a) *': `attachment; filename="100_ _so_; it's (a) *"; filename*=UTF-8''100%25%20%22so%22%3B%20it%27s%20%28a%29%20%2A`,
    "🗝": `attachment; filename="_"; filename*=UTF-8''%F0%9F%97%9D`,
  };
  for (const [name, header] of Object.entries(headers)) {
    assert.equal(attachment(name), header);
    // What a server or a service worker may have as a header.
    assert.equal(new Headers({ "Content-Disposition": header }).get("content-disposition"), header);
  }
});
