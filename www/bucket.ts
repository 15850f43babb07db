/** The bucket: what lies in it, its default encryption, and whether it takes customer keys. */

import type { Backend } from "./backend.js";
import { size, toBase64 } from "./bytes.js";
import { button, byId, element, fill } from "./dom.js";
import { inspect } from "./storage-link.js";
import { choiceOf } from "./transfer.js";

/** What lies in the bucket. */
export interface Listed {
  readonly key: string;
  readonly length: number;
  readonly lastModified: string;
}

/** The bucket's default encryption. */
export interface BucketEncryption {
  readonly algorithm: string;
  readonly blocksCustomerKeys: boolean;
}

/** The bucket was asked for something and refused. */
export class BucketRefused extends Error {}

/** Speaks S3 with the bucket, through its administrator. */
export class Bucket {
  readonly #backend: Backend;

  /** @param backend - Signs and sends what an administrator may. */
  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Makes the bucket, unless it is there. */
  async ensure(): Promise<void> {
    // A HEAD would tell as well, but browsers log every 404 as an error.
    if (!(await inspect({ kind: "has-bucket" }))) {
      await this.#answer(this.#backend.onBucket({ method: "PUT", query: {} }));
    }
  }

  /** All objects, latest first. */
  async list(): Promise<Listed[]> {
    const answer = await this.#answer(this.#backend.onBucket({ method: "GET", query: { "list-type": "2" } }));
    const listed = [...answer.getElementsByTagName("Contents")].map((entry) => ({
      key: textOf(entry, "Key"),
      length: Number(textOf(entry, "Size")),
      lastModified: textOf(entry, "LastModified"),
    }));
    return listed.sort((one, other) => other.lastModified.localeCompare(one.lastModified));
  }

  /** The default encryption. */
  async encryption(): Promise<BucketEncryption> {
    const answer = await this.#answer(this.#backend.onBucket({ method: "GET", query: { encryption: "" } }));
    return {
      algorithm: textOf(answer, "SSEAlgorithm"),
      blocksCustomerKeys: [...answer.getElementsByTagName("EncryptionType")].some(
        (type) => type.textContent === "SSE-C",
      ),
    };
  }

  /**
   * Sets the default encryption.
   *
   * @param encryption - What it is to be.
   */
  async setEncryption({ algorithm, blocksCustomerKeys }: BucketEncryption): Promise<void> {
    const blocked = blocksCustomerKeys ? "SSE-C" : "NONE";
    const body =
      '<ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule>' +
      `<ApplyServerSideEncryptionByDefault><SSEAlgorithm>${algorithm}</SSEAlgorithm></ApplyServerSideEncryptionByDefault>` +
      `<BlockedEncryptionTypes><EncryptionType>${blocked}</EncryptionType></BlockedEncryptionTypes>` +
      "</Rule></ServerSideEncryptionConfiguration>";
    // S3 wants the body of this request checked end to end.
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
    const headers = { "x-amz-checksum-sha256": toBase64(new Uint8Array(digest)) };
    await this.#answer(this.#backend.onBucket({ method: "PUT", query: { encryption: "" }, headers }, body));
  }

  async #answer(sent: Promise<Response>): Promise<Document> {
    const response = await sent;
    const text = await response.text();
    const parsed = new DOMParser().parseFromString(text === "" ? "<none/>" : text, "application/xml");
    if (!response.ok) {
      throw new BucketRefused(`${textOf(parsed, "Code")}: ${textOf(parsed, "Message")}`);
    }
    return parsed;
  }
}

/** What can be done with a listed object. */
export interface ObjectActions {
  readonly open: (key: string) => unknown;
  readonly remove: (key: string) => unknown;
}

/**
 * Shows what lies in the bucket.
 *
 * @param listed - The objects.
 * @param current - The key of the one that is shown above.
 * @param actions - What can be done.
 */
export function showObjects(listed: readonly Listed[], current: string | undefined, actions: ObjectActions): void {
  const list = byId("objects", HTMLElement);
  if (listed.length === 0) {
    fill(
      list,
      element("p", { class: "empty" }, "Empty. Upload something, then reload the page: it will still be here."),
    );
    return;
  }
  fill(list, element("ul", { class: "object-list" }, ...listed.map((object) => objectItem(object, current, actions))));
}

function objectItem(
  { key, length, lastModified }: Listed,
  current: string | undefined,
  actions: ObjectActions,
): HTMLElement {
  const choice = choiceOf(key);
  const name = key.slice(key.indexOf("/") + 1);
  return element(
    "li",
    { class: key === current ? "object current" : "object" },
    element(
      "span",
      { class: "object-name" },
      name,
      element("small", {}, choice === "bucket-default" ? "bucket default" : choice),
    ),
    element("span", { class: "object-size" }, size(length)),
    element("time", { datetime: lastModified }, new Date(lastModified).toLocaleString()),
    element(
      "span",
      { class: "row" },
      button("Inspect", () => actions.open(key), {
        class: "secondary",
        "aria-label": `Inspect ${key}`,
        "aria-current": key === current && "true",
      }),
      button("Delete", () => actions.remove(key), { class: "quiet", "aria-label": `Delete ${key}` }),
    ),
  );
}

/**
 * Shows the bucket's encryption settings, to change.
 *
 * @param encryption - What they are.
 * @param change - Changes them.
 */
export function showBucketSettings(
  encryption: BucketEncryption,
  change: (encryption: BucketEncryption) => Promise<void>,
): void {
  const select = element(
    "select",
    { id: "bucket-default" },
    element("option", { value: "AES256" }, "SSE-S3 (AES256)"),
    element("option", { value: "aws:kms" }, "SSE-KMS (aws:kms)"),
  );
  select.value = encryption.algorithm;
  const block = element("input", { type: "checkbox", id: "block-sse-c" });
  block.checked = encryption.blocksCustomerKeys;
  const status = element("p", { class: "hint", role: "status" });
  const send = () => {
    void change({ algorithm: select.value, blocksCustomerKeys: block.checked }).then(
      () => {
        status.textContent = "Saved. Objects that lie here already stay as they are.";
      },
      (error: unknown) => {
        status.textContent = `The bucket refused: ${error instanceof Error ? error.message : String(error)}`;
      },
    );
  };
  select.addEventListener("change", send);
  block.addEventListener("change", send);
  fill(
    byId("bucket-settings", HTMLElement),
    element("p", { class: "field" }, element("label", { for: "bucket-default" }, "Default encryption"), select),
    element(
      "p",
      { class: "field check" },
      block,
      element(
        "label",
        { for: "block-sse-c" },
        "Block SSE-C",
        element("small", {}, "as S3 does in new buckets since April 2026"),
      ),
    ),
    status,
  );
}

function textOf(parent: Document | Element, name: string): string {
  return parent.getElementsByTagName(name)[0]?.textContent ?? "";
}
