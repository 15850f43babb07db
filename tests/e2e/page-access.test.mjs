/** The page works for everybody: by keyboard alone, in light and dark, on a narrow and on a wide screen. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { CONTENT_SECURITY_POLICY } from "../../scripts/serve.mjs";
import { STATUS } from "../support/faults.mjs";
import { OpenPage } from "./support/page.mjs";

/** Presses Tab until an element has the focus, which must then be visible. */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  assert.fail(`Tab does not reach ${selector}`);
}

/** Whether the focused element, or what stands for it, has an outline. */
const hasOutline = () => {
  const focused = document.activeElement;
  const shown = [focused, focused.closest(".drop"), focused.closest(".mode")].filter(Boolean);
  return shown.some((one) => getComputedStyle(one).outlineStyle === "solid" && one.getBoundingClientRect().width > 4);
};

test("a person without a mouse sends a file, gets it back, and tries to break in", async () => {
  const opened = await OpenPage.open();
  const { page } = opened;
  try {
    await tabTo(page, "#file");
    assert.ok(await page.evaluate(hasOutline), "the file input shows no focus");
    await tabTo(page, "#sample");
    assert.ok(await page.evaluate(hasOutline), "buttons show no focus");
    await page.keyboard.press("Enter");
    await tabTo(page, 'input[name="mode"]:checked');
    await page.keyboard.press("ArrowDown");
    assert.ok(await page.isChecked("#mode-SSE-C"), "arrow keys choose the mode");
    assert.ok(await page.evaluate(hasOutline), "the modes show no focus");
    await page.keyboard.press("ArrowUp");
    await tabTo(page, "#upload");
    await page.keyboard.press("Enter");
    await page.locator("#journey-subject", { hasText: "client-side/letter.txt" }).waitFor();
    await tabTo(page, "#download");
    await page.keyboard.press("Enter");
    await page.locator(".verdict.good").waitFor();
    await tabTo(page, "#wrong-key");
    await page.keyboard.press("Space");
    await page.locator(".verdict.refused", { hasText: "WRONG_KEY" }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "wrong-key", "the focus stays where it was");
  } finally {
    await opened.close();
  }
});

/** Notes what is told while something is done, and whether what cannot be used meanwhile says so. */
const listenToWork = () => {
  const working = document.getElementById("working");
  globalThis.told = [];
  new MutationObserver(() => {
    const others = [...document.querySelectorAll("#upload, #back button, #objects button, #reset")];
    const areOut = others.every((one) => one.getAttribute("aria-disabled") === "true");
    if (working.textContent !== "") globalThis.told.push({ words: working.textContent, areOut });
  }).observe(working, { childList: true });
};

test("what the page does is told as what it is, and the focus stays on what was pressed", async () => {
  const opened = await OpenPage.open();
  const { page } = opened;
  const focused = () => page.evaluate(() => document.activeElement.id);
  const pressed = async (id) => {
    await page.focus(`#${id}`);
    await page.keyboard.press("Enter");
  };
  try {
    assert.equal(await page.getAttribute("#working", "role"), "status");
    await page.evaluate(listenToWork);
    await page.click("#sample");
    await opened.choose("SSE-C");
    await pressed("upload");
    await page.locator("#upload-status", { hasText: "is in the bucket" }).waitFor();
    await page.locator('#upload[aria-disabled="false"]').waitFor();
    assert.equal(await focused(), "upload");
    await opened.press("download");
    const saved = page.waitForEvent("download");
    await pressed("save");
    await (await saved).delete();
    await page.locator('#save[aria-disabled="false"]').waitFor();
    assert.equal(await focused(), "save");
    opened.faults.allow(STATUS(403));
    await opened.press("wrong-key");
    const told = await page.evaluate(() => globalThis.told);
    assert.deepEqual(
      told.map(({ words }) => words.split(/\W/)[0]),
      ["Downloading", "Downloading", "Trying"],
    );
    assert.ok(
      told.every(({ areOut }) => areOut),
      "what does nothing meanwhile looks as if it did",
    );
    assert.equal(await page.innerText("#working"), "");
  } finally {
    await opened.close();
  }
});

test("the page says which object and mode its explanations are about, and counts what was signed", async () => {
  const opened = await OpenPage.open();
  const { page } = opened;
  const signed = async () => Number(/visit: (\d+)/.exec(await page.innerText("#signed"))?.[1] ?? 0);
  try {
    assert.match(await page.innerText("#holders-subject"), /Client-side encryption, as chosen above/);
    await page.click("#sample");
    await opened.choose("SSE-C");
    await opened.upload();
    const before = await signed();
    assert.ok(before > 0);
    await opened.press("download");
    assert.ok((await signed()) > before, "downloads are signed too");
    await page.reload();
    await opened.ready();
    assert.ok(await page.isChecked("#mode-client-side"));
    assert.match(await page.innerText("#holders-subject"), /SSE-C encryption, as of SSE-C\/letter\.txt/);
    assert.deepEqual(await page.locator('#duties th[aria-current="true"]').allInnerTexts(), ["SSE-C"]);
    await page.click('button[aria-label="Delete SSE-C/letter.txt"]');
    await page.locator("#objects .empty").waitFor();
    assert.match(await page.innerText("#holders-subject"), /as chosen above/);
  } finally {
    await opened.close();
  }
});

test("a failure is told once, where it can be seen, and is gone with the next action", async () => {
  const opened = await OpenPage.open();
  const { page } = opened;
  opened.faults.allow(STATUS(404));
  try {
    for (const choice of ["SSE-S3", "client-side"]) {
      await page.click("#sample");
      await opened.choose(choice);
      await page.click("#upload");
      await page.locator("#journey-subject", { hasText: `${choice}/letter.txt` }).waitFor();
    }
    // Behind the page's back.
    await opened.operator({ kind: "reset" });
    await page.click('button[aria-label="Inspect SSE-S3/letter.txt"]');
    await page.locator(".verdict.bad", { hasText: "there is no object SSE-S3/letter.txt" }).waitFor();
    assert.ok(await page.isHidden("#trouble"), "it is told twice");
    page.once("dialog", (dialog) => dialog.accept());
    await page.click("#reset");
    await page.locator("#objects .empty").waitFor();
    await page.click("#upload");
    await page.locator("#journey-subject", { hasText: "client-side/letter.txt" }).waitFor();
    await opened.operator({ kind: "reset" });
    await page.click('button[aria-label="Delete client-side/letter.txt"]');
    const trouble = page.locator("#trouble", { hasText: "NoSuchBucket" });
    await trouble.waitFor();
    await page.click("#upload");
    await trouble.waitFor({ state: "hidden" });
    await page.locator("#upload-status", { hasText: "NoSuchBucket" }).waitFor();
  } finally {
    await opened.close();
  }
});

test("every control has a name, and every id is used once", async () => {
  const opened = await OpenPage.open();
  const { page } = opened;
  try {
    await page.click("#sample");
    await page.click("#upload");
    await page.locator("#journey-subject", { hasText: "letter.txt" }).waitFor();
    const controls = await page.locator("button, input, select, summary").evaluateAll((all) =>
      all
        .filter((one) => one.checkVisibility())
        .filter((one) => !(one.textContent || one.labels?.length || one.getAttribute("aria-label")))
        .map((one) => one.outerHTML),
    );
    assert.deepEqual(controls, []);
    const ids = await page.locator("[id]").evaluateAll((all) => all.map(({ id }) => id));
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    );
    const referred = await page.evaluate(() =>
      [...document.querySelectorAll("[aria-labelledby], label[for]")]
        .flatMap((one) => (one.getAttribute("aria-labelledby") ?? one.getAttribute("for")).split(" "))
        .filter((id) => document.getElementById(id) === null),
    );
    assert.deepEqual(referred, []);
  } finally {
    await opened.close();
  }
});

/** The contrast of all visible text against what is behind it; WCAG 2.2 AA wants 4.5, and 3 for large text. */
const lowContrast = () => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    for (let at = one; at !== null; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const one = node.parentElement;
    if (!node.textContent.trim() || !one.checkVisibility() || one.closest(":disabled, .visually-hidden, .skip"))
      continue;
    const style = getComputedStyle(one);
    const [front, back] = [luminance(channels(style.color)), luminance(behind(one))];
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const isLarge = Number.parseFloat(style.fontSize) >= 24;
    if (ratio < (isLarge ? 3 : 4.5)) found.push(`${node.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return found;
};

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 768, 1600]) {
    test(`nothing sticks out and everything is legible, ${colorScheme}, ${String(width)} px wide`, async () => {
      const opened = await OpenPage.open({
        context: { colorScheme, reducedMotion: "reduce", viewport: { width, height: 900 } },
      });
      opened.faults.allow(STATUS(400), STATUS(403));
      const { page } = opened;
      const check = async (state) => {
        const { scroll, inner } = await page.evaluate(() => ({
          scroll: document.documentElement.scrollWidth,
          inner: document.documentElement.clientWidth,
        }));
        assert.ok(scroll <= inner, `${state}: the page is ${String(scroll)} px wide`);
        const clipped = await page
          .locator(".hex-lines")
          .evaluateAll((all) =>
            all
              .filter((one) => one.scrollWidth > one.clientWidth)
              .map((one) => `${one.scrollWidth} > ${one.clientWidth}`),
          );
        assert.deepEqual(clipped, [], `${state}: hex is cut off`);
        assert.deepEqual(await page.evaluate(lowContrast), [], state);
        await opened.screenshot(`page-${colorScheme}-${String(width)}-${state}`);
      };
      try {
        await check("empty");
        await page.click("#sample");
        await opened.choose("SSE-C");
        await page.click("#mode-settings summary");
        await page.click("#upload");
        await page.locator("#journey-subject", { hasText: "letter.txt" }).waitFor();
        for (const id of ["download", "wrong-key", "no-key", "plain-http"]) await opened.press(id);
        for (const summary of await page.locator(".url-full summary").all()) await summary.click();
        await check("SSE-C");
        await opened.choose("client-side");
        await page.click("#upload");
        await page.locator("#journey-subject", { hasText: "client-side/letter.txt" }).waitFor();
        for (const id of ["download", "wrong-key", "alter"]) await opened.press(id);
        await check("client-side");
      } finally {
        await opened.close();
      }
    });
  }
}

test("the chosen colours stay after a reload", async () => {
  const opened = await OpenPage.open({ context: { colorScheme: "light" } });
  const { page } = opened;
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  try {
    const light = await background();
    await page.click("#theme");
    const dark = await background();
    assert.notEqual(dark, light);
    await page.reload();
    await opened.ready();
    assert.equal(await background(), dark);
  } finally {
    await opened.close();
  }
});

test("the page carries its own strict policy, so that any static host will do", async () => {
  const opened = await OpenPage.open();
  opened.faults.allow(
    /inline script/,
    /policy violated: script-src-elem by inline/,
    /https:\/\/storage\.test\.example\//,
  );
  const { page } = opened;
  try {
    const policy = await page.getAttribute('meta[http-equiv="Content-Security-Policy"]', "content");
    // A policy in the page itself cannot say who may frame it.
    assert.deepEqual(
      policy.split("; "),
      CONTENT_SECURITY_POLICY.split("; ").filter((directive) => !directive.startsWith("frame-ancestors")),
    );
    const inline = await page.locator("script:not([src]), style, [style], [onclick], [onload]").count();
    assert.equal(inline, 0, "nothing is inline");
    const blocked = await page.evaluate(async () => {
      const seen = [];
      addEventListener("securitypolicyviolation", ({ effectiveDirective }) => seen.push(effectiveDirective));
      const script = document.createElement("script");
      script.textContent = "globalThis.injected = true";
      document.head.append(script);
      await fetch("https://storage.test.example/").catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { seen: [...new Set(seen)], injected: "injected" in globalThis };
    });
    assert.deepEqual(blocked.seen.sort(), ["connect-src", "script-src-elem"]);
    assert.equal(blocked.injected, false);
  } finally {
    await opened.close();
  }
});
