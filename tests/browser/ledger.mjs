// An in-memory ledger for the tests of the checking modules: keys from one-byte seeds, records, tree, checkpoint, proof bundle.
// It signs and sequences any input, as a malicious operator could.
import { createPrivateKey, createPublicKey, sign } from "node:crypto";

import { base32, encode } from "../../web/static/bytes.js";
import { blake3 } from "../../web/static/blake3.js";
import { EVENT, REGISTRY } from "../../web/static/cose.js";
import { consistency, leaf, path, root, sha256 } from "./tree.mjs";

const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

export function key(seed) {
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, Buffer.alloc(32, seed)]), format: "der", type: "pkcs8" });
  const raw = Buffer.from(createPublicKey(secret).export({ format: "jwk" }).x, "base64url");
  return { secret, raw, id: base32(raw), sign: (message) => sign(null, message, secret) };
}

function head(major, n) {
  const size = n < 24 ? 0 : n < 256 ? 1 : n < 65536 ? 2 : n < 2 ** 32 ? 4 : 8;
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(n));
  const low = { 0: Number(n), 1: 24, 2: 25, 4: 26, 8: 27 }[size];
  return Buffer.concat([Buffer.of((major << 5) | low), bytes.subarray(8 - size)]);
}
const bstr = (bytes) => Buffer.concat([head(2, bytes.length), bytes]);
const tstr = (string) => Buffer.concat([head(3, Buffer.byteLength(string)), Buffer.from(string)]);
const int = (n) => (n < 0 ? head(1, -1 - n) : head(0, n));

// A record; `payload` is an object, or text that is signed unchanged.
export function record(by, { iss, sub, aud, seq, iat = 1_790_000_000, type, payload, alg = -8, seen }) {
  const body = Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));
  const claims = [int(1), tstr(iss), int(2), tstr(sub), int(3), tstr(aud), int(6), int(iat), tstr("seq"), int(seq)];
  if (seen) claims.push(tstr("seen"), head(4, 2), int(seen.size), bstr(seen.root));
  const parts = [head(5, 4), int(1), int(alg), int(3), tstr(type), int(4), bstr(by.raw), int(15), head(5, seen ? 6 : 5), ...claims];
  const protectedBytes = Buffer.concat(parts);
  const signed = Buffer.concat([head(4, 4), tstr("Signature1"), bstr(protectedBytes), bstr(Buffer.alloc(0)), bstr(body)]);
  return Buffer.concat([Buffer.of(0xd2, 0x84), bstr(protectedBytes), Buffer.of(0xa0), bstr(body), bstr(by.sign(signed))]);
}

export function vkey(name, by, type = 1) {
  const typed = Buffer.concat([Buffer.of(type), by.raw]);
  return `${name}+${sha256(Buffer.from(`${name}\n`), typed).toString("hex", 0, 4)}+${typed.toString("base64")}`;
}

const line = (name, by, type, blob) => {
  const id = sha256(Buffer.from(`${name}\n`), Buffer.of(type), by.raw).subarray(0, 4);
  return `\u2014 ${name} ${Buffer.concat([id, blob]).toString("base64")}\n`;
};

export const ORIGIN = "forge.example/log";
export const AUTHORITY = "urn:jejak:party:authority";
const NONCE = "000102030405060708090a0b0c0d0e0f";

export class Ledger {
  constructor() {
    this.log = key(200);
    this.authority = key(1);
    this.id = `urn:jejak:ledger:${base32(blake3(Buffer.concat([encode("jejak/1/ledger\0"), this.authority.raw, Buffer.from(NONCE, "hex")])))}`;
    this.entries = [];
    this.heads = []; // sizes that signers had seen
    this.contents = []; // of each entry: { iss, payload }
    this.seqs = new Map();
    this.successor = key(9);
    const successor = base32(blake3(Buffer.concat([encode("jejak/1/successor\0"), this.successor.raw])));
    this.state(this.authority, AUTHORITY, { ...this.party(AUTHORITY, ["authority"]), prefixes: ["952"], nonce: NONCE, successor });
    this.state(this.authority, AUTHORITY, { type: "LogKeys", origin: ORIGIN, log: [vkey(ORIGIN, this.log)], witnesses: [vkey("w.example", key(201), 4)] });
  }

  party = (party, roles, more = {}) => ({ type: "Party", party, name: { en: party }, roles, country: "ID", ...more });

  put(by, iss, sub, type, payload, more = {}) {
    const seq = more.seq ?? (this.seqs.get(by.id) ?? 0) + 1;
    this.seqs.set(by.id, seq);
    const bytes = record(by, { iss, sub, aud: this.id, type, payload, ...more, seq });
    this.entries.push(bytes);
    if (more.seen) this.heads.push(more.seen.size);
    this.contents.push({ iss, payload });
    return `urn:jejak:record:${base32(blake3(bytes))}`;
  }

  state = (by, iss, payload, more) => this.put(by, iss, payload.party ?? this.id, REGISTRY, payload, more).slice(17);
  event = (by, iss, payload, more) => this.put(by, iss, payload.quantityList?.[0].epcClass ?? "x:y", EVENT, { eventID: `urn:uuid:${this.entries.length}`, eventTime: "2026-11-05T00:00:00Z", ...payload }, more);

  // A Key statement for `party`, signed by `by` of `iss`; `holder` proves possession.
  admit(by, iss, party, held, purpose = "admin", holder = held) {
    const message = Buffer.concat([encode(`jejak/1/possession\0${this.id}\0${party}\0${purpose}\0`), held.raw]);
    return this.state(by, iss, { type: "Key", party, key: held.id, purpose, possession: holder.sign(message).toString("hex") });
  }

  // Enrols a party and its first admin key by the authority.
  enrol(party, roles, held, more) {
    this.state(this.authority, AUTHORITY, this.party(party, roles, more));
    this.admit(this.authority, AUTHORITY, party, held);
  }

  // The proofs for the heads that signers had seen.
  seen = (leaves) =>
    [...new Set(this.heads)].filter((size) => size <= leaves.length).sort((a, b) => a - b).map((size) => ({ size, proof: consistency(leaves, size).map((hash) => hash.toString("base64")) }));

  // The head of the log as it is now, for the records signed next.
  head = () => ({ size: this.entries.length, root: root(this.entries.map(leaf)) });

  bundle(lot, omit = () => false) {
    const leaves = this.entries.map(leaf);
    const text = `${ORIGIN}\n${leaves.length}\n${root(leaves).toString("base64")}\n`;
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(1_790_000_000n);
    const cosignature = Buffer.concat([time, key(201).sign(Buffer.from(`cosignature/v1\ntime 1790000000\n${text}`))]);
    const checkpoint = `${text}\n${line(ORIGIN, this.log, 1, this.log.sign(Buffer.from(text)))}${line("w.example", key(201), 4, cosignature)}`;
    const records = this.entries.map((entry, index) => ({
      index,
      record: entry.toString("base64url"),
      path: path(leaves, index).map((hash) => hash.toString("base64")),
    }));
    return { format: "jejak-proof", version: 1, ledger: this.id, lot, checkpoint, records: records.filter((r) => !omit(r.index)), profiles: [], seen: this.seen(leaves) };
  }
}
