// Element strings with brackets and without, as scanners send them and people complete them. Part of scan.js.
import { bare, cut, first, trimmed, unspaced, words } from "./bytes.js";
import { number, printed } from "./bare.js";
import { find, prefixOf } from "./dictionary.js";
import { fixed, FNC1, gathered, Gathered, names, NOTHING, splits } from "./gathered.js";
import { paddedGtin } from "./link.js";

// Identifiers in brackets. What stands before the first bracket is a number as it is printed, or elements without brackets.
export function bracketed(text) {
  const found = new Gathered();
  const begin = nextBracket(text) ?? 0;
  const before = unspaced(text.slice(0, begin).replaceAll(FNC1, ""));
  let rest = text.slice(begin);
  if (before !== "") found.join(printed(before) ?? gathered(before, false));
  for (;;) {
    const split = rest.startsWith("(") ? cut(rest.slice(1), ")") : undefined;
    if (!split) return found.scan();
    // a bracket may be part of a value: it ends where digits in brackets are an identifier
    const end = nextBracket(split[1]) ?? split[1].length;
    const [code, value] = [trimmed(split[0]), bare(split[1].slice(0, end))];
    const known = find(code);
    if (known) takeTyped(found, known, spaced(known, value));
    else found.unread.push([first(code, 8), value]);
    rest = split[1].slice(end);
  }
}

function takeTyped(found, known, value) {
  const split = fixed(known, value);
  // the next identifier may have no brackets
  if (split && (split[1] === "" || prefixOf(split[1]))) {
    found.take(known, split[0]);
    if (split[1] !== "") found.join(gathered(split[1], false));
  } else {
    found.take(known, paddedGtin(known.code, value) ?? value);
  }
}

// where the next identifier in brackets begins
function nextBracket(text) {
  for (let at = text.indexOf("("); at >= 0; at = text.indexOf("(", at + 1)) {
    const code = trimmed(cut(text.slice(at + 1), ")")?.[0] ?? "");
    if (/^[0-9]{2,4}$/.test(code)) return at;
  }
  return undefined;
}

// a value that was typed with spaces: none belongs into digits, and where a lot has one in speech it has a hyphen in print
const spaced = (known, value) => words(value).join(known.components.every(({ set }) => set === "N") ? "" : "-");

// those whose data are element strings: GS1-128, DataBar and composite, DataMatrix, QR, DotCode
const ELEMENTS_ONLY = ["C1", "e0", "e1", "e2", "d2", "Q3", "J1"];

export function unbracketed(sent, symbology) {
  const text = unspaced(sent);
  const body = text.replace(/^\x1d+|\x1d+$/g, "");
  const marked = body.includes(FNC1);
  const elementsOnly = ELEMENTS_ONLY.includes(symbology) || text.startsWith(FNC1);
  const alone = elementsOnly || marked ? NOTHING : number(body, symbology);
  let readings = [...alone.readings];
  let { error } = alone;
  const isNumber = readings.length > 0;
  let sure = false;
  let lot;
  if (!marked) {
    for (const elements of splits(body)) {
      sure ||= elements.length > 0 && names(elements[0][0]);
      const found = new Gathered(elements);
      lot ??= found.lot();
      readings.push(...found.readings());
    }
    // some of the identifiers in brackets, as people complete what a scanner sent
    if (!elementsOnly && nextBracket(sent) !== undefined) {
      const mixed = bracketed(sent);
      sure ||= mixed.readings.length > 0;
      readings.push(...mixed.readings);
      error ??= mixed.error;
    }
  }
  const begins = prefixOf(body);
  if (readings.length === 0 && (elementsOnly || marked || (begins && names(begins.code)))) {
    const found = gathered(body, marked);
    error = found.error ?? error;
    sure = found.elements.length > 0 && names(found.elements[0][0]);
    lot ??= found.lot();
    readings = found.readings();
  }
  return { readings, certain: elementsOnly || marked || (sure && !isNumber), error, lot: readings.length === 0 && !error ? lot : undefined };
}
