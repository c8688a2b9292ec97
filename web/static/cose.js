// The record: a COSE_Sign1 (RFC 9052) with CWT claims (RFC 9597) in the one form the ledger admits (docs/formats.md). Reads
// deterministic CBOR only: definite lengths, shortest integers.

import { Refused, concat, encode, text } from "./bytes.js";

const LONGEST = 65535;
export const EVENT = "application/ld+json";
export const REGISTRY = "application/vnd.jejak.registry+json";

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  head() {
    const first = this.bytes[this.at++];
    if (first === undefined) throw new Refused("the record ends too early");
    const major = first >> 5;
    const low = first & 31;
    if (low < 24) return [major, low];
    const size = { 24: 1, 25: 2, 26: 4, 27: 8 }[low];
    if (!size || this.at + size > this.bytes.length) throw new Refused("not a definite length");
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this.bytes[this.at++];
    const least = { 1: 24, 2: 256, 4: 65536, 8: 4294967296 }[size];
    if (value < least || !Number.isSafeInteger(value)) throw new Refused("not the shortest integer");
    return [major, value];
  }

  expect(major, what) {
    const [found, value] = this.head();
    if (found !== major) throw new Refused(`${what} expected`);
    return value;
  }

  take(length) {
    if (this.at + length > this.bytes.length) throw new Refused("the record ends too early");
    return this.bytes.subarray(this.at, (this.at += length));
  }

  integer() {
    const [major, value] = this.head();
    if (major > 1) throw new Refused("an integer expected");
    return major === 0 ? value : -1 - value;
  }

  label(want) {
    if (this.integer() !== want) throw new Refused(`label ${want} expected`);
  }

  bytestring = () => this.take(this.expect(2, "bytes"));
  string = () => text(this.take(this.expect(3, "text")));

  // iss, sub, aud: 1 to 512 bytes without control characters
  uri() {
    const length = this.expect(3, "text");
    const found = text(this.take(length));
    if (length === 0 || length > 512 || /\p{Cc}/u.test(found)) throw new Refused("a claim is empty, too long or not plain");
    return found;
  }

  // the head that the signer's device had seen
  seen() {
    if (this.string() !== "seen" || this.expect(4, "an array") !== 2) throw new Refused('"seen" expected');
    const size = this.integer();
    const root = this.bytestring();
    if (size < 2 || root.length !== 32) throw new Refused("not a head");
    return { size, root };
  }

  map(members) {
    if (this.expect(5, "a map") !== members) throw new Refused(`a map of ${members} expected`);
  }

  end() {
    if (this.at !== this.bytes.length) throw new Refused("bytes follow");
  }
}

// A proof bundle in CBOR (docs/formats.md): [format, version, ledger, lot, checkpoint, records, others, profiles, part].
export function proofOf(bytes) {
  const r = new Reader(bytes);
  const list = (one) => {
    const length = r.expect(4, "an array");
    if (length > bytes.length) throw new Refused("more than there is");
    return Array.from({ length }, one);
  };
  const fixed = (members) => {
    if (r.expect(4, "an array") !== members) throw new Refused(`an array of ${members} expected`);
  };
  const hash = () => r.bytestring();
  fixed(9);
  const [format, version, ledger, lot, checkpoint] = [r.string(), r.integer(), r.string(), r.string(), r.string()];
  const records = list(() => (fixed(2), { index: r.integer(), record: r.bytestring() }));
  const [others, profiles] = [list(hash), list(hash)];
  const part = bytes[r.at] !== 0xf6;
  if (!part) r.at++;
  else list(() => r.integer());
  r.end();
  return { format, version, ledger, lot, checkpoint, records, others, profiles, part };
}

function header(major, length) {
  if (length < 24) return Uint8Array.of((major << 5) | length);
  if (length < 256) return Uint8Array.of((major << 5) | 24, length);
  if (length < 65536) return Uint8Array.of((major << 5) | 25, length >> 8, length & 255);
  throw new Refused("too long");
}

// { kid, iss, sub, aud, iat, seq, seen, contentType, payload, signature, toBeSigned }
export function decode(bytes) {
  if (bytes.length > LONGEST) throw new Refused("too long");
  const r = new Reader(bytes);
  if (r.expect(6, "a tag") !== 18 || r.expect(4, "an array") !== 4) throw new Refused("a COSE_Sign1 expected");
  const protectedBytes = r.bytestring();
  r.map(0);
  const payload = r.bytestring();
  const signature = r.bytestring();
  r.end();
  if (signature.length !== 64) throw new Refused("a signature has 64 bytes");
  const h = new Reader(protectedBytes);
  h.map(4);
  h.label(1);
  const alg = h.integer();
  if (alg !== -8 && alg !== -19) throw new Refused("alg must be EdDSA or Ed25519");
  h.label(3);
  const contentType = h.string();
  if (contentType !== EVENT && contentType !== REGISTRY) throw new Refused("another content type");
  h.label(4);
  const kid = h.bytestring();
  if (kid.length !== 32) throw new Refused("kid must be a key");
  h.label(15);
  const claims = h.expect(5, "a map");
  if (claims !== 5 && claims !== 6) throw new Refused("5 claims expected, or 6");
  h.label(1);
  const iss = h.uri();
  h.label(2);
  const sub = h.uri();
  h.label(3);
  const aud = h.uri();
  h.label(6);
  const iat = h.integer();
  if (h.string() !== "seq") throw new Refused('"seq" expected');
  const seq = h.integer();
  const seen = claims === 6 ? h.seen() : undefined;
  if (iat < 0 || seq < 1) throw new Refused("iat or seq out of range");
  h.end();
  // Sig_structure (RFC 9052 section 4.4)
  const toBeSigned = concat(
    Uint8Array.of(0x84, 0x6a),
    encode("Signature1"),
    header(2, protectedBytes.length),
    protectedBytes,
    Uint8Array.of(0x40),
    header(2, payload.length),
    payload,
  );
  return { kid, iss, sub, aud, iat, seq, seen, contentType, payload, signature, toBeSigned };
}
