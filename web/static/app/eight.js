// Eight words that two people read to each other before a key is registered: 88 bits over ledger, log, party and key, as words of a list
// of 2,048 (docs/formats.md, "Eight words"). Equal to src/record/eight.rs. Not a secret, and no way back from words to a key.
import { blake3 } from "../blake3.js";
import { concat, demand, encode, fromBase32 } from "../bytes.js";

const LIST = 2048;
const BITS = 11;
const LANGUAGES = ["id", "en", "zh"];

/** The language whose list is used for a BCP 47 tag or the name of a POSIX locale; English for any other. */
export function languageOf(tag) {
  const language = String(tag ?? "").trim().split(/[-_.@]/)[0].toLowerCase();
  return language === "in" ? "id" : LANGUAGES.includes(language) ? language : "en";
}

/** The numbers of the words, 0 to 2047. `key`: the 32 bytes of the public key, or its 52 characters of base32. */
export function numbers(ledger, log, party, key) {
  const raw = typeof key === "string" ? fromBase32(key) : key;
  demand(raw.length === 32, "not a key of 32 bytes");
  const parts = [ledger, log, party].flatMap((part) => {
    const bytes = encode(part);
    demand(bytes.length < 65536, "longer than a record can be");
    return [Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes];
  });
  const hash = blake3(concat(encode("jejak/1/enrolment-words\0"), ...parts, raw));
  return Array.from({ length: 8 }, (_, word) => {
    let number = 0;
    for (let at = word * BITS; at < (word + 1) * BITS; at++) number = (number << 1) | ((hash[at >> 3] >> (7 - (at & 7))) & 1);
    return number;
  });
}

/** The words of a list, from the text of its file. */
export function list(text) {
  const words = text.split("\n").filter((word) => word !== "");
  demand(words.length === LIST && new Set(words).size === LIST, "not a list of 2,048 words");
  return words;
}

const lists = new Map();

async function fetched(language) {
  const answer = await fetch(new URL(`./eight/${language}.txt`, import.meta.url));
  if (!answer.ok) throw new Error(`the word list is missing (${answer.status})`);
  return list(await answer.text());
}

/**
 * The eight words, in the language of `tag`. The list is read once; a failed attempt is forgotten, so that the next one asks again.
 * @param {(language: string) => Promise<string[]>} load for tests
 */
export async function words(ledger, log, party, key, tag, load = fetched) {
  const language = languageOf(tag);
  if (!lists.has(language)) lists.set(language, load(language));
  const all = await lists.get(language).catch((error) => {
    lists.delete(language);
    throw error;
  });
  return numbers(ledger, log, party, key).map((number) => all[number]);
}
