// The pages in a real browser: policy, accessibility, widths, greys, budgets, and what a person does on them.
// node pages.mjs BASE FOLDER FACTS.json; FACTS: {open:{no,code}, rate:{no,code}, closed:{no,code}}. Screenshots go to FOLDER.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const [, , base, folder, factsFile] = process.argv;
const facts = JSON.parse(readFileSync(factsFile, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const KIB = 1024;
const BUDGETS = {
  "/q": { js: 75 * KIB, all: 110 * KIB, requests: 8 },
  "/overview": { js: 75 * KIB, all: 110 * KIB, requests: 8 },
  "/cases?metric=open": { js: 75 * KIB, all: 110 * KIB, requests: 8 },
};
const failures = [];
let checks = 0;

function expect(is, what) {
  checks++;
  if (!is) {
    failures.push(what);
    console.log(`FAILED: ${what}`);
  }
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--force-color-profile=srgb"] });
mkdirSync(folder, { recursive: true });

/** A page that reports every breach of the policy, every error, and what it loaded. */
async function open(name, path, { width, height = 900, mode = "" }, use) {
  const context = await browser.newContext({ viewport: { width, height }, locale: "zh-CN", timezoneId: "America/New_York" });
  const page = await context.newPage();
  const wrong = [];
  const loaded = [];
  await context.addInitScript((wanted) => {
    if (wanted.includes("elder")) localStorage.setItem("wl.elder", "1");
    if (wanted.includes("en")) localStorage.setItem("wl.lang", "en");
    window.breaches = [];
    document.addEventListener("securitypolicyviolation", (event) => window.breaches.push(`${event.violatedDirective} ${event.blockedURI}`));
  }, mode);
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 40[34]/.test(message.text())) wrong.push(message.text());
  });
  page.on("response", async (response) => {
    const length = Number((await response.allHeaders())["content-length"] ?? 0);
    loaded.push({ url: response.url(), length });
  });
  try {
    await page.goto(base + path);
    await use(page, loaded, context);
    const breaches = await page.evaluate(() => window.breaches);
    expect(breaches.length === 0, `${name}: the policy was broken: ${breaches.join("; ")}`);
    expect(wrong.length === 0, `${name}: errors: ${wrong.join("; ")}`);
  } catch (error) {
    expect(false, `${name}: ${error.message}`);
    await page.screenshot({ path: `${folder}/${name}-failed.png` }).catch(() => {});
  } finally {
    await context.close();
  }
}

async function look(page, name) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over <= 0, `${name}: ${over} px wider than the window`);
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] });
    return result.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.failureSummary}`).join(" | ")}`);
  });
  expect(found.length === 0, `${name}: axe: ${found.join("\n  ")}`);
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  // As a grey print: words and glyphs must carry it; people look at these pictures.
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setEmulatedVisionDeficiency", { type: "achromatopsia" });
  await page.screenshot({ path: `${folder}/${name}-grey.png`, fullPage: true });
  await session.send("Emulation.setEmulatedVisionDeficiency", { type: "none" });
}

async function enter(page, letter) {
  await page.fill("#no", letter.no);
  await page.fill("#code", letter.code);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".steps li");
}

const sizes = [
  { width: 320 },
  { width: 360, height: 780 },
  { width: 1440 },
  { width: 360, height: 780, mode: "elder" },
  { width: 1440, mode: "en" },
];
const label = (size) => `${size.width}${size.mode ? `-${size.mode}` : ""}`;

for (const size of sizes) {
  await open(`overview-${label(size)}`, "/overview", size, async (page) => {
    await page.waitForSelector(".ledger");
    await look(page, `overview-${label(size)}`);
  });
  await open(`ask-${label(size)}`, "/q", size, async (page) => {
    await page.waitForSelector("#no");
    await look(page, `ask-${label(size)}`);
  });
  await open(`cases-${label(size)}`, "/cases?metric=open", size, async (page) => {
    await page.waitForSelector(".list tbody tr");
    await look(page, `cases-${label(size)}`);
  });
  for (const kind of ["open", "rate", "closed"])
    await open(`${kind}-${label(size)}`, "/q", size, async (page) => {
      await enter(page, facts[kind]);
      await look(page, `${kind}-${label(size)}`);
    });
}

for (const [path, budget] of Object.entries(BUDGETS))
  await open(`size of ${path}`, path, { width: 360 }, async (page, loaded) => {
    await page.waitForSelector("h1");
    await page.waitForLoadState("load");
    const files = loaded.filter((one) => !one.url.includes("/api/"));
    const js = files.filter((one) => one.url.endsWith(".js"));
    const sum = (list) => list.reduce((n, one) => n + one.length, 0);
    console.log(`${path}: ${(sum(js) / KIB).toFixed(1)} KB of scripts, ${(sum(files) / KIB).toFixed(1)} KB in all, ${loaded.length} requests`);
    expect(js.length > 0 && js.every((one) => one.length > 0), `${path}: scripts have a length`);
    expect(sum(js) <= budget.js, `${path}: ${sum(js)} bytes of scripts: ${js.map((one) => `${one.url} ${one.length}`).join(", ")}`);
    expect(sum(files) <= budget.all, `${path}: ${sum(files)} bytes in all`);
    expect(loaded.length <= budget.requests, `${path}: ${loaded.length} requests: ${loaded.map((one) => one.url).join(" ")}`);
  });

await open("wrong code", "/q", { width: 360 }, async (page) => {
  await page.waitForSelector("#no");
  await page.keyboard.press("Enter");
  await page.click("button[type=submit]");
  await page.waitForSelector("#no-error");
  expect(await page.evaluate(() => document.activeElement?.id) === "no", "the first wrong field has the focus");
  expect((await page.title()).startsWith("有误："), "the title says that something is wrong");
  await page.fill("#no", facts.open.no);
  await page.fill("#code", facts.open.code === "123456" ? "123457" : "123456");
  await page.click("button[type=submit]");
  await page.waitForSelector(".wrong.box");
  expect(page.url().endsWith("/q"), "a wrong code opens nothing");
  await page.fill("#code", facts.open.code);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".steps li.cur");
  expect(decodeURIComponent(page.url()).endsWith(`/q/${facts.open.no}`), "the address is the letter's");
  expect((await page.locator("[aria-current=step]").count()) === 1, "one step is the current one");
  await page.reload();
  await page.waitForSelector(".steps li.cur");
  await page.goBack();
  await page.waitForSelector("#no");
});

await open("language and large type", "/q", { width: 360 }, async (page) => {
  await page.waitForSelector("#no");
  await page.locator("header .icb").nth(1).click();
  await page.waitForFunction(() => document.documentElement.lang === "en" && document.querySelector("h1")?.textContent === "Find my letter");
  await page.locator("header .icb").nth(0).click();
  expect(await page.evaluate(() => document.documentElement.classList.contains("elder")), "large type is on");
  await page.reload();
  await page.waitForSelector("#no");
  expect(await page.evaluate(() => document.documentElement.lang === "en" && document.documentElement.classList.contains("elder")), "both are kept");
  const small = await page.evaluate(() => [...document.querySelectorAll("button, input, summary, nav a")]
    .filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.textContent ?? one.id));
  expect(small.length === 0, `too small to touch: ${small.join(", ")}`);
});

await open("live, silent and back", "/overview", { width: 1440 }, async (page) => {
  await page.waitForFunction(() => document.querySelector(".status:not(.stale)") !== null);
  process.kill(facts.pid, "SIGSTOP");
  try {
    await page.waitForFunction(() => /截至/.test(document.querySelector(".status.stale")?.textContent ?? ""), null, { timeout: 30000 });
    expect((await page.locator(".ledger").count()) === 1, "the figures stay while nothing comes");
  } finally {
    process.kill(facts.pid, "SIGCONT");
  }
  await page.waitForFunction(() => document.querySelector(".status:not(.stale)") !== null, null, { timeout: 30000 });
});

await open("greys", "/overview", { width: 1440 }, async (page) => {
  await page.waitForSelector(".ledger");
  const greys = await page.evaluate(() => {
    const style = getComputedStyle(document.documentElement);
    const channel = (v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return ["--wl-tile-1", "--wl-tile-2", "--wl-tile-3", "--wl-tile-4"].map((name) => {
      const hex = style.getPropertyValue(name).trim();
      const [r, g, b] = [1, 3, 5].map((at) => channel(parseInt(hex.slice(at, at + 2), 16) / 255));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    });
  });
  expect(greys.every((grey, i) => i === 0 || grey < greys[i - 1] - 0.1), `tiles get darker towards trouble: ${greys.map((g) => g.toFixed(2)).join(" ")}`);
  await page.click(".seg button:nth-child(2)");
  expect((await page.locator(".districts-panel tbody tr").count()) === 23, "the sketch has a table twin of 23 units");
});

await open("rating", "/q", { width: 360, height: 780 }, async (page) => {
  await enter(page, facts.rate);
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await page.click(".bar .btn");
  expect(await page.evaluate(() => document.activeElement?.id) === "solved-yes", "the bar leads to the first question");
  await page.waitForSelector(".bar", { state: "detached" });
  await page.click(".rate button[type=submit]", { force: true });
  await page.waitForSelector(".rate .wrong");
  await page.check("#solved-partly");
  await page.check("#sat-4");
  await page.fill("#remark", "换了新灯，谢谢");
  await page.waitForFunction(() => Object.keys(localStorage).some((key) => key.startsWith("wl.draft.rate.")));
  await page.reload();
  await page.waitForSelector(".rate");
  await page.waitForFunction(() => document.querySelector("#remark")?.value === "换了新灯，谢谢");
  expect(await page.isChecked("#sat-4"), "a draft outlives the page");
  await page.click(".rate button[type=submit]");
  await page.waitForFunction(() => document.querySelector(".rate") === null && /评价/.test(document.querySelector(".steps")?.textContent ?? ""));
  await page.screenshot({ path: `${folder}/rated.png`, fullPage: true });
});

await browser.close();
console.log(`${checks - failures.length} checks passed, ${failures.length} failed; screenshots in ${folder}`);
process.exit(failures.length === 0 ? 0 : 1);
