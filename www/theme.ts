/** Light and dark: the system's choice, until a person makes another. */

import { byId } from "./dom.js";

const REMEMBERED_AS = "s3-envelope.theme";

/** Makes the button in the masthead work. */
export function startTheme(): void {
  const toggle = byId("theme", HTMLButtonElement);
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset["theme"] ?? (system.matches ? "dark" : "light")) === "dark";
  const show = () => {
    toggle.setAttribute("aria-pressed", String(isDark()));
  };
  const remembered = localStorage.getItem(REMEMBERED_AS);
  if (remembered !== null) {
    document.documentElement.dataset["theme"] = remembered;
  }
  system.addEventListener("change", show);
  toggle.addEventListener("click", () => {
    const chosen = isDark() ? "light" : "dark";
    document.documentElement.dataset["theme"] = chosen;
    localStorage.setItem(REMEMBERED_AS, chosen);
    show();
  });
  show();
}
