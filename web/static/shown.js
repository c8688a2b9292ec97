// What the page shows, for the check: always the text that a reader sees, never an attribute that repeats it; and what else stands there.

import { drawn } from "./format.js";
import { Sight } from "./sight.js";

// The number in a sentence, 0 without one.
const count = (text) => Number((text ?? "").replace(/\D/g, ""));
// The tally of the server's checks has the line under it as its mark, and only a form of its own.
const BY_SERVER = "[data-by=server]:not(.tally)";
// Where something may stand that only the server knows. It is marked there.
const SERVER =
  "#verdict .why, .facts li, .serial, #findings, .map, .timeline .noted, #tests > .lead, #tests > .finding-list, #tests > .more, .test > .note, " +
  ".timeline .moved, .documents span, #balance, #proof > div, #proof > p";
// The elements that a page has. Of drawings only what the check knows (`drawings`), and what the server marks as its own.
const OURS =
  "main, header, nav, section, article, footer, div, p, h1, h2, h3, ul, ol, li, dl, dt, dd, a, b, bdi, span, small, figure, figcaption, " +
  "details, summary, pre, code, button, output, link, svg, svg > use, .bar > :is(.track, .zone)[y='7'][height='4'], .bar > .limit[y='3'][width='1.5'], .bar > .spread[height='2'], .sprite > defs, .sprite > defs *, " +
  ".map[data-by=server] > svg > :is(polyline, polygon, circle)";
// What could show or say anything, or show it in another order or later.
const FOREIGN =
  "[role]:not([role=status], [role=alert], [role=note], svg[role=img]), [aria-labelledby], [aria-describedby], [aria-details], [aria-owns], " +
  "[dir] *, [dir], [popover], li[type], .sprite:not(svg), main ~ main, " +
  ".band:not(main > #verdict:first-child), .what:not(.band + .what), .facts:not(.what > .facts), .facts > li [class]:not(.computed)";
// What a screen reader says in the place of a text or beside it, or a pointer shows.
const SPOKEN = ["aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "aria-braillelabel", "title", "alt", "placeholder"];
// What a style sheet may write before or after an element.
const DRAWN = ["none", "normal", '""', '"▸"', '"▾"'];
// Between texts.
const PUNCTUATION = /^[\s·,，、:：→()]*$/;

// `came`: the elements that came with the page.
export function shown(band, came) {
  const page = document.querySelector("main");
  const sight = new Sight(came);
  const taken = new Set();
  const within = (e, selector) => [...e.querySelectorAll(selector)].filter((one) => sight.whole(one));
  const read = (e) => (sight.whole(e) ? drawn(sight.words(e)) : undefined);
  const words = (e, selector) => {
    const found = selector ? e.querySelector(selector) : e;
    const text = found ? read(found) : undefined;
    if (text !== undefined) taken.add(found);
    return text;
  };
  const texts = (e, selector) => within(e, selector).map((one) => words(one));
  // Where the drawing in an element is from.
  const drawing = (e, selector) => {
    const use = e.querySelector(`${selector} > use`);
    taken.add(use);
    return use?.getAttribute("href");
  };
  // How an element looks: its class, and the drawing if that is another one.
  const looks = (e, kind, name, selector) => {
    const from = drawing(e, selector) ?? "";
    return ["", `#${kind}-${name}`].includes(from) ? name : name + from;
  };
  const fact = (e) => {
    const record = e.closest(".timeline > li, .test")?.dataset.record;
    const line = e.closest(".facts > li");
    const about = line && within(line, "[data-fact=inspected], [data-fact=recall]")[0]?.dataset.of;
    // what stands in a step or test is of its record
    return { fact: e.dataset.fact, of: record ?? e.dataset.of, record, about, tone: line?.className, text: words(e) };
  };
  // a closed part of the page may be opened: it has only what is technical
  const technical = (e) => /^(gtin|uri|ledger|log-key)$/.test(e.dataset.fact) && e.closest("details:not([open])");
  const facts = [...page.querySelectorAll("[data-fact]")].filter((e) => technical(e) || sight.whole(e)).map((e) => (technical(e) ? taken.add(e) && { ...fact(e), text: drawn(e.textContent) } : fact(e)));
  const values = (test) =>
    within(test, ".bars > li").map((e) => ({
      parameter: e.dataset.parameter, value: e.dataset.value, name: words(e, ".name"), text: words(e, ".nb.value"), spread: words(e, ".spread"),
      look: looks(e, "m", e.className, ".bar"), judgement: words(e, ".judged"), picture: picture(e),
    }));
  const tests = within(page, ".test").map((e) => ({
    record: e.dataset.record, look: looks(e, "v", e.className.replace("test ", ""), "h3 > svg"), result: words(e, ".result"), when: words(e, ".when"), tags: texts(e, "h3 .tag"),
    notes: within(e, ".note").map(read), values: values(e),
  }));
  const steps = within(page, ".timeline > li").map((e) => ({
    id: e.dataset.record, index: Number(e.dataset.index), voided: e.closest(".voided") !== null || e.querySelector(".voided") !== null, tags: texts(e, "h3 .tag"),
  }));
  const documents = within(page, ".documents > li").map((e) => ({
    hash: e.dataset.document, title: words(e, "p"), size: words(e, ".nb"), kind: words(e, ".kind") ?? "",
  }));
  // how much the lists say that they leave out
  const said = (selector) => count(within(page, selector).map(read).join(""));
  const left = { steps: said("#hidden"), tests: said("#tests > .note"), documents: said("#documents > .note[data-left]") };
  const { ledger, lot, logKey, state, size } = band.dataset;
  const look = `${band.className.replace(" server", "")} ${drawing(band, ".shape")}`;
  const also = within(band, ".also > li").map((e) => ({ state: looks(e, "s", e.className, "svg"), word: words(e) }));
  const top = { state, word: words(band, ".word"), tally: words(band, ".tally"), look, also };
  // the check writes it itself
  taken.add(band.querySelector(".by")).add(document.getElementById("checked"));
  const { lang } = document.documentElement;
  return {
    address: location.pathname, ledger, lot, logKey, lang, band: top, size: Number(size), shown: steps, left, tests, documents, facts,
    ...rest(page, taken, sight, read, technical),
  };
}

// Where a value, its limits and the good zone are drawn.
function picture(e) {
  const number = (part, name) => Number(part.getAttribute(name));
  const [[at], ticks, [zone]] = [".mark", ".limit", ".zone"].map((part) => [...e.querySelectorAll(`.bar > ${part}`)]);
  return { at: at && number(at, "x"), ticks: ticks.map((tick) => number(tick, "x")), zone: ["x", "width"].map((name) => zone && number(zone, name)) };
}

// Every other text that a reader may see or hear, every drawing and link, and the marks of what only the server knows.
function rest(page, taken, sight, read, technical) {
  const { came } = sight;
  const ours = [...document.querySelectorAll("*")].filter((e) => came.has(e));
  const texts = ours.flatMap((e) => [
    ...(!e.matches(OURS) || e.matches(FOREIGN) || e.shadowRoot || leads(e) || (e.matches("use") && !taken.has(e) && !plain(e)) ? [e.outerHTML] : []),
    ...SPOKEN.filter((name) => e.hasAttribute(name)).map((name) => drawn(e.getAttribute(name))),
    ...["::before", "::after"].map((part) => getComputedStyle(e, part).content).filter((content) => !DRAWN.includes(content)),
  ]);
  const server = [...page.querySelectorAll(BY_SERVER)].filter((e) => !hides(e));
  const marks = server.map((e) => (e.matches(SERVER) ? [...e.querySelectorAll(".computed")].map(read).find(Boolean) : undefined));
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const { data, parentElement: e } = walk.currentNode;
    // what an extension of the browser puts beside the page is not the server's
    if (PUNCTUATION.test(data) || hides(e) || !(came.has(e) || page.contains(e))) continue;
    let above = e;
    while (above && above !== page && !taken.has(above) && !server.includes(above)) above = above.parentElement;
    // of what is compared elsewhere only what counts as seen was
    if (!above || above === page || (taken.has(above) && !technical(above) && !sight.whole(e))) texts.push(drawn(data));
  }
  // an extension may have added to them
  const drawings = [...document.querySelectorAll(".sprite > defs > *")].map((e) => e.outerHTML.replace(/ (style|data-[a-z-]+)="[^"]*"/g, ""));
  return { texts, marks, drawings };
}

// A drawing that may stand anywhere, that of the goods, and what the server marks.
const plain = (e) => /^#(i-|mark$)/.test(e.getAttribute("href")) || e.matches(".pictogram > [href^='#p-'], [data-by=server] use");

// Whether a link leads to another site, or to the record or file of another part of the page.
function leads(e) {
  if (e.localName !== "a") return false;
  const [, kind, name] = /^\/(entries|evidence)\/([^/]*)/.exec(e.pathname) ?? [];
  const record = e.closest("[data-record]")?.dataset.record;
  const own = kind === "evidence" ? e.closest("[data-document]")?.dataset.document : record && kind ? record : name;
  return e.origin !== location.origin || own !== name;
}

// Whether a style hides an element for good.
function hides(e) {
  if (e.closest("details:not([open])")) return false;
  return e.checkVisibility ? !e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) : e.getClientRects().length === 0;
}
