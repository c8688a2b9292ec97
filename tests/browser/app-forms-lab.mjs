// A demo of the real program for the tests of forms: its parties sign in Node with the core's modules what the form models make.
import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

import { blake3 } from "../../web/static/blake3.js";
import { base32 } from "../../web/static/bytes.js";
import { write } from "../../web/static/app/canonical.js";
import { rowKey } from "../../web/static/app/queue.js";
import { EVENT, REGISTRY, seal } from "../../web/static/app/record.js";
import { complete, compose, draftOf } from "../../web/static/app/forms/compose.js";
import { context, localTime } from "../../web/static/app/forms/context.js";
import { models } from "../../web/static/app/forms/index.js";
import { event, eventId, timeText, voidOf } from "../../web/static/app/events.js";
import { root, startDemo } from "./demo.mjs";

export const commodities = ["avocado", "banana-flour", "crab", "essential-oil"];
const profileBytes = Object.fromEntries(commodities.map((id) => [id, readFileSync(path.join(root, `schemas/commodities/${id}.json`))]));
export const profiles = Object.fromEntries(commodities.map((id) => [id, JSON.parse(profileBytes[id])]));
const hashes = Object.fromEntries(commodities.map((id) => [id, base32(blake3(profileBytes[id]))]));
/** As a phone keeps them: by their hash. */
export const keptProfiles = Object.fromEntries(commodities.map((id) => [hashes[id], profiles[id]]));

// The demo's numbers (src/cli/demo/world.rs).
const digit = (digits) => [...digits].reverse().reduce((sum, d, i) => sum + Number(d) * (i % 2 === 0 ? 3 : 1), 0);
const checked = (digits) => digits + ((10 - (digit(digits) % 10)) % 10);
export const gln = (n) => checked(`9521321${String(n).padStart(5, "0")}`);
export const gtin = (n) => checked(`09521321${String(n).padStart(5, "0")}`);
export const party = (n) => `https://id.gs1.org/417/${gln(n)}`;
export const lot = (product, number) => `https://id.gs1.org/01/${gtin(product)}/10/${number}`;
const product = (n, id, commodity, form, netContent) => ({ gtin: gtin(n), name: { id, en: id }, commodity, form, unit: "gram", ...(netContent ? { netContent } : {}) });
export const products = [
  product(101, "Kepiting bakau hidup", "crab", "live-mud-crab"), product(102, "Alpukat kebun", "avocado", "fresh"), product(103, "Alpukat kelas I", "avocado", "fresh"),
  product(104, "Alpukat lokal", "avocado", "fresh"), product(105, "Pisang hijau", "banana-flour", "green-banana"), product(106, "Tepung pisang", "banana-flour", "banana-flour"),
  product(107, "Daun nilam kering", "essential-oil", "patchouli-dried-leaf"), product(108, "Minyak nilam", "essential-oil", "patchouli-oil"),
  product(109, "Minyak nilam botol", "essential-oil", "patchouli-oil", "50"),
];
const OF = { 21: [101], 22: [102, 103, 104], 24: [105, 106], 25: [107, 108, 109] };
const PLACES = { 21: [[61, "92.06.04.2001"], [62]], 22: [[63, "53.02.01.2003"], [65]], 24: [[66, "52.08.02.2001"], [67]], 25: [[68, "72.03.01.2001"], [69]], 31: [[70]], 32: [[61], [65]], 41: [[71]], 51: [[81]] };
const KEYS = { 1: "authority", 21: "maker-21", 22: "maker-22", 24: "maker-24", 25: "maker-25", 31: "lab", 32: "supervisor", 41: "forwarder", 51: "buyer-sg", 53: "buyer-nl", 54: "buyer-de" };

/** The kit of a party, as a node answers it. */
export const kitOf = (n) => ({
  ledger: "", party: { uri: party(n), name: { id: `Pihak ${n}` }, roles: [], prefixes: ["9521321"] },
  products: (OF[n] ? OF[n].map(gtin) : products.map((one) => one.gtin)).map((code) => products.find((one) => one.gtin === code)),
  places: (PLACES[n] ?? []).map(([place, village]) => ({ gln: gln(place), name: { id: `Tempat ${place}` }, village })),
  counterparts: [41, 51, 53, 54].map((other) => ({ party: party(other), name: { id: `Pihak ${other}` }, roles: [other === 41 ? "forwarder" : "buyer"] })),
  profiles: commodities.map((id) => ({ id, version: profiles[id].version, blake3: hashes[id], commodity: id, from: 1_767_225_600, until: null, url: "" })),
});

/** Starts a demo: its address `base`, its ledger, the folder of its keys, `stop()`, and what it answers of a party and of a lot. */
export async function demo() {
  const started = await startDemo();
  const { ledger } = await (await fetch(`${started.base}/.well-known/jejak`)).json();
  const json = async (path) => (await fetch(started.base + path, { headers: { accept: "application/json" } })).json();
  return {
    ...started, ledger,
    of: (n, what) => json(`/parties/${gln(n)}/${what}`),
    view: (uri) => json(uri.replace(/^.*\/01\/(\d+)\/10\//, "/lots/$1/")),
  };
}

/** A phone of a party of the demo: signs what a model makes, and hands it in. */
export class Phone {
  constructor(world, n, { work = {}, remembered = {}, letter = "Z" } = {}) {
    const pem = readFileSync(path.join(world.keys, `${KEYS[n]}.pem`));
    this.secret = createPrivateKey(pem);
    this.kid = base32(Uint8Array.from(Buffer.from(createPublicKey(this.secret).export({ format: "jwk" }).x, "base64url")));
    Object.assign(this, { world, n, work, remembered, letter, records: [], views: {} });
  }

  /** What the forms know; `this.more` is what a shipment adds (folder, events, sums). */
  context(of = {}) {
    const now = new Date();
    const kit = kitOf(this.n);
    const made = context({ kit: { ...kit, counterparts: this.counterparts ?? kit.counterparts, ledger: this.world.ledger }, work: this.work, profiles: keptProfiles, records: this.records, remembered: this.remembered, lang: "id", phone: this.letter, now, offset: "+08:00", of, views: this.views, ...this.more });
    return made;
  }

  async submit(text, { act, source, contentType = EVENT }) {
    const answer = await (await fetch(`${this.world.base}/keys/${this.kid}`, { headers: { accept: "application/json" } })).json();
    const known = answer.seq ?? answer.lastSeq ?? answer.last;
    this.seq = Math.max(this.seq ?? 0, known ?? 0) + 1;
    const claims = { contentType, kid: this.kid, iss: party(this.n), aud: this.world.ledger, iat: Math.floor(Date.now() / 1000), seq: this.seq };
    const { bytes, id } = await seal(claims, text, async (message) => Uint8Array.from(sign(null, message, this.secret)));
    const response = await fetch(`${this.world.base}/entries`, { method: "POST", headers: { "content-type": "application/cose", prefer: "wait=20, return=representation", accept: "application/json" }, body: bytes });
    const body = await response.json();
    this.records.push({ key: rowKey(this.kid, this.seq), id, seq: this.seq, state: response.ok ? "accepted" : "refused", time: Date.now(), payload: text, act, source, event: JSON.parse(text) });
    return { status: response.status, body, id };
  }

  /** Signs what a model makes of answers; the node must take it. Returns its answer. */
  async sign(built) {
    const { act, input } = draftOf(built);
    const time = timeText(new Date(), 480);
    const out = act === "correct" ? undefined : write(event(act, input, { id: eventId(), time }));
    const { status, body, id } = await this.submit(out, { act, source: { act, input } });
    assert.ok(status < 300, `${act} was refused: ${JSON.stringify(body)}\n${out}`);
    return { ...body, id };
  }

  /** Signs a registry statement. */
  async state(text) {
    const { status, body } = await this.submit(text, { act: "registry", contentType: REGISTRY });
    assert.ok(status < 300, `the statement was refused: ${JSON.stringify(body)}`);
  }

  async void(draft) {
    const time = timeText(new Date(), 480);
    const out = write(voidOf(draft.payload, { id: eventId(), time, reason: draft.reason, voids: draft.voids, after: draft.input.after }));
    const { status, body, id } = await this.submit(out, { act: "correct" });
    assert.ok(status < 300, `the void was refused: ${JSON.stringify(body)}`);
    return { ...body, id };
  }
}

// Without a program: phones as their forms see them, at one time, and records as a phone keeps them.
export const NOW = new Date("2026-11-28T02:00:00Z");
/** What the forms know on a phone of a party. */
export const phone = (n, more = {}) => context({ kit: kitOf(n), profiles: keptProfiles, lang: "id", now: NOW, offset: "+08:00", random: (size) => new Uint8Array(size).fill(7), ...more });
export const kg = (amount) => ({ amount, unit: "KGM" });
/** What a model makes of answers. */
export const made = (ctx, name, answers) => models[name].build(ctx, complete(models[name], ctx, answers));
/** What a model made, as a record of the phone. */
export const record = (built, { seq = 1, state = "signed", id = `${seq}`.padEnd(52, "a"), time = NOW, kid = "a".repeat(52) } = {}) => {
  const out = compose(built, { id: `urn:uuid:${seq}`, time: localTime(time, "+08:00") });
  return { key: rowKey(kid, seq), id, seq, state, time: time.getTime(), source: draftOf(built), act: built.act, event: JSON.parse(JSON.stringify(out, (_, v) => (v?.text !== undefined && Object.keys(v).length === 1 ? Number(v.text) : v))) };
};
export const uriOf = (record) => `urn:jejak:record:${record.id}`;
/** The void of a record, signed here. */
export const voidRecord = (record, seq, more = {}) => ({ ...record, key: rowKey("a".repeat(52), seq), id: `${seq}`.padEnd(52, "v"), seq, state: "signed", index: undefined, event: { ...record.event, errorDeclaration: {}, "jejak:voids": uriOf(record) }, ...more });
