/** Building and finding elements. Text only ever becomes text: nothing here parses HTML. */

/** What an element may be given: text, elements, or nothing. */
export type Child = Node | string | undefined | false;

/** Attributes by name; `true` for one without value, `false` and `undefined` for none. */
export type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/**
 * An element with attributes and content.
 *
 * @param tag - Its name.
 * @param attributes - Its attributes.
 * @param children - What it holds.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(...present(children));
  return made;
}

/**
 * A button that does something.
 *
 * @param label - What it says.
 * @param onClick - What it does.
 * @param attributes - Its attributes.
 */
export function button(label: string, onClick: () => unknown, attributes: Attributes = {}): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", () => {
    onClick();
  });
  return made;
}

/**
 * Replaces what an element holds.
 *
 * @param parent - The element.
 * @param children - What it is to hold.
 */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...present(children));
}

/**
 * The element of the page with this id.
 *
 * @param id - The id.
 * @param kind - The class that it has.
 */
export function byId<Kind extends HTMLElement>(id: string, kind: abstract new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) {
    throw new Error(`the page has no ${kind.name} with the id ${id}`);
  }
  return found;
}

/**
 * A list of names and values.
 *
 * @param pairs - The names with their values; a pair without value is left out.
 */
export function facts(pairs: readonly (readonly [string, Child])[]): HTMLDListElement {
  const shown = pairs.filter(([, value]) => value !== undefined && value !== false && value !== "");
  const items = shown.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  return element("dl", { class: "facts" }, ...items);
}

function present(children: readonly Child[]): (Node | string)[] {
  return children.filter((child) => child !== undefined && child !== false);
}
