/** A key that a person holds: to show, save, replace, or bring back. */

import { keyFromText, toBase64 } from "./bytes.js";
import { button, element } from "./dom.js";
import type { HeldKey, KeyHolderMode } from "./keys.js";
import { secret } from "./panels.js";

/** How many objects of a mode lie in the bucket. */
export type Lookup = (mode: KeyHolderMode) => Promise<number>;

/**
 * A box with the key. It stays when the key is replaced, so that the focus does.
 *
 * @param held - The key.
 * @param lookup - Counts the objects that a replaced key would leave behind.
 */
export function keyBox(held: HeldKey, lookup: Lookup): HTMLElement {
  const shown = element("span", {}, secret(toBase64(held.bytes)));
  const entry = element("input", {
    id: "key-entry",
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "base64 or 64 hexadecimal digits",
  });
  const complaint = element("p", { class: "complaint", role: "alert" });
  const status = element("p", { class: "hint", role: "status" });
  const replace = async (bytes?: Uint8Array<ArrayBuffer>) => {
    complaint.textContent = "";
    status.textContent = "";
    if (await isAgreed(held, lookup, bytes)) {
      await held.replace(bytes);
      shown.replaceChildren(secret(toBase64(held.bytes)));
      entry.value = "";
      status.textContent = bytes === undefined ? "A new key is in use." : "Your key is in use.";
    }
  };
  const attempt = (bytes?: Uint8Array<ArrayBuffer>) => {
    void replace(bytes).catch((error: unknown) => {
      complaint.textContent = `The key was not replaced: ${error instanceof Error ? error.message : String(error)}`;
    });
  };
  const take = () => {
    const bytes = keyFromText(entry.value);
    if (bytes === undefined) {
      status.textContent = "";
      complaint.textContent = "That is no key: it takes 32 bytes, as 44 base64 characters or 64 hexadecimal digits.";
      return;
    }
    attempt(bytes);
  };
  return element(
    "div",
    { class: "key-box" },
    element(
      "p",
      { class: "key-line" },
      element("strong", {}, held.mode === "SSE-C" ? "Your customer key" : "Your wrapping key"),
      shown,
    ),
    element(
      "details",
      { class: "key-more" },
      element("summary", {}, "Save or change it"),
      element(
        "div",
        { class: "row" },
        saveButton(held),
        button(
          "Make a new key",
          () => {
            attempt();
          },
          { class: "secondary" },
        ),
      ),
      element("label", { for: "key-entry" }, "Bring a key of your own, or an earlier one back"),
      element("div", { class: "row" }, entry, button("Use it", take, { class: "secondary" })),
      complaint,
      status,
      element("p", { class: "hint" }, "A new key opens nothing that lies in the bucket already."),
    ),
  );
}

/** The page keeps one key a mode: whoever replaces it without having saved it cannot read what it sealed. */
async function isAgreed(held: HeldKey, lookup: Lookup, bytes: Uint8Array | undefined): Promise<boolean> {
  if (bytes !== undefined && toBase64(bytes) === toBase64(held.bytes)) {
    return true;
  }
  const count = await lookup(held.mode);
  const objects = count === 1 ? "1 object lies" : `${String(count)} objects lie`;
  return (
    count === 0 ||
    confirm(
      `Replace the key? ${objects} in the bucket that a key of this kind opens. ` +
        "What was sent under the present one can then be read only by bringing it back: save it first.",
    )
  );
}

function saveButton(held: HeldKey): HTMLElement {
  const name = `s3-envelope-${held.mode.toLowerCase()}-key.txt`;
  return button(
    "Save the key",
    () => {
      saveAs(new Blob([`${toBase64(held.bytes)}\n`], { type: "text/plain" }), name);
    },
    { class: "secondary" },
  );
}

/**
 * Hands a file to the person.
 *
 * @param blob - Its content.
 * @param name - Its name.
 */
function saveAs(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has begun to read it by then.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}
