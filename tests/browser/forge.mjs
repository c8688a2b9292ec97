// What a malicious server could send: records signed by other keys, and a rebuilt log. Written from docs/formats.md, without the
// code under test.
import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";

import { leaf, path, root, sha256 } from "./tree.mjs";

export function newKey() {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  return { secret: privateKey, raw: Buffer.from(x, "base64url") };
}

// A note over `text`, signed by `key` under the name `name`.
export function note(name, key, text) {
  const typed = Buffer.concat([Buffer.of(1), key.raw]);
  const id = sha256(Buffer.from(`${name}\n`), typed).subarray(0, 4);
  const line = Buffer.concat([id, sign(null, Buffer.from(text), key.secret)]).toString("base64");
  return {
    checkpoint: `${text}\n\u2014 ${name} ${line}\n`,
    verifier: `${name}+${id.toString("hex")}+${typed.toString("base64")}`,
  };
}

// A log of exactly these records, signed by `key`: { bundle, verifier }.
export function newLog(bundle, key) {
  const entries = bundle.records.map(({ record }) => Buffer.from(record, "base64url"));
  const leaves = entries.map(leaf);
  const [name] = bundle.checkpoint.split("\n");
  const text = `${name}\n${entries.length}\n${root(leaves).toString("base64")}\n`;
  const { checkpoint, verifier } = note(name, key, text);
  const records = entries.map((entry, index) => ({
    index,
    record: entry.toString("base64url"),
    path: path(leaves, index).map((hash) => hash.toString("base64")),
  }));
  return { bundle: { ...bundle, checkpoint, records }, verifier };
}

function bstr(bytes) {
  const n = bytes.length;
  const head = n < 24 ? [0x40 | n] : n < 256 ? [0x58, n] : [0x59, n >> 8, n & 255];
  return Buffer.concat([Buffer.from(head), bytes]);
}

// The content of the byte string at `at`, and where it ends.
function read(bytes, at) {
  const short = bytes[at] & 31;
  const [n, start] =
    short < 24 ? [short, at + 1] : short === 24 ? [bytes[at + 1], at + 2] : [bytes.readUInt16BE(at + 1), at + 3];
  return { content: bytes.subarray(start, start + n), end: start + n };
}

export function parse(encoded) {
  const bytes = Buffer.from(encoded, "base64url");
  const head = read(bytes, 2);
  const payload = read(bytes, head.end + 1);
  return { head: head.content, payload: payload.content, signature: read(bytes, payload.end).content };
}

export const build = ({ head, payload, signature }) =>
  Buffer.concat([Buffer.of(0xd2, 0x84), bstr(head), Buffer.of(0xa0), bstr(payload), bstr(signature)]).toString("base64url");

// The record with another payload, signed by `key` as the same party.
export function resigned(encoded, key, change = (payload) => payload) {
  const record = parse(encoded);
  const marker = record.head.indexOf(Buffer.from("045820", "hex"));
  const head = Buffer.concat([record.head.subarray(0, marker + 3), key.raw, record.head.subarray(marker + 35)]);
  const payload = Buffer.from(change(record.payload.toString("utf8")), "utf8");
  const message = Buffer.concat([Buffer.of(0x84, 0x6a), Buffer.from("Signature1"), bstr(head), Buffer.of(0x40), bstr(payload)]);
  return build({ head, payload, signature: sign(null, message, key.secret) });
}
