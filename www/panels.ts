/** The three panels side by side: what left the browser, what travelled, what lies at rest. */

import { shortened, size } from "./bytes.js";
import { byId, type Child, element, facts, fill } from "./dom.js";
import { hexView } from "./hexview.js";
import type { Choice } from "./modes.js";
import type { AtRest, KmsEvent } from "./protocol.js";
import type { Receipt } from "./receipts.js";
import type { Exchange } from "./wiretap.js";

/** How many first bytes the panels show. */
const SHOWN = 96;
/** The user metadata in which the S3 Encryption Client's V3 format keeps the wrapped data key; V2's is the other. */
const WRAPPED_KEY_NAMES = ["x-amz-3", "x-amz-key-v2"];
/** What stands in the place of a value that was not asked for. */
const HIDDEN = "•".repeat(12);
/** Headers whose values open the object: they are shown only when asked for. */
const SECRET_HEADERS = ["x-amz-server-side-encryption-customer-key"];

/**
 * Shows what left the browser.
 *
 * @param choice - How the object is encrypted.
 * @param receipt - What the page noted of the file.
 * @param sent - The requests of the upload, if it was made in this visit.
 */
export function showBrowserPanel(choice: Choice, receipt: Receipt | undefined, sent: readonly Exchange[]): void {
  const panel = byId("panel-browser", HTMLElement);
  const firstBody = sent.find(({ method }) => method === "PUT");
  const left = firstBody?.bodyStart.subarray(0, SHOWN);
  const isSealed = choice === "client-side";
  fill(
    panel,
    head("panel-browser-title", "1", "Left the browser", isSealed ? "sealed" : "readable"),
    element(
      "p",
      { class: "panel-lead" },
      isSealed
        ? "Encrypted here, before the first byte was sent."
        : "Sent as it is; TLS is all that covers it on the way.",
    ),
    receipt === undefined
      ? element(
          "p",
          { class: "empty" },
          "Another visit or browser sent this object: the file itself is not known here.",
        )
      : hexView(receipt.start.subarray(0, SHOWN), "readable", "The file"),
    left === undefined
      ? element("p", { class: "empty" }, "Sent in an earlier visit. Upload again to see what leaves.")
      : hexView(left, isSealed ? "sealed" : "readable", "What was sent"),
    receipt !== undefined &&
      facts([
        ["File", `${receipt.fileName}, ${size(receipt.length)}`],
        ["SHA-256", code(shortened(receipt.sha256), receipt.sha256)],
        [
          "Sent",
          left === undefined
            ? undefined
            : size(sent.reduce((sum, { bodyLength, method }) => sum + (method === "PUT" ? bodyLength : 0), 0)),
        ],
      ]),
  );
}

/**
 * Shows what travelled.
 *
 * @param choice - How the object is encrypted.
 * @param sent - The requests, as they were heard.
 */
export function showWirePanel(choice: Choice, sent: readonly Exchange[]): void {
  const panel = byId("panel-wire", HTMLElement);
  const puts = sent.filter(({ method }) => method === "PUT").length;
  const lead =
    puts > 1
      ? `${String(sent.length)} requests: one to begin, ${String(puts)} parts, one to complete.`
      : "One request, through a URL that your backend signed.";
  fill(
    panel,
    head("panel-wire-title", "2", "Travelled", choice === "client-side" ? "sealed" : "readable"),
    element("p", { class: "panel-lead" }, sent.length === 0 ? "Nothing travelled in this visit yet." : lead),
    ...requestsShown(sent),
  );
}

/**
 * Shows what lies at rest.
 *
 * @param object - What the operator finds.
 * @param bytes - The first stored bytes.
 * @param events - The uses of KMS keys for this object.
 */
export function showRestPanel(object: AtRest, bytes: Uint8Array, events: readonly KmsEvent[]): void {
  const panel = byId("panel-rest", HTMLElement);
  fill(
    panel,
    head("panel-rest-title", "3", "Lies at rest", "sealed"),
    element("p", { class: "panel-lead" }, restLead(object)),
    hexView(bytes.subarray(0, SHOWN), "sealed", "On the storage's disk"),
    facts([
      ["Mode", object.mode],
      ["Stored", `${size(object.storedLength)} for an object of ${size(object.contentLength)}`],
      ["Data key of the storage", keyMaterial(object.wrappedDataKey, `wrapped; opened by ${object.unwrappedBy}`)],
      [
        "Your customer key",
        object.customerKeyHmac && keyMaterial(object.customerKeyHmac, "a salted HMAC is all that is kept"),
      ],
      ["KMS key", object.kmsKeyId && code(shortened(object.kmsKeyId, 34), object.kmsKeyId)],
      ...envelopeFacts(object),
    ]),
    events.length > 0 && kmsLog(events),
  );
}

function restLead({ mode, metadata }: AtRest): string {
  if (isEnvelope(metadata)) {
    return `Two layers: yours, and around it ${mode} of the bucket.`;
  }
  return `Encrypted by the storage: ${mode}.`;
}

function isEnvelope(metadata: AtRest["metadata"]): boolean {
  return WRAPPED_KEY_NAMES.some((name) => name in metadata);
}

/** What a client-side encrypted object carries to be opened again. */
function envelopeFacts({ metadata }: AtRest): [string, Child][] {
  const name = WRAPPED_KEY_NAMES.find((known) => known in metadata);
  const wrapped = name === undefined ? undefined : metadata[name];
  return name === undefined || wrapped === undefined
    ? []
    : [["Your data key", keyMaterial(wrapped, `wrapped; opened by your key. In x-amz-meta-${name}`)]];
}

function requestsShown(sent: readonly Exchange[]): HTMLElement[] {
  return sent.map((exchange, index) => {
    const { method, url, status } = exchange;
    const summary = element(
      "summary",
      {},
      element("span", { class: "method" }, method),
      element("span", { class: "request-what" }, whatOf(exchange)),
      element("span", { class: "status-code" }, status === undefined ? "…" : String(status)),
    );
    const open = index === 0 || sent.length <= 2;
    return element(
      "details",
      { class: "request", open },
      summary,
      urlShown(url),
      facts(exchange.headers.map(([name, value]) => [name, headerValue(name, value)])),
      exchange.bodyLength > 0 && element("p", { class: "hint" }, `Body: ${size(exchange.bodyLength)}`),
    );
  });
}

function whatOf({ method, url }: Exchange): string {
  const { searchParams } = new URL(url);
  const part = searchParams.get("partNumber");
  if (part !== null) {
    return `part ${part}`;
  }
  if (searchParams.has("uploads")) {
    return "begin multipart upload";
  }
  if (searchParams.has("uploadId")) {
    return method === "DELETE" ? "abort" : "complete";
  }
  return "the object";
}

/** The URL with its signature cut short, and whole when opened. */
function urlShown(url: string): HTMLElement {
  const parsed = new URL(url);
  const params = [...parsed.searchParams].map(([name, value]) =>
    element(
      "span",
      { class: "url-param" },
      element("span", { class: "url-name" }, name),
      `=${name === "X-Amz-Signature" || name === "X-Amz-Credential" ? shortened(value, 16) : value} `,
    ),
  );
  return element(
    "div",
    { class: "url" },
    element("p", {}, element("span", { class: "url-origin" }, parsed.origin), decodeURIComponent(parsed.pathname)),
    element("p", { class: "url-params" }, ...params),
    element(
      "details",
      { class: "url-full" },
      element("summary", {}, "The URL, word for word"),
      element("code", {}, url),
    ),
  );
}

function headerValue(name: string, value: string): Child {
  return SECRET_HEADERS.includes(name) ? secret(value) : element("code", {}, value);
}

/** A value that is shown only when asked for. */
export function secret(value: string): HTMLElement {
  const shown = element("code");
  const toggle = element("button", { type: "button", class: "quiet reveal" });
  // The label tells the state: with `aria-pressed` as well, "Hide" would be announced as pressed.
  const show = (reveals: boolean) => {
    toggle.textContent = reveals ? "Hide" : "Reveal";
    toggle.setAttribute("aria-label", reveals ? "Hide the key" : "Reveal the key");
    shown.textContent = reveals ? value : HIDDEN;
  };
  show(false);
  toggle.addEventListener("click", () => {
    show(shown.textContent === HIDDEN);
  });
  return element("span", { class: "secret" }, shown, toggle);
}

function kmsLog(events: readonly KmsEvent[]): HTMLElement {
  const items = events.map(({ eventName, eventTime, errorCode }) =>
    element(
      "li",
      {},
      element("time", { datetime: eventTime }, new Date(eventTime).toLocaleTimeString()),
      element("code", {}, eventName),
      errorCode !== undefined && element("span", { class: "tag refused" }, errorCode),
    ),
  );
  return element(
    "div",
    { class: "kms-log" },
    element("h4", {}, "KMS log for this object"),
    element("ol", {}, ...items),
  );
}

function keyMaterial(base64: string, how: string): HTMLElement {
  return element("span", {}, code(shortened(base64, 22), base64), element("small", { class: "how" }, how));
}

function code(text: string, title: string): HTMLElement {
  return element("code", { title }, text);
}

function head(id: string, step: string, title: string, kind: "readable" | "sealed"): HTMLElement {
  return element(
    "header",
    { class: "panel-head" },
    element("span", { class: "panel-step", "aria-hidden": "true" }, step),
    element("h3", { id }, title),
    element("span", { class: `tag ${kind}` }, kind),
  );
}
