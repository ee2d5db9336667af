// Opens prerequisite documents in headless Chromium and prints what is wrong with each, as JSON.
//
// In: the path of a JSON file: a list of {name, page, content}: a title, an HTML file, and the JSON that segc prints for the same
// document. Out, on standard output: {"NAME: CHECK": [what is wrong, ...], ...}.
//
// The browser is the one of this folder's packages, unpacked with its libraries and fonts under TMPDIR: none of the machine's.

import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

import Chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const MATRIX = "firewall-matrix";
const SIZES = { wide: [1280, 900], narrow: [400, 800] };

/** The tables of the JSON of a document: id, columns, ids and marks of rows, cells. */
function tablesOf(content) {
  const blocks = content.document.sections.flatMap((section) => section.blocks);
  return blocks.filter((block) => block.block === "table");
}

/** What the page shows of its tables: by id, the text of each cell of each row. */
function shownTables() {
  const words = (cell) => cell.innerText.replace(/\s+/g, " ").trim();
  const rows = (table) => [...table.tBodies[0].rows].map((row) => [...row.cells].map(words));
  return Object.fromEntries([...document.querySelectorAll(".table table")].map((table) => [table.id.slice(2), rows(table)]));
}

/** A text as the page shows it: on one line, and hidden characters by their number. */
function seen(text) {
  const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/g;
  const named = text.replace(hidden, (letter) => `[U+${letter.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
  return named.replace(/\s+/g, " ").trim();
}

/** What of the content is not on the page, or is there otherwise. */
async function content(page, document) {
  const shown = await page.evaluate(shownTables);
  const wrong = [];
  for (const table of tablesOf(document.content)) {
    const rows = shown[table.id] ?? [];
    const marked = table.rows.some((row) => row.change !== null);
    const wanted = table.rows.map((row) => [row.id, ...(marked ? [row.change ?? ""] : []), ...Object.values(row.cells)].map(seen));
    if (rows.length !== wanted.length) wrong.push(`${table.id} has ${rows.length} rows, not ${wanted.length}`);
    rows.forEach((row, at) => {
      if (JSON.stringify(row) !== JSON.stringify(wanted[at])) wrong.push(`${table.id}, row ${at + 1}: ${row} and not ${wanted[at]}`);
    });
  }
  const sections = await page.$$eval("main > section", (all) => all.map((one) => one.querySelector("h2").innerText));
  const titles = document.content.document.sections.map((section, at) => `${at + 1} ${section.title}`);
  if (JSON.stringify(sections) !== JSON.stringify(titles)) wrong.push(`sections ${sections}`);
  return wrong;
}

const rowsShown = (page, id) =>
  page.$$eval(`#t-${id} tbody tr`, (rows) => rows.filter((row) => row.checkVisibility()).map((row) => row.cells[0].innerText.trim()));

/** Moves on with the tabulator until something of the table has the focus; the keys it took. */
async function tabTo(page, selector) {
  for (let keys = 1; keys <= 400; keys += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return keys;
  }
  throw new Error(`no way by keyboard to ${selector}`);
}

/** The numbers in the line that says how many rows are shown. */
const counted = (page, id) =>
  page.$eval(`.table:has(#t-${id}) .count`, (count) => (count.textContent.match(/\d+/g) ?? []).map(Number));

function fail(wrong, what, got, wanted) {
  if (JSON.stringify(got) !== JSON.stringify(wanted)) wrong.push(`${what}: ${JSON.stringify(got).slice(0, 300)} and not ${JSON.stringify(wanted).slice(0, 300)}`);
}

/** Searches by keyboard alone, for a word of some rows and for one of none, and takes it back. */
async function search(page, table) {
  const wrong = [];
  const rows = table.rows.map((row) => ({ id: seen(row.id), text: seen([row.id, row.change ?? "", ...Object.values(row.cells)].join("\u0001")).toLowerCase() }));
  const all = rows.map((row) => row.id);
  const [column] = ["destination-role", "name"].filter((id) => id in table.rows[0].cells);
  const word = seen(table.rows.at(-1).cells[column]).split(" ")[0].toLowerCase();
  const box = `.table:has(#t-${table.id}) .tools`;
  await page.focus("body");
  await tabTo(page, `${box} input[type=search]`);
  await page.keyboard.type(word.toUpperCase());
  await new Promise((done) => setTimeout(done, 250));
  const found = rows.filter((row) => row.text.includes(word)).map((row) => row.id);
  fail(wrong, `search for ${word}`, await rowsShown(page, table.id), found);
  fail(wrong, "count", await counted(page, table.id), [found.length, all.length]);
  await page.keyboard.type(" no-such-word-anywhere");
  await new Promise((done) => setTimeout(done, 250));
  fail(wrong, "search for nothing", await rowsShown(page, table.id), []);
  await tabTo(page, `${box} button`);
  await page.keyboard.press("Enter");
  fail(wrong, "search cleared", await rowsShown(page, table.id), all);
  return wrong;
}

/** Sorts by each column by keyboard: up, down, and as it was. */
async function sort(page, table) {
  const wrong = [];
  const order = new Intl.Collator("en", { numeric: true }).compare;
  const before = await page.$$eval(`#t-${table.id} tbody tr`, (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const ids = (rows) => rows.map((row) => row[0]);
  const now = () => page.$$eval(`#t-${table.id} tbody tr`, (rows) => rows.map((row) => row.cells[0].textContent));
  const heads = await page.$$(`#t-${table.id} thead button`);
  fail(wrong, "columns to sort by", heads.length, before[0].length);
  for (const [at, head] of heads.entries()) {
    const said = () => head.evaluate((button) => button.parentElement.getAttribute("aria-sort"));
    const up = before.toSorted((one, other) => order(one[at], other[at]));
    const down = before.toSorted((one, other) => order(other[at], one[at]));
    await head.focus();
    for (const [key, wanted, word] of [["Enter", up, "ascending"], ["Space", down, "descending"], ["Enter", before, null]]) {
      await page.keyboard.press(key);
      fail(wrong, `column ${at + 1}, ${word}`, await now(), ids(wanted));
      fail(wrong, `column ${at + 1}, said`, await said(), word);
    }
  }
  return wrong;
}

/** Takes each value of each filter, alone and with a search. */
async function filter(page, table) {
  const wrong = [];
  const box = `.table:has(#t-${table.id}) .tools`;
  const heads = await page.$$eval(`#t-${table.id} thead th`, (all) => all.map((head) => head.querySelector("button").textContent));
  const all = await page.$$eval(`#t-${table.id} tbody tr`, (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const selects = await page.$$(`${box} select`);
  if (!selects.length && table.id === MATRIX && all.length > 20) wrong.push("nothing to filter by");
  for (const select of selects) {
    const at = heads.indexOf(await select.evaluate((one) => one.parentElement.firstChild.textContent));
    const values = await select.$$eval("option", (options) => options.map((option) => option.value).filter(Boolean));
    const distinct = new Set(all.map((row) => row[at]));
    fail(wrong, `values of ${heads[at]}`, values.length, distinct.size);
    for (const value of values) {
      await select.select(value);
      fail(wrong, `${heads[at]} ${value}`, await rowsShown(page, table.id), all.filter((row) => row[at] === value.slice(1)).map((row) => row[0].trim()));
    }
    await select.select("");
  }
  fail(wrong, "filters cleared", (await rowsShown(page, table.id)).length, all.length);
  return wrong;
}

/** What axe has against the page as it is. */
async function axe(page) {
  const found = await page.evaluate((tags) => window.axe.run(document, { runOnly: { type: "tag", values: tags } }), RULES);
  return found.violations.map((one) => `${one.id} (${one.impact}): ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" ; ")}`);
}

/** Text that leaves its cell or the window, or lies on other text. */
function cutText() {
  const wrong = [];
  if (document.documentElement.scrollWidth > window.innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} wide, the window ${window.innerWidth}`);
  for (const cell of document.querySelectorAll("th, td, p, li, dd, dt, h1, h2, h3, figcaption, label, select, .tools button")) {
    if (!cell.checkVisibility() || cell.matches(".skip")) continue;
    if (cell.scrollWidth > cell.clientWidth + 1 && cell.clientWidth > 0 && getComputedStyle(cell).display !== "inline") wrong.push(`cut: ${cell.textContent.slice(0, 80)}`);
  }
  return wrong.slice(0, 10);
}

/** The skip link is the first stop, is seen there, and leads to the content. */
async function skip(page) {
  const wrong = [];
  await page.focus("body");
  await page.keyboard.press("Tab");
  fail(wrong, "first stop", await page.evaluate(() => [document.activeElement.className, document.activeElement.getBoundingClientRect().left >= 0]), ["skip", true]);
  await page.keyboard.press("Enter");
  fail(wrong, "skipped to", await page.evaluate(() => document.activeElement.id), "content");
  return wrong;
}

/** A page with whatever it asks of a network, and what it complains about. */
async function opened(browser, document, [width, height], more = {}) {
  const page = await browser.newPage();
  const asked = [];
  const said = [];
  await page.setViewport({ width, height });
  if (more.dark) await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  if (more.script === false) await page.setJavaScriptEnabled(false);
  page.on("request", (request) => asked.push(request.url().slice(0, 100)));
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("dialog", (dialog) => { said.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(pathToFileURL(document.page).href, { waitUntil: "load" });
  return { page, asked, said };
}

async function checked(browser, document) {
  const results = {};
  const check = async (name, run) => {
    try {
      results[`${document.name}: ${name}`] = await run();
    } catch (error) {
      results[`${document.name}: ${name}`] = [String(error)];
    }
  };
  const { page, asked, said } = await opened(browser, document, SIZES.wide);
  await check("content", () => content(page, document));
  await check("skip link", () => skip(page));
  for (const table of tablesOf(document.content)) {
    if (![MATRIX, "names-to-allow"].includes(table.id) || !(await page.$(`.table[data-tools] #t-${table.id}`))) continue;
    await check(`search of ${table.id}`, () => search(page, table));
    await check(`sorting of ${table.id}`, () => sort(page, table));
    await check(`filters of ${table.id}`, () => filter(page, table));
  }
  await check("nothing is cut", () => page.evaluate(cutText));
  const outside = asked.filter((url) => !url.startsWith("data:") && url !== pathToFileURL(document.page).href.slice(0, 100));
  await check("no request", async () => outside);
  await check("no complaint", async () => said);
  await page.evaluate(AXE);
  await check("axe", () => axe(page));
  await page.close();
  const narrow = await opened(browser, document, SIZES.narrow, { dark: true });
  await check("nothing is cut on a small screen", () => narrow.page.evaluate(cutText));
  await narrow.page.evaluate(AXE);
  await check("axe on a small dark screen", () => axe(narrow.page));
  await narrow.page.close();
  const plain = await opened(browser, document, SIZES.wide, { script: false });
  await check("content without its script", () => content(plain.page, document));
  await plain.page.close();
  return results;
}

const documents = JSON.parse(await readFile(process.argv[2], "utf8"));
const browser = await puppeteer.launch({
  executablePath: await Chromium.executablePath(),
  args: ["--headless=shell", "--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-dev-shm-usage"],
});
const results = {};
try {
  for (const document of documents) {
    document.content = JSON.parse(await readFile(document.content, "utf8"));
    Object.assign(results, await checked(browser, document));
  }
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(results));
