/** The page: brings its parts together and decides what is shown when. */

import { Backend } from "./backend.js";
import { BreakIn } from "./breakin.js";
import { Bucket, type BucketEncryption, showBucketSettings, showObjects } from "./bucket.js";
import { size } from "./bytes.js";
import { FileChoice, ModeChoice } from "./choose.js";
import { byId } from "./dom.js";
import { markDuty, showDuties, showParties, showSigned } from "./explain.js";
import { HeldKey } from "./keys.js";
import { Mishaps } from "./mishaps.js";
import type { Mode } from "./modes.js";
import { showBrowserPanel, showRestPanel, showWirePanel } from "./panels.js";
import { type AtRest, BUCKET } from "./protocol.js";
import { dropReceipts, receiptOf } from "./receipts.js";
import { inspect, openStorageLink } from "./storage-link.js";
import { startTheme } from "./theme.js";
import { choiceOf, failureOf, type Fetched, objectKeyOf, SHOWN_BYTES, Transfers } from "./transfer.js";
import { announce } from "./verdicts.js";
import { type Exchange, startRecording, tapFetch } from "./wiretap.js";

const MODES: readonly string[] = ["client-side", "SSE-C", "SSE-S3", "SSE-KMS"] satisfies Mode[];

/** The page, once its storage is there. */
class Page {
  readonly #backend = new Backend();
  readonly #bucket = new Bucket(this.#backend);
  readonly #transfers: Transfers;
  readonly #breakIn: BreakIn;
  readonly #mishaps: Mishaps;
  readonly #file: FileChoice;
  readonly #mode: ModeChoice;
  /** What travelled for each object, in this visit. */
  readonly #sent = new Map<string, readonly Exchange[]>();
  #encryption: BucketEncryption;
  #current: { readonly key: string; readonly object: AtRest } | undefined;
  #fetched: Fetched | undefined;
  #isBusy = false;

  constructor(keys: { "client-side": HeldKey; "SSE-C": HeldKey }) {
    this.#transfers = new Transfers(this.#backend, keys);
    this.#breakIn = new BreakIn(this.#transfers, this.#backend);
    this.#mishaps = new Mishaps(this.#transfers);
    this.#file = new FileChoice(() => {
      this.#refreshControls();
    });
    const count = async (mode: Mode) => (await this.#bucket.list()).filter(({ key }) => choiceOf(key) === mode).length;
    this.#mode = new ModeChoice(keys, count, () => {
      this.#explain();
    });
    this.#encryption = { algorithm: "AES256", blocksCustomerKeys: false };
    this.#listen();
  }

  /** Shows what there is. */
  async start(): Promise<void> {
    await this.#bucket.ensure();
    this.#encryption = await this.#bucket.encryption();
    this.#showBucketSettings();
    this.#explain();
    const [latest] = await this.#showObjects();
    if (latest !== undefined) {
      await this.#open(latest.key);
    }
    this.#refreshControls();
  }

  #listen(): void {
    byId("send", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#alone(() => this.#upload());
    });
    const onClick = (
      id: string,
      work: (current: { key: string; object: AtRest }) => Promise<void>,
      doing = "Trying. Where the storage reports an error of its own, the package asks again a few times…",
    ) => {
      byId(id, HTMLButtonElement).addEventListener("click", () => {
        const current = this.#current;
        if (current !== undefined) {
          void this.#alone(async () => {
            await work(current);
            await showAtRest(current.key, current.object);
          }, doing);
        }
      });
    };
    onClick("download", ({ key }) => this.#download(key), "Downloading, and verifying all of it…");
    onClick("wrong-key", ({ key }) => this.#breakIn.withWrongKey(key));
    onClick("no-key", ({ key }) => this.#breakIn.withoutKey(key));
    onClick("tamper", ({ key, object }) => this.#breakIn.onDisk(key, object));
    onClick("alter", ({ key }) => this.#breakIn.throughS3(key));
    onClick("lose-connection", ({ key }) => this.#mishaps.lostConnection(key));
    onClick("cut-short", ({ key }) => this.#mishaps.cutShort(key));
    onClick("plain-http", ({ key }) => this.#breakIn.overHttp({ choice: choiceOf(key), kmsKeyId: undefined }));
    byId("save", HTMLButtonElement).addEventListener("click", () => {
      void this.#alone(() => this.#save(), "Downloading, verifying and saving…");
    });
    byId("reset", HTMLButtonElement).addEventListener("click", () => {
      if (confirm("Delete every object in the bucket? Your keys stay.")) {
        void this.#alone(() => this.#reset());
      }
    });
  }

  /** Does one thing at a time, and says so when it fails; `doing` is told meanwhile, beside what was pressed. */
  async #alone(work: () => Promise<void>, doing = ""): Promise<void> {
    if (this.#isBusy) {
      return;
    }
    this.#isBusy = true;
    hideTrouble();
    byId("working", HTMLElement).textContent = doing;
    this.#refreshControls();
    try {
      await work();
    } catch (error) {
      this.#complain(error);
    } finally {
      this.#isBusy = false;
      byId("working", HTMLElement).textContent = "";
      this.#refreshControls();
      showSigned(this.#backend.signed.length);
    }
  }

  /** Among the results of the object that is shown; where none is, they cannot be seen. */
  #complain(error: unknown): void {
    if (this.#current === undefined) {
      showTrouble(failureOf(error).message);
    } else {
      announce({ outcome: "bad", title: "That did not work", ...failureOf(error) });
    }
  }

  async #upload(): Promise<void> {
    const { file } = this.#file;
    if (file === undefined) {
      return;
    }
    const { settings } = this.#mode;
    const status = byId("upload-status", HTMLElement);
    const stop = new AbortController();
    const cancel = byId("cancel", HTMLButtonElement);
    cancel.onclick = () => {
      stop.abort();
    };
    const sent = startRecording();
    status.textContent = "";
    status.className = "status";
    showProgress(0, 1, "Encrypting and sending the first part");
    try {
      await this.#transfers.send(file, settings, {
        signal: stop.signal,
        onProgress: ({ sentBytes, totalBytes = sentBytes, sentParts, totalParts = sentParts }) => {
          const parts = totalParts > 1 ? `, part ${String(sentParts)} of ${String(totalParts)}` : "";
          showProgress(sentBytes, totalBytes, `${size(sentBytes)} of ${size(totalBytes)}${parts}`);
        },
      });
    } catch (error) {
      const { code, message } = failureOf(error);
      status.textContent = stop.signal.aborted ? "Stopped. Nothing was left behind." : `${code}: ${message}`;
      status.className = "status refused";
      return;
    } finally {
      byId("progress", HTMLElement).hidden = true;
    }
    const key = objectKeyOf(settings.choice, file.name);
    this.#sent.set(key, [...sent]);
    await this.#open(key);
    await this.#showObjects();
    status.textContent = `${file.name} is in the bucket, ${size(file.size)}.`;
    byId("journey", HTMLElement).scrollIntoView({ block: "start" });
  }

  async #download(key: string): Promise<void> {
    let fetched: Fetched;
    try {
      fetched = await this.#transfers.fetch(key);
    } catch (error) {
      announce({ outcome: "refused", title: "The object could not be opened", ...failureOf(error) });
      return;
    }
    this.#fetched = fetched;
    const { blob, sha256, receipt } = fetched;
    const isSame = receipt?.sha256 === sha256;
    announce({
      outcome: receipt === undefined || isSame ? "good" : "bad",
      title:
        receipt === undefined
          ? "Downloaded"
          : isSame
            ? "Downloaded, and identical to the last byte"
            : "Downloaded, but it is another file",
      message: `${size(blob.size)}, SHA-256 ${sha256}`,
      meaning:
        receipt === undefined
          ? "This browser did not send it, and has nothing to compare it with."
          : `The file that was sent: SHA-256 ${receipt.sha256}`,
    });
  }

  async #save(): Promise<void> {
    if (this.#fetched !== undefined && this.#current !== undefined) {
      const { key } = this.#current;
      const name = this.#fetched.receipt?.fileName ?? key.slice(key.lastIndexOf("/") + 1);
      try {
        await this.#transfers.save(key, name);
      } catch (error) {
        announce({ outcome: "refused", title: "The object could not be saved", ...failureOf(error) });
      }
    }
  }

  async #open(key: string): Promise<void> {
    const object = await inspect({ kind: "object", key });
    if (object === undefined) {
      throw new Error(`there is no object ${key} in the bucket`);
    }
    this.#current = { key, object };
    this.#fetched = undefined;
    const sent = this.#sent.get(key) ?? [];
    showBrowserPanel(choiceOf(key), await receiptOf(key), sent);
    showWirePanel(choiceOf(key), sent);
    await showAtRest(key, object);
    for (const id of ["journey-subject", "back-subject"]) {
      byId(id, HTMLElement).textContent = key;
    }
    byId("journey", HTMLElement).hidden = false;
    byId("back", HTMLElement).hidden = false;
    byId("verdicts", HTMLElement).replaceChildren();
    this.#explain({ mode: modeOf(object, key), key });
    this.#refreshControls();
  }

  async #showObjects() {
    const listed = await this.#bucket.list();
    showObjects(listed, this.#current?.key, {
      open: (key) =>
        this.#alone(async () => {
          await this.#open(key);
          await this.#showObjects();
          byId("journey-title", HTMLElement).focus();
        }),
      remove: (key) => this.#alone(() => this.#remove(key)),
    });
    this.#refreshControls();
    return listed;
  }

  async #remove(key: string): Promise<void> {
    await this.#backend.delete(key);
    if (this.#current?.key === key) {
      this.#close();
    }
    await this.#showObjects();
    byId("bucket-title", HTMLElement).focus();
  }

  async #reset(): Promise<void> {
    await inspect({ kind: "reset" });
    await dropReceipts();
    this.#sent.clear();
    this.#close();
    await this.#bucket.ensure();
    this.#encryption = await this.#bucket.encryption();
    this.#showBucketSettings();
    await this.#showObjects();
    byId("upload-status", HTMLElement).textContent = "The bucket is empty again.";
  }

  #close(): void {
    this.#current = undefined;
    byId("journey", HTMLElement).hidden = true;
    byId("back", HTMLElement).hidden = true;
    this.#explain();
  }

  #showBucketSettings(): void {
    showBucketSettings(this.#encryption, async (encryption) => {
      await this.#bucket.setEncryption(encryption);
      this.#encryption = await this.#bucket.encryption();
      this.#explain();
    });
  }

  /** Explains the mode of the object that is shown, or the one that was chosen. */
  #explain(shown?: { readonly mode: Mode; readonly key: string }): void {
    const { choice } = this.#mode.settings;
    const byDefault: Mode = this.#encryption.algorithm === "AES256" ? "SSE-S3" : "SSE-KMS";
    const mode = shown?.mode ?? (choice === "bucket-default" ? byDefault : choice);
    showParties(mode, shown?.key);
    showSigned(this.#backend.signed.length);
    markDuty(mode);
  }

  #refreshControls(): void {
    const hasFile = this.#file.file !== undefined;
    byId("upload", HTMLButtonElement).disabled = !hasFile;
    byId("upload-hint", HTMLElement).hidden = hasFile;
    byId("save", HTMLButtonElement).disabled = this.#fetched === undefined;
    const choice = this.#current === undefined ? undefined : choiceOf(this.#current.key);
    const applies: Readonly<Record<string, boolean>> = {
      download: true,
      "wrong-key": choice === "client-side" || choice === "SSE-C",
      "no-key": choice === "SSE-C",
      tamper: true,
      alter: choice === "client-side",
      "plain-http": true,
      "lose-connection": true,
      "cut-short": true,
    };
    for (const [id, isOffered] of Object.entries(applies)) {
      byId(id, HTMLButtonElement).hidden = !isOffered;
    }
    // Focus would be lost with `disabled`; what is pressed meanwhile does nothing.
    for (const control of document.querySelectorAll("#upload, #back button, #objects button, #reset")) {
      control.setAttribute("aria-disabled", String(this.#isBusy));
    }
  }
}

/** Shows what lies at rest of an object; the log of its KMS key grows with every use. */
async function showAtRest(key: string, object: AtRest): Promise<void> {
  const [bytes, events] = await Promise.all([
    inspect({ kind: "stored-bytes", key, offset: 0, length: SHOWN_BYTES }),
    inspect({ kind: "kms-events" }),
  ]);
  const arn = `arn:aws:s3:::${BUCKET}/${key}`;
  showRestPanel(
    object,
    bytes,
    events.filter(({ encryptionContext }) => encryptionContext["aws:s3:arn"] === arn),
  );
}

function modeOf({ mode }: AtRest, key: string): Mode {
  const atRest: Mode = MODES.includes(mode) ? (mode as Mode) : "SSE-S3";
  return choiceOf(key) === "client-side" ? "client-side" : atRest;
}

function showProgress(value: number, max: number, text: string): void {
  byId("progress", HTMLElement).hidden = false;
  const bar = byId("progress-bar", HTMLProgressElement);
  bar.max = Math.max(max, 1);
  bar.value = value;
  byId("progress-text", HTMLElement).textContent = text;
}

function showTrouble(message: string): void {
  const trouble = byId("trouble", HTMLElement);
  trouble.textContent = message;
  trouble.hidden = false;
}

function hideTrouble(): void {
  byId("trouble", HTMLElement).hidden = true;
}

async function start(): Promise<void> {
  startTheme();
  showDuties();
  tapFetch();
  try {
    await openStorageLink();
    const page = new Page({ "client-side": await HeldKey.open("client-side"), "SSE-C": await HeldKey.open("SSE-C") });
    await page.start();
    document.documentElement.dataset["ready"] = "true";
  } catch (error) {
    showTrouble(failureOf(error).message);
  }
}

await start();
