// Sentences, dates and names in the reader's language, from the Fluent files of web/locales; every language has all sentences, which
// tests/browser/words.test.mjs holds. Indonesian comes first. Numbers are written by numbers.js, not here.

import { FluentBundle, FluentResource } from "../vendor/fluent/index.js";
import { nameIn, plainName } from "./names.js";

// Code of each language of the app: its BCP 47 tag, the locale of its dates, its own name.
export const languages = {
  id: { tag: "id", locale: "id-ID", name: "Indonesia" },
  en: { tag: "en", locale: "en-GB", name: "English" },
  zh: { tag: "zh-Hans", locale: "zh-Hans-CN", name: "中文" },
};
const FIRST = "id";
const FILES = ["app", "acts", "rules"];

let code = FIRST;
let words = null;
const loaded = new Map();

/** Reads the sentences of this file too, after the others. Call it before a language is set. */
export const alsoRead = (file) => FILES.push(file);

// Files that only some screens need.
const further = new Set();

/** Reads the sentences of these files too, for a screen that needs them: in this language now, in others once they are chosen. */
export async function readAlso(...files) {
  for (const file of files) further.add(file);
  await fill(code);
}

// The further files that a language has not read yet.
async function fill(lang) {
  const made = loaded.get(lang);
  if (!made) return;
  const lacking = [...further].filter((file) => !made.further.has(file));
  const texts = await Promise.all(lacking.map((file) => source(`${file}.${lang}`)));
  lacking.forEach((file, i) => {
    if (made.further.has(file)) return;
    made.further.add(file);
    made.unread.push(texts[i]);
  });
}

async function source(name) {
  const answer = await fetch(new URL(`../locales/${name}.ftl`, import.meta.url));
  if (!answer.ok) throw new Error(`${name}.ftl: ${answer.status}`);
  return answer.text();
}

// { bundle, unread }: the first screen has its words in the first files, so that a file is read when a sentence is not in those before.
async function load(lang) {
  if (loaded.has(lang)) return loaded.get(lang);
  const bundle = new FluentBundle(languages[lang].tag, { useIsolating: false });
  const unread = await Promise.all(FILES.map((file) => source(`${file}.${lang}`)));
  loaded.set(lang, { bundle, unread, further: new Set() });
  return loaded.get(lang);
}

function message(key) {
  if (!words) return undefined;
  const { bundle, unread } = words;
  while (!bundle.hasMessage(key) && unread.length > 0) bundle.addResource(new FluentResource(unread.shift()));
  return bundle.getMessage(key);
}

// Makes `lang` the language of the app, and of the document.
export async function setLanguage(lang) {
  const wanted = Object.hasOwn(languages, lang) ? lang : FIRST;
  words = await load(wanted);
  await fill(wanted);
  code = wanted;
  if (globalThis.document) document.documentElement.lang = languages[code].tag;
}

export const language = () => code;
export const locale = () => languages[code].locale;

export const has = (key) => Boolean(message(key)?.value);

// The sentence `key`. Without such a sentence its key is returned, which a test finds.
export function t(key, values = {}) {
  const found = message(key);
  return found?.value ? words.bundle.formatPattern(found.value, values, []) : key;
}

// The text of `names` ({"en": ..., "id": ...}, or a string) for the reader: the language, then English, then any. `bareName` is what is
// compared, searched or signed of it.
export const name = (names) => nameIn(names, code);
export const bareName = (names) => plainName(names, code);

// A formatter of the browser is made once for each language: that takes a phone a quarter of a second, so that what the first screen shows
// has none.
const formatters = new Map();
function formatter(options) {
  const key = `${code} ${Object.entries(options)}`;
  if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat(locale(), options));
  return formatters.get(key);
}

// `when` is a Date, milliseconds or an ISO text. A plain day ("2026-11-28") is no instant: it is the same day everywhere.
const isDay = (when) => /^\d{4}-\d\d-\d\d$/.test(when);
const zone = (when) => (isDay(when) ? { timeZone: "UTC" } : {});

// What a date is made of, as texts.
function parts(when) {
  const at = new Date(when);
  const [year, month, date] = isDay(when) ? when.split("-").map(Number) : [at.getFullYear(), at.getMonth() + 1, at.getDate()];
  const two = (n) => String(n).padStart(2, "0");
  return { year: String(year), month: t("months").split(" ")[month - 1], day: String(date), hour: two(at.getHours()), minute: two(at.getMinutes()) };
}

// 28 Nov 2026
export const day = (when) => t("date-day", parts(when));
// 9–11 Nov 2026; one day is written once
export const days = (from, to) => formatter({ day: "numeric", month: "short", year: "numeric", ...zone(from) }).formatRange(new Date(from), new Date(to));
// Sab, 28 Nov 2026
export const weekday = (when) => formatter({ weekday: "long", day: "numeric", month: "short", year: "numeric", ...zone(when) }).format(new Date(when));
// 10.15
export const clock = (when) => t("date-clock", parts(when));
// 28 Nov 10.15
export const moment = (when) => t("date-moment", parts(when));
