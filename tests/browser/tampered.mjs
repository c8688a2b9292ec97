// A valid proof, and a page that shows something else.
import assert from "node:assert/strict";

import { newKey, note } from "./forge.mjs";
import { verdict } from "./world.mjs";

const once = (find, put) => (html) => html.replace(find, put);

// [what the page shows, check that must fail, html -> html]
const edits = [
  ["a better value than was measured", "values", once('data-value="41"', 'data-value="11"')],
  // the visible text, with unchanged attributes
  ["a better number", "values", once("41\u00a0mg/kg", "11\u00a0mg/kg")],
  ["another unit", "values", once("41\u00a0mg/kg", "41\u00a0µg/kg")],
  ["a failed test as passed", "values", once(/(class="result">)Fail</, "$1Pass<")],
  ["another product", "facts", once(/(<h1[^>]*>(?:<a[^>]*>)?(?:<bdi>)?)[^<]+/, "$1Saffron")],
  ["a product without its fact mark", "facts", once(/<h1[^>]*>/, "<h1>")],
  ["another maker", "facts", once(/(data-fact="maker"[^>]*>(?:<bdi>)?)[^<]+/, "$1Somebody else")],
  ["another origin", "facts", once(/(data-fact="origin"[^>]*>(?:<bdi>)?)[^<]+/, "$1Tuscany")],
  ["other harvest days", "facts", once(/(data-fact="harvest"[^>]*>(?:<bdi>)?)[^<]+/, "$1Harvested yesterday")],
  ["another signer", "facts", once(/(class="timeline">[^]*?data-fact="signer"[^>]*>(?:<bdi>)?)[^<]+/, "$1Somebody else")],
  ["another time", "facts", once(/(data-fact="time"[^>]*>)\d+/, "$132")],
  ["a signer without its fact mark", "shown", once(/(class="timeline">[^]*?)data-fact="signer"/, "$1")],
  ["another lot number", "facts", once(/(data-fact="lot"[^>]*>(?:<bdi>)?)[^<]+/, "$1NILAM-2611-01")],
  ["another title of a document", "documents", once(/(<li data-document="[^]*?<p[^>]*>(?:<a[^>]*>)?(?:<bdi>)?)[^<]+/, "$1Organic certificate")],
  ["another size of a document", "documents", once(/(<li data-document="[^]*?class="nb">)[^<]+/, "$11\u00a0kB")],
  ["one document less", "documents", once(/<li data-document="[^]*?<\/li>/, "")],
  ["a document under another hash", "documents", once(/(<li data-document=")[a-z2-7]{4}/, "$1aaaa")],
  ["a hidden document", "documents", once('<ul class="documents">', '<dialog><ul class="documents">')],
  ["a hidden test", "values", once('<article class="test ', '<article hidden class="test ')],
  ["a failed test taken out of the list of tests", "values", once(/<article class="test fail"[^]*?<\/article>/, "")],
  ["a hidden value", "values", once(/<li class="(\w+)" data-parameter/, '<li hidden class="$1" data-parameter')],
  ["a hidden recall", "shown", once(/(<span data-fact="recall")/, '<span hidden data-fact="recall"')],
  ["no recall mark", "shown", once('data-fact="recall"', "")],
  ["another word in its band", "state", once(/(class="word">(?:<bdi>)?)[^<]+/, "$1Certified")],
  ["a band of another state", "state", once('data-state="verified"', 'data-state="failed"')],
  ["one step less", "shown", once(/<li data-record="[^]*?<\/li>/, "")],
  [
    "a value of another parameter",
    "values",
    once(/data-parameter="[^"]*iron" data-value="41"/, (m) => m.replace("iron", "lead")),
  ],
  ["a test's values under another test's record", "values", (html) => swapTests(html)],
  ["a test that is not in the proof", "shown", once(/(class="test pass" data-record=")[a-z2-7]{4}/, "$1aaaa")],
  ["a step that is not in the proof", "shown", once(/(<li data-record=")[a-z2-7]{4}/, "$1aaaa")],
  ["another ledger", "bundle", once(/(data-ledger="urn:jejak:ledger:)[a-z2-7]{4}/, "$1aaaa")],
  ["another lot", "address", once(/(data-lot="[^"]+)"/, '$1X"')],
  [
    "another log key",
    "checkpoint",
    once(/data-log-key="([^+"]+)[^"]+"/, (_, name) => `data-log-key="${note(name, newKey(), "").verifier}"`),
  ],
  ["an invalid log key", "checkpoint", once(/data-log-key="[^"]+"/, 'data-log-key="x"')],
];

function swapTests(html) {
  const [first, second] = [...html.matchAll(/class="test \w+" data-record="([a-z2-7]{52})"/g)].map((m) => m[1]);
  return html.replace(`class="test pass" data-record="${first}"`, `class="test pass" data-record="${second}"`);
}

// A failed or recalled lot, shown as something better.
const asVerified = (state, word) => (html) =>
  html
    .replace(`class="band ${state} `, 'class="band verified ')
    .replace(`data-state="${state}"`, 'data-state="verified"')
    .replace(`href="#s-${state}"`, 'href="#s-verified"')
    .replace(`<p class="word">${word}`, '<p class="word">Verified');
const improved = [
  ["NILAM-2611-02", "a failed lot as verified", "state", asVerified("failed", "Failed inspection")],
  ["ALP-2611-04", "a recalled lot as verified", "state", asVerified("recalled", "Recalled")],
  ["ALP-2611-04", "a recall as none", "facts", once(/(data-fact="recall") data-of="[^"]*">[^<]+/, '$1 data-of="">No recall, no hold')],
];

export default function tests(world) {
  const all = [...edits.map((edit) => ["NILAM-2611-03B", ...edit]), ...improved];
  return all.map(([lot, what, check, edit]) => [
    `the page shows ${what} → ${check}`,
    async () => {
      const { path } = world.lot(lot);
      const prepare = (page) =>
        page.route(`**${path}?*`, async (route) => {
          const answer = await route.fetch();
          const { "content-encoding": _, "content-length": __, ...headers } = answer.headers();
          const html = await answer.text();
          const changed = edit(html);
          assert.notEqual(changed, html, "nothing was changed");
          await route.fulfill({ headers, body: changed });
        });
      await world.visit({ at: path, prepare }, async (page) => {
        const now = await verdict(page);
        assert.equal(now.state, "broken", `the page accepted it: ${now.tally}`);
        assert.equal(
          now.tally,
          now.say.sayFailing.replace("%check%", now.say[`check${check[0].toUpperCase()}${check.slice(1)}`]),
        );
      });
    },
  ]);
}
