// An honest proof, and a page that shows something else than it proves.
import assert from "node:assert/strict";

import { newKey, note } from "./forge.mjs";
import { verdict } from "./world.mjs";

const once = (find, put) => (html) => html.replace(find, put);

// [what the page shows, the check that must fail, html -> html]
const edits = [
  ["a better value than was measured", "values", once('data-value="41"', 'data-value="11"')],
  [
    "a value of another parameter",
    "values",
    once(/data-parameter="[^"]*iron" data-value="41"/, (m) => m.replace("iron", "lead")),
  ],
  ["a failed test as passed", "values", once('data-disposition="non_conformant"', 'data-disposition="conformant"')],
  ["a test's values under another test's record", "values", (html) => swapTests(html)],
  ["a test that is not in the proof", "shown", once(/(class="test pass" data-record=")[a-z2-7]{4}/, "$1aaaa")],
  ["a step that is not in the proof", "shown", once(/(<li data-record=")[a-z2-7]{4}/, "$1aaaa")],
  ["another ledger", "ledger", once(/(data-ledger="urn:jejak:ledger:)[a-z2-7]{4}/, "$1aaaa")],
  ["another lot", "bundle", once(/(data-lot="[^"]+)"/, '$1X"')],
  [
    "another log key",
    "checkpoint",
    once(/data-log-key="([^+"]+)[^"]+"/, (_, name) => `data-log-key="${note(name, newKey(), "").verifier}"`),
  ],
  ["a log key that is none", "checkpoint", once(/data-log-key="[^"]+"/, 'data-log-key="x"')],
];

function swapTests(html) {
  const [first, second] = [...html.matchAll(/class="test \w+" data-record="([a-z2-7]{52})"/g)].map((m) => m[1]);
  return html.replace(`class="test pass" data-record="${first}"`, `class="test pass" data-record="${second}"`);
}

export default function tests(world) {
  const { path } = world.lot("NILAM-2611-03B");
  return edits.map(([what, check, edit]) => [
    `the page shows ${what} → ${check}`,
    async () => {
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
        assert.equal(now.state, "broken", `the page believed it: ${now.tally}`);
        assert.equal(
          now.tally,
          now.say.sayFailing.replace("%check%", now.say[`check${check[0].toUpperCase()}${check.slice(1)}`]),
        );
      });
    },
  ]);
}
