/** Step 1 and 2: which file, and who encrypts it. */

import { size } from "./bytes.js";
import { byId, element, fill } from "./dom.js";
import { keyBox, type Lookup } from "./key-box.js";
import { type Choice, CHOICES } from "./modes.js";
import { BUCKET, KMS_ALIASES } from "./protocol.js";
import { type Keys, MAX_LENGTH, type Settings } from "./transfer.js";

const SAMPLE = `Dear Ada,

the recipe you asked for: 500 g flour, 320 g water, 10 g salt, and a spoon of patience.
Let it rest over night. Nobody else has to know about the patience.

Yours, Charles
`;

/** The file that a person chose. */
export class FileChoice {
  #file: File | undefined;
  readonly #input = byId("file", HTMLInputElement);
  readonly #onChange: () => void;

  /** @param onChange - Called when another file was chosen. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#input.addEventListener("change", () => {
      this.#take(this.#input.files?.[0]);
    });
    byId("sample", HTMLButtonElement).addEventListener("click", () => {
      this.#take(new File([SAMPLE.repeat(24)], "letter.txt", { type: "text/plain" }));
    });
    this.#acceptDrops();
  }

  /** The file, if one was chosen. */
  get file(): File | undefined {
    return this.#file;
  }

  #acceptDrops(): void {
    const target = byId("drop", HTMLElement);
    const mark = (isOver: boolean) => () => target.classList.toggle("over", isOver);
    target.addEventListener("dragover", mark(true));
    target.addEventListener("dragleave", mark(false));
    target.addEventListener("drop", mark(false));
    target.addEventListener("drop", (event) => {
      this.#take(event.dataTransfer?.files[0]);
    });
    // Everywhere, not on the target alone: a file that missed it would replace the page, and its keys would be gone.
    for (const name of ["dragover", "drop"]) {
      addEventListener(name, (event) => {
        event.preventDefault();
      });
    }
  }

  #take(file: File | undefined): void {
    if (file === undefined) {
      return;
    }
    if (file !== this.#input.files?.[0]) {
      // Else choosing again what the input still holds would be no change, and this file would stay.
      this.#input.value = "";
    }
    const isTooLong = file.size > MAX_LENGTH;
    const note = isTooLong
      ? `${file.name} has ${size(file.size)}: this demo compares files in memory and takes up to ${size(MAX_LENGTH)}.`
      : `${file.name}, ${size(file.size)}`;
    byId("chosen", HTMLElement).textContent = note;
    byId("drop", HTMLElement).classList.toggle("has-file", !isTooLong);
    this.#file = isTooLong ? undefined : file;
    this.#onChange();
  }
}

/** The mode that a person chose, with what goes with it. */
export class ModeChoice {
  #choice: Choice = "client-side";
  #kmsKeyId: string | undefined;
  readonly #keys: Keys;
  readonly #lookup: Lookup;
  readonly #onChange: () => void;

  /**
   * @param keys - The keys that a person holds.
   * @param lookup - Counts the objects that a replaced key would leave behind.
   * @param onChange - Called when another mode was chosen.
   */
  constructor(keys: Keys, lookup: Lookup, onChange: () => void) {
    this.#keys = keys;
    this.#lookup = lookup;
    this.#onChange = onChange;
    fill(byId("modes", HTMLFieldSetElement), ...CHOICES.map((text) => this.#card(text)));
    this.#showSettings();
  }

  /** What was chosen. */
  get settings(): Settings {
    return { choice: this.#choice, kmsKeyId: this.#kmsKeyId };
  }

  #card({ choice, title, summary, readers, note }: (typeof CHOICES)[number]): HTMLElement {
    const radio = element("input", { type: "radio", name: "mode", value: choice, id: `mode-${choice}` });
    radio.checked = choice === this.#choice;
    radio.addEventListener("change", () => {
      this.#choice = choice;
      this.#showSettings();
      this.#onChange();
    });
    return element(
      "label",
      { class: "mode", for: `mode-${choice}` },
      radio,
      element("span", { class: "mode-title" }, title, note !== undefined && element("span", { class: "note" }, note)),
      element("span", { class: "mode-summary" }, summary),
      element("span", { class: "mode-readers" }, "Reads it: ", element("strong", {}, readers)),
    );
  }

  #showSettings(): void {
    const settings = byId("mode-settings", HTMLElement);
    switch (this.#choice) {
      case "client-side":
      case "SSE-C":
        fill(settings, keyBox(this.#keys[this.#choice], this.#lookup));
        break;
      case "SSE-KMS":
        fill(settings, this.#kmsKeySelect());
        break;
      case "SSE-S3":
        fill(settings, element("p", { class: "hint" }, "No key to hold: S3 makes and keeps it."));
        break;
      default:
        fill(
          settings,
          element(
            "p",
            { class: "hint" },
            `The default of the bucket ${BUCKET} is set `,
            element("a", { href: "#bucket-settings" }, "below"),
            ".",
          ),
        );
    }
  }

  #kmsKeySelect(): HTMLElement {
    const options = [
      element("option", { value: "" }, "The account's default (aws/s3)"),
      ...KMS_ALIASES.map((alias) => element("option", { value: alias }, alias)),
    ];
    const select = element("select", { id: "kms-key" }, ...options);
    select.value = this.#kmsKeyId ?? "";
    select.addEventListener("change", () => {
      this.#kmsKeyId = select.value === "" ? undefined : select.value;
    });
    return element("p", { class: "field" }, element("label", { for: "kms-key" }, "KMS key"), select);
  }
}
