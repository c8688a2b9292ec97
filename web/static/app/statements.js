// Registry statements that a phone or the desk signs, as text, members in the order of the ledger's own program. What it is not: a check of
// who may state what.

import { demand } from "../bytes.js";
import { write } from "./canonical.js";

// An object of the members that are there, in the order of `names`.
function ordered(names, members, begin = []) {
  const unknown = Object.keys(members).filter((name) => !names.includes(name));
  demand(unknown.length === 0, `no member is named ${unknown[0]}`);
  const there = names.filter((name) => members[name] !== undefined && members[name] !== null);
  const text = (name) => (name === "region" ? region(members.region) : write(members[name]));
  return `{${[...begin, ...there.map((name) => `"${name}":${text(name)}`)].join(",")}}`;
}

const region = (members) => ordered(["authority", "edition", "code", "name"], members);
const statement = (type, names, members) => ordered(names, members, [`"type":"${type}"`]);

// A list that is left out when it is empty.
const filled = (list) => (list?.length ? list : undefined);

const PARTY = [
  "party", "name", "legalForm", "roles", "country", "region", "registration", "gln", "prefixes", "enrols", "contact", "nonce", "successor",
  "demo", "replaces",
];

/** Enrols or updates a party: { party, name: { en, id, ... }, roles, country, region, contact, ... }. */
export const party = (members) =>
  statement("Party", PARTY, { ...members, prefixes: filled(members.prefixes), enrols: filled(members.enrols), demo: members.demo || undefined });

/** Suspends or reinstates a party: { party, status: "active" | "suspended", reason }. */
export const partyStatus = (members) => statement("PartyStatus", ["party", "status", "reason"], members);

/** Admits a key: { party, key, purpose: "admin" | "event", possession, label }. */
export const key = (members) => statement("Key", ["party", "key", "purpose", "possession", "label"], members);

/** Ends a key: { key, reason: "lost" | "replaced" | "compromised" | "left", compromisedSince: Unix seconds }. */
export const keyRevocation = (members) => statement("KeyRevocation", ["key", "reason", "compromisedSince"], members);

/** Lets another party act: { to, acts, lots, until, replaces }; lots as { gtin, lot }. */
export function mandate(members) {
  const { lots, ...others } = members;
  demand(lots === undefined || Array.isArray(lots), "lots are a list");
  return statement("Mandate", ["to", "acts", "lots", "until", "replaces"], { ...others, lots: lots?.map(({ gtin, lot }) => ({ gtin, lot })) });
}

/** Accredits an inspector: { party, scope: commodity ids, body, number, from, until: Unix seconds, replaces }. */
export const accreditation = (members) => statement("Accreditation", ["party", "scope", "body", "number", "from", "until", "replaces"], members);

const PRODUCT = ["gtin", "name", "commodity", "form", "unit", "makers", "netContent", "hs", "storage", "replaces"];

/** Registers a product: { gtin, name, commodity, form, unit: "gram" | "millilitre" | "piece", makers, netContent: Decimal, hs, storage, ... }. */
export const product = (members) => statement("Product", PRODUCT, members);

/** Registers a place: { gln, name, kind, country, region, near: "-4.05,122.97", point, replaces }. */
export const place = (members) => statement("Place", ["gln", "name", "kind", "country", "region", "near", "point", "replaces"], members);

/** Puts a commodity profile in force: { id, version, blake3, bytes, from, until: Unix seconds }. */
export const profile = (members) => statement("Profile", ["id", "version", "blake3", "bytes", "from", "until"], members);

/** Puts an export guide in force: { id, version, blake3, bytes }. */
export const guide = (members) => statement("Guide", ["id", "version", "blake3", "bytes"], members);

const CERTIFICATE = ["party", "kind", "number", "issuer", "from", "until", "document", "withdrawn", "replaces"];

/** States a certificate of a party: { party, kind, number, issuer, from, until: days, document: BLAKE3, withdrawn, replaces }. */
export const certificate = (members) => statement("Certificate", CERTIFICATE, { ...members, withdrawn: members.withdrawn || undefined });
