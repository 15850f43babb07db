/** The parts of the page that explain: who holds which key, and who is responsible for what. */

import { byId, element, fill } from "./dom.js";
import { CHOICES, DUTIES, DUTY_MODES, type Mode, PARTIES, type Party } from "./modes.js";

const VERDICTS = { yes: "Can read it", no: "Cannot read it", "while it works": "Can read it while it works" } as const;

/**
 * Shows who holds which key.
 *
 * @param mode - How the object is encrypted.
 * @param objectKey - The object; nothing where it is about the choice for the next one.
 */
export function showParties(mode: Mode, objectKey: string | undefined): void {
  const subject = objectKey === undefined ? "as chosen above" : `as of ${objectKey}`;
  byId("holders-subject", HTMLElement).textContent = `With ${titleOf(mode)} encryption, ${subject}.`;
  fill(byId("parties", HTMLElement), ...PARTIES[mode].map(partyCard));
}

/**
 * Shows what the backend has done.
 *
 * @param signed - How many requests it signed in this visit.
 */
export function showSigned(signed: number): void {
  const text = signed > 0 ? `Requests signed in this visit: ${String(signed)}. Keys seen: none.` : "";
  fill(byId("signed", HTMLElement), text);
}

/** Shows the table of duties; cells carry the name of their column for narrow screens, where they become cards. */
export function showDuties(): void {
  const head = element(
    "tr",
    {},
    element("td", {}),
    ...DUTY_MODES.map((mode) => element("th", { scope: "col", "data-mode": mode }, titleOf(mode))),
  );
  const rows = DUTIES.map(({ question, answers }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, question),
      ...DUTY_MODES.map((mode) => element("td", { "data-mode": mode, "data-title": titleOf(mode) }, answers[mode])),
    ),
  );
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
  table.setAttribute("aria-labelledby", "duties-title");
  fill(byId("duties", HTMLElement), table);
}

/**
 * Marks the column of a mode.
 *
 * @param mode - The mode.
 */
export function markDuty(mode: Mode): void {
  for (const cell of byId("duties", HTMLElement).querySelectorAll<HTMLElement>("[data-mode]")) {
    const isCurrent = cell.dataset["mode"] === mode;
    cell.classList.toggle("current", isCurrent);
    if (cell.tagName === "TH") {
      cell.setAttribute("aria-current", String(isCurrent));
    }
  }
}

function partyCard({ name, isWhat, holds, canRead, because }: Party): HTMLElement {
  const chips = holds.map(({ what, opens }) => element("li", { class: opens ? "chip opens" : "chip" }, what));
  return element(
    "li",
    { class: "party", "data-reads": canRead },
    element("h3", {}, name, element("small", {}, isWhat)),
    element("p", { class: "reads" }, VERDICTS[canRead]),
    holds.length > 0
      ? element("ul", { class: "chips", "aria-label": "Holds" }, ...chips)
      : element("p", { class: "empty" }, "Holds nothing."),
    element("p", { class: "because" }, because),
    name === "Your backend" && element("p", { class: "proof", id: "signed" }),
  );
}

function titleOf(mode: Mode): string {
  return CHOICES.find(({ choice }) => choice === mode)?.title ?? mode;
}
