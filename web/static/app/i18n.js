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
let bundle = null;
const loaded = new Map();

async function source(name) {
  const answer = await fetch(new URL(`../locales/${name}.ftl`, import.meta.url));
  if (!answer.ok) throw new Error(`${name}.ftl: ${answer.status}`);
  return answer.text();
}

async function load(lang) {
  if (loaded.has(lang)) return loaded.get(lang);
  const made = new FluentBundle(languages[lang].tag, { useIsolating: false });
  const texts = await Promise.all(FILES.map((file) => source(`${file}.${lang}`)));
  for (const text of texts) made.addResource(new FluentResource(text), { allowOverrides: true });
  loaded.set(lang, made);
  return made;
}

// Makes `lang` the language of the app, and of the document.
export async function setLanguage(lang) {
  const wanted = Object.hasOwn(languages, lang) ? lang : FIRST;
  bundle = await load(wanted);
  code = wanted;
  if (globalThis.document) document.documentElement.lang = languages[code].tag;
}

export const language = () => code;
export const locale = () => languages[code].locale;

export const has = (key) => Boolean(bundle?.getMessage(key)?.value);

// The sentence `key`. Without such a sentence its key is returned, which a test finds.
export function t(key, values = {}) {
  if (!has(key)) return key;
  return bundle.formatPattern(bundle.getMessage(key).value, values, []);
}

// The text of `names` ({"en": ..., "id": ...}, or a string) for the reader: the language, then English, then any. `bareName` is what is
// compared, searched or signed of it.
export const name = (names) => nameIn(names, code);
export const bareName = (names) => plainName(names, code);

const format = (when, options) => new Intl.DateTimeFormat(locale(), options).format(new Date(when));

// `when` is a Date, milliseconds or an ISO text. A plain day ("2026-11-28") is no instant: it is the same day everywhere.
const zone = (when) => (/^\d{4}-\d\d-\d\d$/.test(when) ? { timeZone: "UTC" } : {});

// 28 Nov 2026
export const day = (when) => format(when, { day: "numeric", month: "short", year: "numeric", ...zone(when) });
// 9–11 Nov 2026; one day is written once
export const days = (from, to) => new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", year: "numeric", ...zone(from) }).formatRange(new Date(from), new Date(to));
// Sab, 28 Nov 2026
export const weekday = (when) => format(when, { weekday: "long", day: "numeric", month: "short", year: "numeric", ...zone(when) });
// 10.15
export const clock = (when) => format(when, { hour: "2-digit", minute: "2-digit", hour12: false });
// 28 Nov 10.15
export const moment = (when) => `${format(when, { day: "numeric", month: "short" })} ${clock(when)}`;
