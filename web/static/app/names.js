// Texts that others wrote, kept apart from the sentences around them: a name in Arabic or Hebrew must not reorder the words and numbers beside
// it (UAX 9 sections 2.4 and 6.3). As src/server/pages/bidi.rs does it; a text without such letters needs no isolation. What it is not: a
// check of texts, which the ledger does.

const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
// letters written from right to left
const RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** The last part of a party's URI, as addresses of the node have it. */
export const shortName = (party) => party.replace(/^urn:jejak:party:|^https:\/\/id\.gs1\.org\/417\//, "");

/** A text without its own directional characters: one could end the isolation, or turn what follows around. */
export const plain = (text) => String(text ?? "").replace(DIRECTIONS, "");

/** A text that a participant wrote, to be shown: between FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE where it needs that. */
export function isolated(text) {
  const bare = plain(text);
  return RIGHT.test(bare) ? `\u2068${bare}\u2069` : bare;
}

/**
 * The text of `names` ({ "en": ..., "id": ... }, or a string) in a language of the app, else in English, else the first there is: to be
 * compared, searched or signed.
 */
export function plainName(names, lang) {
  if (names === null || names === undefined) return "";
  if (typeof names === "string") return plain(names);
  return plain(names[lang] ?? names[`${lang}-Hans`] ?? names.en ?? Object.values(names)[0] ?? "");
}

/** The same to be shown. */
export const nameIn = (names, lang) => isolated(plainName(names, lang));
