// GS1 Digital Link URIs (URI Syntax 1.6), read as a resolver does: by the key, attributes that can't be read are ignored. Equal to
// src/gs1/link.rs. The right-most key of the path wins; qualifiers stand in their fixed order; a compressed link is read like what it holds.
// What it is not: the deprecated words (`/gtin/`), nor the strict parser.
import { cut, escaped, first, isDigits, unescaped } from "./bytes.js";
import { expand, mayBe } from "./compressed.js";
import { find, isCset82 } from "./dictionary.js";
import { checks } from "./linter.js";

/** Why something is not read. `fault`: its code, and what it names. */
export class Fault extends Error {
  constructor(code, names = {}) {
    super(code);
    this.fault = { code, ...names };
  }
}

/** Why `value` is not one of the identifier; undefined when it is. */
export function wrongValue(known, value) {
  if (known.accepts(value)) return undefined;
  const names = { ai: known.code, value: first(value, 90) };
  const right = known.rightCheckDigit(value);
  return right === undefined ? new Fault("value", names) : new Fault("check-digit", { ...names, right });
}

/** A qualifier that the ledger has no object for: a variant, a third party's serial, part of a place, the importer index. */
export const noObject = (code) => ["22", "235", "254", "7040"].includes(code);
export const isGtin = (code) => ["01", "02", "03"].includes(code);

/** A GTIN that stands without the zeros before it, with them; undefined for anything else. */
export function paddedGtin(code, value) {
  return isGtin(code) && [8, 12, 13].includes(value.length) && isDigits(value) ? value.padStart(14, "0") : undefined;
}

// `notes`: what a resolver notes and a strict reader refuses
function element(code, escapedValue, notes) {
  const known = find(code);
  if (!known) throw new Fault("unsupported", { ai: first(code, 8) });
  let value = unescaped(escapedValue);
  if (value === undefined) throw new Fault("escape");
  const padded = paddedGtin(code, value);
  if (padded !== undefined) {
    if (!notes) throw new Fault("short-gtin", { value });
    value = padded;
  }
  const wrong = wrongValue(known, value);
  if (wrong) throw wrong;
  return [code, value];
}

/** The rules between identifiers: none twice, required and excluded ones. */
function pairing(elements) {
  const codes = elements.map(([code]) => code);
  codes.forEach((code, at) => {
    if (codes.indexOf(code) < at) throw new Fault("twice", { ai: code });
    const known = find(code);
    if (!known) throw new Fault("unsupported", { ai: code });
    if (!known.goesWith(codes)) throw new Fault("pairing", { ai: code });
  });
}

const holds = (test) => {
  try {
    test();
    return true;
  } catch (error) {
    if (!error.fault) throw error;
    return false;
  }
};

/** From elements: the first key among them is that of the link, qualifiers are put in order. {elements, qualified} */
export function fromElements(pairs) {
  let key;
  for (const [code, value] of pairs) {
    const known = find(code);
    if (!known) throw new Fault("unsupported", { ai: code });
    const wrong = wrongValue(known, value);
    if (wrong) throw wrong;
    if (known.orders.length > 0) key ??= known;
  }
  pairing(pairs);
  if (!key) throw new Fault("no-key");
  const has = (code) => pairs.some(([other]) => other === code);
  const order = key.orders.find((one) => one.some(has)) ?? key.orders[0] ?? [];
  const LAST = Infinity;
  const place = (code) => (code === key.code ? 0 : order.includes(code) ? order.indexOf(code) + 1 : LAST);
  const isAttribute = (code) => find(code).attribute && !key.orders.some((one) => one.includes(code));
  const misplaced = pairs.find(([code]) => place(code) === LAST && !isAttribute(code));
  if (misplaced) throw new Fault("misplaced", { ai: misplaced[0] });
  // attributes of predefined length come first, as in an element string
  const fnc1 = (code) => (place(code) === LAST && find(code).fnc1 ? 1 : 0);
  const elements = [...pairs].sort(([a], [b]) => (place(a) === place(b) ? 0 : place(a) - place(b)) || fnc1(a) - fnc1(b));
  return { elements, qualified: elements.filter(([code]) => place(code) !== LAST).length };
}

/** The path and query of a link. */
export function uri({ elements, qualified }) {
  const path = elements.slice(0, qualified).map(([code, value]) => `/${code}/${escaped(value)}`).join("");
  const query = elements.slice(qualified).map(([code, value]) => `${code}=${escaped(value)}`).join("&");
  return query === "" ? path : `${path}?${query}`;
}

/** Reads path and query; `notes.ignored` gets the attributes that can't be read. */
function readLink(path, query, notes) {
  const parts = path.split("/");
  // the right-most key wins: what is left of it is the stem
  let at = parts.length - 2;
  while (at >= 0 && !(find(parts[at])?.orders.length > 0)) at -= 2;
  if (at < 0) {
    const expanded = expand(parts, query, (elements) => uri(fromElements(elements)));
    if (expanded) return readLink(...expanded, notes);
    if (mayBe(parts.at(-1))) throw new Fault("compressed");
    const unsupported = parts.at(-2);
    throw unsupported?.length >= 2 && isDigits(unsupported) ? new Fault("unsupported", { ai: unsupported }) : new Fault("no-key");
  }
  const key = find(parts[at]);
  const elements = [];
  for (let i = at; i < parts.length; i += 2) elements.push(element(parts[i], parts[i + 1], notes));
  const qualified = elements.length;
  const qualifiers = elements.slice(1).map(([code]) => code);
  const inOrder = (order) => {
    let from = 0;
    return qualifiers.every((code) => (from = order.indexOf(code, from) + 1) > 0);
  };
  if (!key.orders.some(inOrder)) throw new Fault("misplaced", { ai: qualifiers[0] ?? "" });
  for (const pair of query.split("&").filter((one) => one !== "")) {
    const [name, written] = cut(pair, "=") ?? [pair, ""];
    const known = find(name);
    if (!known) {
      if (name !== "" && isDigits(name)) notes.ignored.push(name);
      continue;
    }
    // in the query, and only there, a plus is a space
    const value = written.replaceAll("+", "%20");
    const ofKey = name === key.code || key.orders.some((order) => order.includes(name));
    const misplaced = ofKey || !known.attribute;
    if (!ofKey || noObject(name)) {
      const fine = !misplaced && holds(() => pairing([...elements, element(name, value)]));
      if (fine) elements.push(element(name, value));
      else notes.ignored.push(name);
      continue;
    }
    const found = element(name, value);
    if (misplaced && name !== key.code) throw new Fault("misplaced", { ai: name });
    elements.push(found);
  }
  pairing(elements);
  return { elements, qualified };
}

/** The elements of a link that this app wrote; undefined when it can't be read. */
export function elementsOf(path) {
  const notes = { ignored: [] };
  try {
    return readLink(path, "", notes).elements;
  } catch (error) {
    if (!error.fault) throw error;
    return undefined;
  }
}

/** Reads path and query as a resolver does: {elements, key, ignored}. Throws a Fault when the key or a qualifier can't be read. */
export function resolve(path, query) {
  const notes = { ignored: [] };
  const { elements, qualified } = readLink(path, query, notes);
  const above = elements.slice(0, qualified).map(([code]) => code).filter(noObject);
  const get = (code) => elements.find(([other]) => other === code)?.[1];
  const [code, value] = elements[0];
  return { elements, key: keyOf(code, value, get("10"), get("21")), ignored: [...above, ...notes.ignored] };
}

const isKey = (value, width) => value.length === width && isDigits(value) && checks(value);
const isName = (value) => value.length >= 1 && value.length <= 20 && isCset82(value);

/**
 * What a key with its qualifiers names: {kind, gtin?, lot?, serial?, sscc?, gln?}. Content (02) and a piece of a product (8006) name the
 * product or its lot. Throws a Fault.
 */
export function keyOf(code, value, lot, serial) {
  const bad = () => new Fault("value", { ai: code, value });
  if (code === "00") {
    if (!isKey(value, 18)) throw bad();
    return { kind: "sscc", sscc: value };
  }
  if (code === "414" || code === "417") {
    if (!isKey(value, 13)) throw bad();
    return { kind: code === "414" ? "place" : "party", gln: value };
  }
  if (!["01", "02", "03", "8006", "8026"].includes(code)) throw new Fault("unsupported", { ai: code });
  const gtin = value.slice(0, 14);
  if (!isKey(gtin, 14) || (lot !== undefined && !isName(lot)) || (serial !== undefined && !isName(serial))) throw bad();
  if (lot !== undefined) return serial === undefined ? { kind: "lot", gtin, lot } : { kind: "item", gtin, lot, serial };
  return serial === undefined ? { kind: "gtin", gtin } : { kind: "serial", gtin, serial };
}

/** The path of the canonical Digital Link of a key. */
export function pathOf({ kind, gtin, lot, serial, sscc, gln }) {
  if (kind === "sscc") return `/00/${sscc}`;
  if (kind === "place") return `/414/${gln}`;
  if (kind === "party") return `/417/${gln}`;
  return `/01/${gtin}${lot === undefined ? "" : `/10/${escaped(lot)}`}${serial === undefined ? "" : `/21/${escaped(serial)}`}`;
}
