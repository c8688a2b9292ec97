// Writes the record: a COSE_Sign1 (RFC 9052) with CWT claims (RFC 9597) in the one form the ledger admits (docs/formats.md). What is written
// is read back by cose.js before it is returned. Not here: keys (key.js), and what the payload says (events.js, statements.js).

import { Refused, base32, concat, demand, encode, fromBase32, parse, same } from "../bytes.js";
import { blake3 } from "../blake3.js";
import { EVENT, REGISTRY, decode } from "../cose.js";
import { bareId } from "./uris.js";

export { EVENT, REGISTRY };
export const MAX_RECORD = 65_535;
const MAX_URI = 512;

// The head of a CBOR item (RFC 8949 section 3), the shortest.
function head(major, n) {
  demand(Number.isSafeInteger(n) && n >= 0, "a number below 2^53");
  const bytes = n < 24 ? 0 : n < 256 ? 1 : n < 65_536 ? 2 : n < 2 ** 32 ? 4 : 8;
  const out = new Uint8Array(1 + bytes);
  out[0] = (major << 5) | { 0: n, 1: 24, 2: 25, 4: 26, 8: 27 }[bytes];
  const view = new DataView(out.buffer);
  if (bytes === 1) out[1] = n;
  if (bytes === 2) view.setUint16(1, n);
  if (bytes === 4) view.setUint32(1, n);
  if (bytes === 8) view.setBigUint64(1, BigInt(n));
  return out;
}

const uint = (n) => head(0, n);
const bstr = (bytes) => concat(head(2, bytes.length), bytes);
const tstr = (text) => bstrOf(3, encode(text));
const bstrOf = (major, bytes) => concat(head(major, bytes.length), bytes);

// iss, sub, aud
function uri(name, text) {
  const bytes = encode(text);
  demand(bytes.length > 0 && bytes.length <= MAX_URI && !/\p{Cc}/u.test(text), `${name} is empty, too long or not plain`);
  return bstrOf(3, bytes);
}

/** The id of a record: BLAKE3 of its bytes, in base32. */
export const recordId = (bytes) => base32(blake3(bytes));

// What a registry statement is about.
function subjectOfStatement(json, ledger) {
  switch (json.type) {
    case "KeyRevocation":
      return `urn:jejak:key:${json.key}`;
    case "Mandate":
      return json.to;
    case "Product":
      return `https://id.gs1.org/01/${json.gtin}`;
    case "Place":
      return `https://id.gs1.org/414/${json.gln}`;
    case "Profile":
      return `urn:jejak:profile:${json.id}`;
    case "Specification":
      return `urn:jejak:specification:${json.id}`;
    case "Guide":
      return `urn:jejak:guide:${json.id}`;
    case "Party":
    case "PartyStatus":
    case "Key":
    case "Accreditation":
    case "Certificate":
      return json.party;
    default:
      return ledger;
  }
}

/** The subject of a payload (docs/formats.md, "Record"): of an event, or of a registry statement of `ledger`. */
export function subjectOf(json, ledger) {
  if (!json["@context"]) return subjectOfStatement(json, ledger);
  return (
    json.epcList?.[0] ??
    json.quantityList?.[0]?.epcClass ??
    json.parentID ??
    json.outputEPCList?.[0] ??
    json.outputQuantityList?.[0]?.epcClass ??
    json.bizTransactionList?.[0]?.bizTransaction ??
    json.readPoint?.id ??
    ""
  );
}

const list = (value) => (Array.isArray(value) ? value : []);
const unique = (values) => [...new Set(values)];

// The lots that the JSON of an event names.
function lotsOf(json) {
  const lists = [json.quantityList, json.childQuantityList, json.inputQuantityList, json.outputQuantityList];
  return unique(lists.flatMap(list).map((element) => element.epcClass));
}

// The ids of the records that an event builds on.
function namedBy(json) {
  const one = ["jejak:voids", "jejak:shipment", "jejak:lifts", "jejak:rejects"].map((name) => json[name]);
  const uris = [...list(json["jejak:after"]), ...list(json["jejak:retests"]), ...one, json["jejak:confirms"]];
  return unique(uris.filter((uri) => typeof uri === "string").map(bareId));
}

const sampleOf = (json) => json["jejak:sample"]?.["jejak:id"] ?? null;

// The evidence that an event names, by hash.
const evidenceOf = (json) => list(json["jejak:evidence"]).map((element) => element["jejak:blake3"]);

/** What is known of a payload beside its text. */
export function described(text, contentType) {
  const json = JSON.parse(text);
  if (contentType === REGISTRY) return { lots: [], named: [], sample: null, evidence: [], type: json.type, about: json.party };
  return { lots: lotsOf(json), named: namedBy(json), sample: sampleOf(json), evidence: evidenceOf(json) };
}

/**
 * What is signed of a record: { toBeSigned, protectedBytes, payload, sub }. `kid` is the raw key or its base32, iat Unix seconds, seq from 1,
 * `seen` { size, root: bytes } or nothing.
 */
export function toBeSigned({ contentType, kid, iss, aud, iat, seq, seen }, payloadText) {
  demand(contentType === EVENT || contentType === REGISTRY, "another content type");
  const key = typeof kid === "string" ? fromBase32(kid) : kid;
  demand(key.length === 32, "kid must be a key");
  demand(seq >= 1, "seq counts from 1");
  const payload = encode(payloadText);
  const sub = subjectOf(parse(payload), aud);
  const claims = [uint(1), uri("iss", iss), uint(2), uri("sub", sub), uint(3), uri("aud", aud), uint(6), uint(iat), tstr("seq"), uint(seq)];
  if (seen) {
    demand(seen.size >= 2 && seen.root.length === 32, "not a head");
    claims.push(tstr("seen"), head(4, 2), uint(seen.size), bstr(seen.root));
  }
  const protectedBytes = concat(
    head(5, 4),
    ...[uint(1), head(1, 7), uint(3), tstr(contentType), uint(4), bstr(key), uint(15), head(5, seen ? 6 : 5), ...claims],
  );
  // Sig_structure (RFC 9052 section 4.4)
  const signed = concat(head(4, 4), tstr("Signature1"), bstr(protectedBytes), bstr(new Uint8Array()), bstr(payload));
  return { toBeSigned: signed, protectedBytes, payload, sub };
}

/** Signs a record: { bytes, id, sub }. `sign(bytes)` gives the 64 bytes of an Ed25519 signature. */
export async function seal(claims, payloadText, sign) {
  const { toBeSigned: message, protectedBytes, payload, sub } = toBeSigned(claims, payloadText);
  // tag, array, empty header, signature, and heads of at most 3 bytes: refused before a key is asked
  if (protectedBytes.length + payload.length + 75 > MAX_RECORD) throw new Refused("record-too-long");
  const signature = await sign(message);
  demand(signature.length === 64, "a signature has 64 bytes");
  const bytes = concat(Uint8Array.of(0xd2, 0x84), bstr(protectedBytes), Uint8Array.of(0xa0), bstr(payload), bstr(signature));
  const back = decode(bytes);
  demand(same(back.toBeSigned, message) && same(back.payload, payload) && back.sub === sub, "it does not read back");
  return { bytes, id: recordId(bytes), sub };
}
