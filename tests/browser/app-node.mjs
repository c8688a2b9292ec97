// A node for the tests of the app's core: it keeps a log, judges as little as the tests need, and fails as it is told. And a phone: the core's
// modules on an IndexedDB of their own.
import { Blob } from "node:buffer";

import { IDBFactory } from "fake-indexeddb";

import { base32, encode } from "../../web/static/bytes.js";
import { blake3 } from "../../web/static/blake3.js";
import { decode } from "../../web/static/cose.js";
import { env } from "../../web/static/app/env.js";
import { close } from "../../web/static/app/store.js";
import { createKey } from "../../web/static/app/key.js";
import { join } from "../../web/static/app/identity.js";
import { key, vkey } from "./ledger.mjs";
import { consistency, leaf, path, root, sha256 } from "./tree.mjs";

globalThis.Blob ??= Blob;
export const ORIGIN = "app.example/log";
export const FARM = "urn:jejak:party:farm";
export const GTIN = "https://id.gs1.org/01/09521321001015/10/";

/** A GS1 number with its check digit. */
export function checked(digits) {
  const sum = [...digits].reverse().reduce((sum, digit, i) => sum + Number(digit) * (i % 2 === 0 ? 3 : 1), 0);
  return digits + ((10 - (sum % 10)) % 10);
}

const problem = (status, code, more = {}) => [status, { type: `urn:jejak:problem:${code}`, title: code, status, detail: code, retryable: false, ...more }];

export class Node {
  constructor({ seed = 200, name = "a" } = {}) {
    this.log = key(seed);
    this.logKey = vkey(ORIGIN, this.log);
    this.id = `urn:jejak:ledger:${base32(blake3(encode(`ledger ${name}`)))}`;
    this.entries = [Buffer.from("first"), Buffer.from("second")];
    this.keys = new Map(); // base32 -> { party, seq, active }
    this.refused = new Set();
    this.givenUp = new Set();
    this.blobs = new Map();
    this.kit = { products: [], profiles: [] };
    this.work = { held: [] };
    this.shipments = new Map(); // id -> whole, of those that the work lists in part
    this.folders = new Map(); // id -> folder of a shipment
    this.clock = 1_790_000_000;
    this.requests = [];
    this.faults = []; // [(request, answer()) => response | undefined], the first is asked once
    this.judge = () => null; // (json, record) => [status, problem] | null
    this.findings = () => [];
    this.base = "";
    this.publicUrl = "https://app.example";
  }

  enrol = (name, party = FARM) => this.keys.set(name, { party, seq: 0, active: true });

  copy = () => ({ entries: [...this.entries], keys: structuredClone([...this.keys]) });
  restore({ entries, keys }) {
    this.entries = [...entries];
    this.keys = new Map(structuredClone(keys));
  }

  ids = () => this.entries.map((bytes) => base32(blake3(bytes)));
  leaves = () => this.entries.map(leaf);

  note(size = this.entries.length) {
    const text = `${ORIGIN}\n${size}\n${root(this.leaves().slice(0, size)).toString("base64")}\n`;
    const id = sha256(Buffer.from(`${ORIGIN}\n`), Buffer.of(1), this.log.raw).subarray(0, 4);
    return `${text}\n\u2014 ${ORIGIN} ${Buffer.concat([id, this.log.sign(Buffer.from(text))]).toString("base64")}\n`;
  }

  receipt(index) {
    const list = path(this.leaves(), index).map((hash) => hash.toString("base64"));
    return { index, size: this.entries.length, path: list, checkpoint: this.note() };
  }

  post(bytes) {
    let record;
    try {
      record = decode(bytes);
    } catch {
      return problem(400, "malformed-record");
    }
    const [id, kid] = [base32(blake3(bytes)), base32(record.kid)];
    const there = this.ids().indexOf(id);
    if (there >= 0) return [200, { id, index: there, clock: this.clock, duplicate: true }];
    if (record.aud !== this.id) return problem(422, "rejected", { rule: "wrong-ledger" });
    const known = this.keys.get(kid);
    if (!known) return problem(422, "rejected", { rule: "key-unknown" });
    if (!known.active) return problem(422, "rejected", { rule: "key-revoked" });
    const final = (rule, status = 422) => {
      this.refused.add(id);
      return problem(status, status === 409 ? "conflict" : "rejected", { rule });
    };
    if (known.used?.has(record.seq)) return final("sequence-repeated", 409);
    if (this.givenUp.has(id)) return final("number-given-up");
    const json = JSON.parse(new TextDecoder().decode(record.payload));
    for (const uri of json["jejak:after"] ?? []) {
      const after = uri.slice(17);
      if (!this.ids().includes(after) && !this.refused.has(after) && !this.givenUp.has(after)) {
        return problem(424, "too-early", { rule: "parent-unknown", retryable: true });
      }
    }
    const refusal = this.judge(json, record);
    if (refusal) {
      if (!refusal[1].retryable) this.refused.add(id);
      return refusal;
    }
    this.entries.push(Buffer.from(bytes));
    (known.used ??= new Set()).add(record.seq);
    known.seq = Math.max(known.seq, record.seq);
    for (const given of json["jejak:givenUp"] ?? []) this.givenUp.add(given["jejak:record"].slice(17));
    const findings = this.findings(json, record);
    return [201, { id, index: this.entries.length - 1, clock: this.clock, duplicate: false, effect: { act: "x", title: "x", lots: [], findings } }];
  }

  answer(method, address, body) {
    const [where, query] = address.split("?");
    const [, first, second, third, fourth] = where.split("/");
    if (where === "/.well-known/jejak") {
      return [200, { origin: ORIGIN, ledger: this.id, publicUrl: this.publicUrl, logKeys: [this.logKey], clock: { time: this.clock } }];
    }
    if (where === "/checkpoint") return [200, this.note()];
    if (where === "/consistency") {
      const span = new URLSearchParams(query);
      const [from, to] = [Number(span.get("from")), Number(span.get("to"))];
      if (from > to || to > this.entries.length) return problem(404, "not-found");
      return [200, { from, to, proof: consistency(this.leaves().slice(0, to), from).map((hash) => hash.toString("base64")) }];
    }
    if (first === "keys") {
      const known = this.keys.get(second);
      return known ? [200, { key: second, party: known.party, purpose: "event", active: known.active, seq: known.seq }] : problem(404, "not-found");
    }
    if (first === "entries" && method === "POST") return this.post(body);
    if (first === "entries") {
      const index = this.ids().indexOf(second);
      if (index < 0) return problem(404, "not-found");
      return [200, { id: second, index, record: this.entries[index].toString("base64"), receipt: this.receipt(index) }];
    }
    if (first === "evidence" && method === "PUT") {
      if (base32(blake3(body)) !== second) return problem(400, "malformed-request");
      this.blobs.set(second, body);
      return [204, null];
    }
    if (first === "evidence") return this.blobs.has(second) ? [200, Buffer.from(this.blobs.get(second)).toString()] : problem(404, "not-found");
    if (first === "parties" && third === "shipments") return [200, { shipments: [...this.folders.values()].map(({ shipment, state }) => ({ shipment, state, waiting: [] })) }];
    if (first === "shipments") return this.folders.has(second) ? [200, this.folders.get(second)] : problem(404, "not-found");
    if (first === "parties" && third === "kit") return [200, this.kit];
    if (first === "parties" && third === "work" && fourth) return this.shipments.has(fourth) ? [200, this.shipments.get(fourth)] : problem(404, "not-found");
    if (first === "parties" && third === "work") return [200, this.work];
    if (first === "profiles") return [200, this.profile];
    return problem(404, "not-found");
  }

  fetch = async (url, options = {}) => {
    const method = options.method ?? "GET";
    const address = url.slice(this.base.length);
    const request = { method, address, headers: options.headers ?? {}, body: options.body };
    this.requests.push(request);
    const answer = () => respond(...this.answer(method, address, options.body));
    if (this.faults.length > 0) {
      const made = await this.faults[0](request, answer);
      if (made) return made;
    }
    return answer();
  };

  posts = () => this.requests.filter((request) => request.method === "POST");
  has = (id) => this.ids().filter((one) => one === id).length;
}

export function respond(status, body, headers = {}) {
  const json = body !== null && typeof body === "object";
  const type = status >= 400 ? "application/problem+json" : json ? "application/json" : "text/plain";
  return new Response(status === 204 ? null : json ? JSON.stringify(body) : body, { status, headers: { "content-type": type, ...headers } });
}

export const offline = () => {
  throw new TypeError("fetch failed");
};

// Only the next `times` requests that fit fail.
export function fault(node, fits, make, times = 1) {
  const one = (request, answer) => {
    if (!fits(request)) return undefined;
    times--;
    if (times === 0) node.faults.splice(node.faults.indexOf(one), 1);
    return make(request, answer);
  };
  node.faults.push(one);
}
export const posting = ({ method, address }) => method === "POST" && address === "/entries";

// A phone: an empty IndexedDB, a clock that the test sets, the network of this node.
export class Phone {
  constructor(node) {
    this.node = node;
    this.factory = new IDBFactory();
    this.time = 1_790_000_100_000;
    this.waited = 0;
  }

  // Puts this phone under the core's modules: one at a time.
  async on() {
    await close();
    Object.assign(env, {
      database: () => this.factory,
      fetch: (...of) => this.node.fetch(...of),
      now: () => (this.time += 10),
      wait: async (ms) => {
        this.waited += ms;
        this.time += ms;
      },
    });
    return this;
  }

  async start({ weakly = false, enrolled = true, party = FARM } = {}) {
    await this.on();
    const made = await createKey({ weakly });
    this.key = made.public;
    if (enrolled) this.node.enrol(this.key, party);
    this.who = await join({ node: "", ledger: this.node.id, log: this.node.logKey, party, roles: ["producer"], purpose: "event", key: this.key });
    return this;
  }
}

export const harvest = (lot = "A-1", amount = "12", more = {}) => ({
  act: "harvest",
  input: {
    lots: [{ lot: GTIN + lot, amount, unit: "KGM" }], place: "https://id.gs1.org/414/9521321000010", harvestStart: "2026-11-01", harvestEnd: "2026-11-02", ...more,
  },
});
export const ship = (lot = "A-1", amount = "12", more = {}) => ({
  act: "ship",
  input: { lots: [{ lot: GTIN + lot, amount, unit: "KGM" }], place: "https://id.gs1.org/414/9521321000010", to: "urn:jejak:party:buyer", ...more },
});
