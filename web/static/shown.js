// What the page shows, for the check: always the text that a reader sees, never an attribute that repeats it; and what else stands there.

import { drawn } from "./format.js";
import { Sight } from "./sight.js";

// The number in a sentence, 0 without one.
const count = (text) => Number((text ?? "").replace(/\D/g, ""));
// The tally of the server's checks has the line under it as its mark, and only a form of its own.
const BY_SERVER = "[data-by=server]:not(.tally)";
// Where something may stand that only the server knows. It is marked there.
const SERVER =
  ".why, .facts li, .serial, #findings, .map, .noted, #tests > .lead, #tests > .finding-list, #tests > .more, .test > .note, " +
  ".timeline .moved, .documents span, #balance, #proof > div, #proof > p";
// What could show or say anything.
const FOREIGN =
  "img, picture, video, audio, canvas, iframe, object, embed, input, select, textarea, foreignObject, math, marquee, dialog, image, svg text, svg title, svg desc, " +
  "use:not([href^='#'], .map use), " +
  "[role]:not([role=status], [role=alert], [role=note], svg[role=img]), [aria-labelledby], [aria-describedby], [aria-details], [aria-owns]";
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
    if (found) taken.add(found);
    return found ? read(found) : undefined;
  };
  const texts = (e, selector) => within(e, selector).map((one) => words(one));
  const fact = (e) => {
    const record = e.closest(".timeline > li, .test")?.dataset.record;
    const line = e.closest(".facts > li");
    const about = line && within(line, "[data-fact=inspected], [data-fact=recall]")[0]?.dataset.of;
    // what stands in a step or test is of its record
    return { ...(record && { of: record, record }), ...e.dataset, text: words(e), ...(about && { about }) };
  };
  // a closed part of the page may be opened
  const closed = (e) => e.closest("details:not([open])") !== null;
  const facts = [...page.querySelectorAll("[data-fact]")].filter((e) => closed(e) || sight.whole(e)).map((e) => (closed(e) ? { ...fact(e), text: drawn(e.textContent) } : fact(e)));
  const values = (test) =>
    within(test, ".bars > li").map((e) => ({
      parameter: e.dataset.parameter, value: e.dataset.value, name: words(e, ".name"), text: words(e, ".value"), spread: words(e, ".spread"),
      look: e.className, judgement: words(e, ".judged"),
    }));
  const tests = within(page, ".test").map((e) => ({
    record: e.dataset.record, look: e.className.replace("test ", ""), result: words(e, ".result"), when: words(e, ".when"), tags: texts(e, "h3 .tag"),
    notes: within(e, ".note").map(read), values: values(e),
  }));
  const steps = within(page, ".timeline > li").map((e) => ({
    id: e.dataset.record, index: Number(e.dataset.index), voided: e.classList.contains("voided"), tags: texts(e, "h3 .tag"),
  }));
  const documents = within(page, ".documents > li").map((e) => ({
    hash: e.dataset.document, title: words(e, "p"), size: words(e, ".nb"), kind: words(e, ".kind"),
  }));
  // how much the lists say that they leave out
  const said = (selector) => count(within(page, selector).map(read).join(""));
  const left = { steps: said("#hidden"), tests: said("#tests > .note"), documents: said("#documents > .note[data-left]") };
  const { ledger, lot, logKey, state, size } = band.dataset;
  const look = `${band.className.replace(" server", "")} ${band.querySelector(".shape use")?.getAttribute("href")}`;
  const also = within(band, ".also > li").map((e) => ({ state: e.className, word: words(e) }));
  const top = { state, word: words(band, ".word"), look, also };
  // the check writes it itself
  taken.add(band.querySelector(".by")).add(document.getElementById("checked"));
  const { lang } = document.documentElement;
  return {
    address: location.pathname, ledger, lot, logKey, lang, band: top, size: Number(size), shown: steps, left, tests, documents, facts,
    ...rest(page, taken, read, came),
  };
}

// Every other text that a reader may see or hear, and the marks of what only the server knows.
function rest(page, taken, read, came) {
  const ours = [...document.body.querySelectorAll("*")].filter((e) => came.has(e));
  const texts = ours.flatMap((e) => [
    ...(e.matches(FOREIGN) || e.shadowRoot ? [e.tagName] : []),
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
    if (!above || above === page) texts.push(drawn(data));
  }
  return { texts, marks };
}

// Whether a style hides an element for good.
function hides(e) {
  if (e.closest("details:not([open])")) return false;
  return e.checkVisibility ? !e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) : e.getClientRects().length === 0;
}
