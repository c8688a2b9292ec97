// Lots as they seldom are: many inputs, counted goods that became weighed ones, texts with many spaces, words of another commodity, a lot
// of which every record was voided. The device must read in the records what the server writes, else it calls an honest proof broken.
import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

import { base32 } from "../../web/static/bytes.js";
import { write } from "../../web/static/app/canonical.js";
import { event, eventId, timeText, voidOf } from "../../web/static/app/events.js";
import { EVENT, REGISTRY, seal } from "../../web/static/app/record.js";
import { demo, gln, gtin, lot, party } from "./app-forms-lab.mjs";
import { verdict } from "./world.mjs";

const [AVOCADO, OIL] = [22, 25];
const [GARDEN, LEAF, FRUIT, PIECES] = [`https://id.gs1.org/414/${gln(68)}`, 107, 102, 191];

// Who signs: records of one key, one after the other.
class Signer {
  static async of(world, name) {
    const secret = createPrivateKey(readFileSync(path.join(world.keys, `${name}.pem`)));
    const kid = base32(Uint8Array.from(Buffer.from(createPublicKey(secret).export({ format: "jwk" }).x, "base64url")));
    const known = await (await fetch(`${world.base}/keys/${kid}`)).json();
    return Object.assign(new Signer(), { world, secret, kid, iss: known.party, seq: known.seq });
  }

  async hand(contentType, text) {
    const claims = { contentType, kid: this.kid, iss: this.iss, aud: this.world.ledger, iat: Math.floor(Date.now() / 1000), seq: ++this.seq };
    const { bytes, id } = await seal(claims, text, async (message) => Uint8Array.from(sign(null, message, this.secret)));
    const headers = { "content-type": "application/cose", prefer: "return=representation", accept: "application/json" };
    const answer = await fetch(`${this.world.base}/entries`, { method: "POST", headers, body: bytes });
    const body = await answer.json();
    assert.ok(answer.ok, `${text}\n${JSON.stringify(body)}`);
    return { uri: `urn:jejak:record:${id}`, text, index: body.index };
  }

  state = (statement) => this.hand(REGISTRY, JSON.stringify(statement));
  act = (act, input, more = {}) => this.hand(EVENT, write({ ...event(act, input, { id: eventId(), time: timeText(new Date(), 480) }), ...more }));
  void = ({ uri, text }) => this.hand(EVENT, write(voidOf(text, { id: eventId(), time: timeText(new Date(), 480), voids: uri })));
}

const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
const days = { harvestStart: day, harvestEnd: day, place: GARDEN };
const kg = (lot, amount) => ({ lot, amount, unit: "KGM" });
const kinds = ["phytosanitary-certificate", "gacc-registration", "haccp-plan", "same"];
const evidence = kinds.map((documentType, n) => ({
  blake3: base32(new Uint8Array(32).fill(n + 1)), mediaType: "application/pdf", bytes: 1_000 + n, documentType, title: `Berkas  ${documentType}  `, access: "public",
}));

// [name, the lot, what else must stand on its English page], made on the ledger.
async function lots(world) {
  const [oil, fruit, authority] = await Promise.all([`maker-${OIL}`, `maker-${AVOCADO}`, "authority"].map((name) => Signer.of(world, name)));
  const found = [];
  // more lots merged than a step lists, and one of them in grams
  const parts = Array.from({ length: 27 }, (_, n) => lot(LEAF, `PART-${n}`));
  for (const one of parts) await oil.act("harvest", { lots: [kg(one, "10")], ...days });
  await oil.act("process", { inputs: parts.map((one) => kg(one, "10")), outputs: [kg(lot(LEAF, "MERGED"), "270")], process: "merging", place: GARDEN });
  found.push(["of 27 lots", lot(LEAF, "MERGED"), /→ 270\u00a0kg MERGED/]);
  // every record that made it was voided
  await oil.void(await oil.act("harvest", { lots: [kg(lot(LEAF, "UNDONE"), "12")], ...days }));
  found.push(["that was voided", lot(LEAF, "UNDONE"), /UNDONE · 0\u00a0g/]);
  // texts as people type them, kinds of documents and a process of other commodities
  await oil.act("harvest", { lots: [kg(lot(LEAF, "TYPED"), "40.5")], ...days, evidence });
  await oil.act("observe", { lots: [{ lot: lot(LEAF, "TYPED") }], place: GARDEN, step: "transporting", leg: { mode: "road", vehicle: " DN  8123  VA " } });
  await oil.act("trade", { lots: [{ lot: lot(LEAF, "TYPED") }], documents: [{ kind: "invoice", document: "https://example.org/inv/1", number: "INV  7 / 2026", date: day }] });
  await oil.act("process", { inputs: [kg(lot(LEAF, "TYPED"), "40.5")], outputs: [kg(lot(LEAF, "FROZEN"), "40")], process: "freezing", place: GARDEN });
  found.push(["with texts as people type them", lot(LEAF, "TYPED"), /Vehicle: DN {1,2}8123/]);
  found.push(["of a process of another commodity", lot(LEAF, "FROZEN"), /Freezing/]);
  // a place with a number in its name
  const village = gln(191);
  await authority.state({
    type: "Place", gln: village, name: { en: "Block 7 of settlement SP 3", id: "Blok 7, SP 3" }, kind: "village", country: "ID",
    region: { authority: "kemendagri", edition: "2025", code: "72.03", name: "Kabupaten Donggala" },
  });
  await oil.act("harvest", { lots: [kg(lot(LEAF, "NUMBERED"), "7")], ...days, place: `https://id.gs1.org/414/${village}` });
  found.push(["from a place with a number", lot(LEAF, "NUMBERED"), /Block 7 of settlement SP 3, Donggala Regency/]);
  // more was weighed than before
  await oil.act("harvest", { lots: [kg(lot(LEAF, "GAINED"), "100")], ...days });
  await oil.act("adjust", { lots: [kg(lot(LEAF, "GAINED"), "1.5")], reason: "reweigh-gain", place: GARDEN });
  found.push(["of which more was weighed", lot(LEAF, "GAINED"), /GAINED · 101\.5\u00a0kg/]);
  // goods that are counted, and weighed once they are sorted
  await authority.state({
    type: "Product", gtin: gtin(PIECES), name: { en: "Avocado, counted", id: "Alpukat, dihitung" }, commodity: "avocado", form: "fresh", unit: "piece",
    makers: [party(AVOCADO)],
  });
  const counted = lot(PIECES, "COUNTED");
  const there = { ...days, place: `https://id.gs1.org/414/${gln(63)}` };
  await fruit.act("harvest", { lots: [{ lot: counted, amount: "1200", unit: "H87" }], ...there });
  await fruit.act("process", { inputs: [{ lot: counted, amount: "1000", unit: "H87" }], outputs: [kg(lot(FRUIT, "WEIGHED"), "300")], process: "sorting", place: there.place });
  const last = await fruit.act("observe", { lots: [{ lot: counted }], place: there.place, step: "storing" });
  // all of it is under a published head
  for (let size = 0; size <= last.index; await new Promise((done) => setTimeout(done, 200))) {
    size = Number((await (await fetch(`${world.base}/checkpoint`)).text()).split("\n")[1]);
  }
  found.push(["that is counted", counted, /1,000\u00a0pcs COUNTED → 300\u00a0kg WEIGHED/]);
  found.push(["that was counted before", lot(FRUIT, "WEIGHED"), /1,000\u00a0pcs COUNTED → 300\u00a0kg WEIGHED/]);
  return found;
}

export default function tests(world) {
  return [
    [
      "what a page says of an unusual lot, the device finds in the records",
      async () => {
        const own = await demo();
        try {
          const wrong = [];
          for (const [n, [name, uri, wanted]] of (await lots(own)).entries()) {
            // in English and in another
            for (const lang of ["en", ["id", "zh"][n % 2]]) {
              await world.visit({ at: new URL(new URL(uri).pathname, own.base).href, lang }, async (page) => {
                const { state, tally, checked } = await verdict(page);
                if (checked !== "phone") wrong.push(`a lot ${name} in ${lang}: ${state}, ${tally}`);
                const text = (await page.locator("main").innerText()).replace(/\s*\n\s*/g, " ");
                if (lang === "en" && !wanted.test(text)) wrong.push(`a lot ${name} says no ${wanted}: ${text.slice(0, 2_000)}`);
              });
            }
          }
          assert.deepEqual(wrong, []);
        } finally {
          await own.stop();
        }
      },
    ],
  ];
}
