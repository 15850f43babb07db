/** What came of a download or of an attempt to break in, newest first. */

import { byId, type Child, element } from "./dom.js";

/** How it went: `good`, `refused` as it should be, or `bad`. */
export type Outcome = "good" | "refused" | "bad";

/** One result. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly title: string;
  /** A stable code, where there is one. */
  readonly code?: string;
  readonly message: string;
  /** What it means. */
  readonly meaning?: Child;
}

const MARKS: Readonly<Record<Outcome, string>> = { good: "✓", refused: "✕", bad: "!" };
const SHOWN = 6;

/**
 * Shows a result.
 *
 * @param verdict - The result.
 */
export function announce({ outcome, title, code, message, meaning }: Verdict): void {
  const list = byId("verdicts", HTMLElement);
  const shown = element(
    "div",
    { class: `verdict ${outcome}` },
    element("span", { class: "mark", "aria-hidden": "true" }, MARKS[outcome]),
    element(
      "div",
      {},
      element("p", { class: "verdict-title" }, title, code !== undefined && element("code", { class: "code" }, code)),
      element("p", { class: "verdict-message" }, message),
      meaning !== undefined && element("p", { class: "verdict-meaning" }, meaning),
    ),
  );
  list.prepend(shown);
  while (list.childElementCount > SHOWN) {
    list.lastElementChild?.remove();
  }
}
