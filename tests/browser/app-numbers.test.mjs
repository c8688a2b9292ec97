// The app reads, shows and converts numbers as the program does (vectors of tests/it/app_vectors_numbers.rs), and says them in words that
// mean the same number.
import assert from "node:assert/strict";
import test from "node:test";

import { inLocale, markOf, read, show } from "../../web/static/app/numbers.js";
import { spell } from "../../web/static/app/spell.js";
import { baseOf, ledgerAmount } from "../../web/static/app/units.js";
import { typed, valueOf } from "../../web/static/app/forms/entered.js";
import { dice, vectors } from "./vectors.mjs";

test("numbers are read as the program reads them, and two meanings are never decided", () => {
  const all = vectors("numbers.json").read;
  const counts = { value: 0, ambiguous: 0, error: 0 };
  for (const { text, point, comma, ...wanted } of all) {
    const found = read(text);
    assert.deepEqual(found, wanted, JSON.stringify(text));
    counts[Object.keys(wanted)[0]]++;
    if (found.ambiguous) assert.deepEqual([inLocale(found, "en"), inLocale(found, "id")], [point, comma], text);
  }
  assert.ok(all.length > 4000 && counts.value > 500 && counts.ambiguous > 200 && counts.error > 500, JSON.stringify(counts));
  // the language does not change what is read
  assert.deepEqual(read("1.040", "id"), { ambiguous: ["1.040", "1040"], mark: "." });
});

test("numbers are shown as the program shows them, in the language's marks", () => {
  const { shown, locales } = vectors("numbers.json");
  for (const { exact, point, comma } of shown) {
    assert.deepEqual([show(exact, "en"), show(exact, "zh-Hans"), show(exact, "id")], [point, point, comma], exact);
  }
  for (const { tag, mark } of locales) assert.equal(markOf(tag) ?? null, mark, tag);
  assert.ok(shown.length > 500);
});

test("amounts in base units are those that the ledger counts, or are refused for the same reason", () => {
  const { base } = vectors("numbers.json");
  const errors = new Set();
  for (const { text, code, ...wanted } of base) {
    const found = ledgerAmount(text, code);
    assert.deepEqual(found, wanted.error ? wanted : { ...wanted, base: baseOf(wanted.base) }, `${text} ${code}`);
    errors.add(wanted.error);
  }
  assert.deepEqual([...errors].filter(Boolean).sort(), ["not-decimal", "too-fine", "too-large", "unit"]);
});

test("numbers are said as people say them", () => {
  for (const [value, id, en, zh] of [
    ["0", "nol", "zero", "零"],
    ["1", "satu", "one", "一"],
    ["10", "sepuluh", "ten", "十"],
    ["11", "sebelas", "eleven", "十一"],
    ["15", "lima belas", "fifteen", "十五"],
    ["20", "dua puluh", "twenty", "二十"],
    ["21", "dua puluh satu", "twenty-one", "二十一"],
    ["100", "seratus", "one hundred", "一百"],
    ["105", "seratus lima", "one hundred five", "一百零五"],
    ["110", "seratus sepuluh", "one hundred ten", "一百一十"],
    ["200", "dua ratus", "two hundred", "二百"],
    ["1000", "seribu", "one thousand", "一千"],
    ["1040", "seribu empat puluh", "one thousand forty", "一千零四十"],
    ["1040.5", "seribu empat puluh koma lima", "one thousand forty point five", "一千零四十点五"],
    ["1.040", "satu koma nol empat nol", "one point zero four zero", "一点零四零"],
    ["2000", "dua ribu", "two thousand", "两千"],
    ["2222", "dua ribu dua ratus dua puluh dua", "two thousand two hundred twenty-two", "两千二百二十二"],
    ["10000", "sepuluh ribu", "ten thousand", "一万"],
    ["20000", "dua puluh ribu", "twenty thousand", "两万"],
    ["100005", "seratus ribu lima", "one hundred thousand five", "十万零五"],
    ["1001000", "satu juta seribu", "one million one thousand", "一百万一千"],
    ["120000000", "seratus dua puluh juta", "one hundred twenty million", "一亿二千万"],
    ["1000000000000", "satu triliun", "one trillion", "一万亿"],
    ["-18.5", "minus delapan belas koma lima", "minus eighteen point five", "负十八点五"],
  ]) {
    assert.deepEqual([spell(value, "id"), spell(value, "en"), spell(value, "zh")], [id, en, zh], value);
  }
  assert.deepEqual([spell("2", "zh", { counted: true }), spell("2", "id", { counted: true }), spell("2.5", "zh", { counted: true })], ["两", "dua", "二点五"]);
  assert.throws(() => spell("1,5", "id"), RangeError);
});

// ---- words back to the number, by another way than they were made

const ONES = {
  id: { nol: 0, satu: 1, dua: 2, tiga: 3, empat: 4, lima: 5, enam: 6, tujuh: 7, delapan: 8, sembilan: 9 },
  en: Object.fromEntries("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(" ").map((word, n) => [word, n])),
  zh: { 零: 0, 一: 1, 二: 2, 两: 2, 三: 3, 四: 4, 五: 5, 六: 6, 七: 7, 八: 8, 九: 9 },
};
const TENS = Object.fromEntries("twenty thirty forty fifty sixty seventy eighty ninety".split(" ").map((word, at) => [word, (at + 2) * 10]));
const SCALES = {
  id: ["ribu", "juta", "miliar", "triliun", "kuadriliun", "kuintiliun", "sekstiliun", "septiliun"],
  en: ["thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion", "septillion"],
};

const PARTS = {
  // sepuluh, sebelas, seratus, seribu are one of each
  id: (words) => words.flatMap((word) => (/^se(puluh|belas|ratus|ribu)$/.test(word) ? ["satu", word.slice(2)] : [word])),
  en: (words) => words.flatMap((word) => word.split("-")),
};

function ofScales(words, lang) {
  let [total, group, digit] = [0n, 0, 0];
  for (const word of PARTS[lang](words)) {
    const scale = SCALES[lang].indexOf(word);
    if (scale >= 0) [total, group, digit] = [total + BigInt(group + digit) * 1000n ** BigInt(scale + 1), 0, 0];
    else if (word === "ratus" || word === "hundred") [group, digit] = [group + digit * 100, 0];
    else if (word === "puluh") [group, digit] = [group + digit * 10, 0];
    else if (word === "belas") [group, digit] = [group + 10 + digit, 0];
    else if (TENS[word]) group += TENS[word];
    else {
      assert.ok(word in ONES[lang], word);
      digit = ONES[lang][word];
    }
  }
  return total + BigInt(group + digit);
}

// splits at the largest unit: what stands before it is multiplied, what stands behind it added
function ofUnits(text) {
  if (text === "") return 0n;
  for (const [unit, value] of [["亿", 10n ** 8n], ["万", 10n ** 4n], ["千", 1000n], ["百", 100n], ["十", 10n]]) {
    const at = text.lastIndexOf(unit);
    if (at >= 0) return (at === 0 ? 1n : ofUnits(text.slice(0, at))) * value + ofUnits(text.slice(at + 1));
  }
  const digits = text.replace(/^零+(?=.)/, "");
  assert.equal(digits.length, 1, text);
  return BigInt(ONES.zh[digits]);
}

function understood(words, lang) {
  const [minus, mark] = { id: ["minus", "koma"], en: ["minus", "point"], zh: ["负", "点"] }[lang];
  const list = lang === "zh" ? [...words] : words.split(" ");
  const sign = list[0] === minus ? "-" : "";
  const rest = sign ? list.slice(1) : list;
  const at = rest.indexOf(mark) < 0 ? rest.length : rest.indexOf(mark);
  const whole = lang === "zh" ? ofUnits(rest.slice(0, at).join("")) : ofScales(rest.slice(0, at), lang);
  const part = rest.slice(at + 1).map((word) => ONES[lang][word]).join("");
  return `${sign}${whole}${part === "" ? "" : `.${part}`}`;
}

test("words mean the number that they were made of, for whatever the keypad can type", () => {
  const roll = dice(5);
  const numbers = Array.from({ length: 2001 }, (_, n) => String(n));
  for (let power = 3; power <= 24; power++) for (const near of [-2n, -1n, 0n, 1n, 10n, 1000n]) numbers.push(String(10n ** BigInt(power) + near));
  for (let i = 0; i < 6000; i++) {
    // typed key by key, with many zeros
    let text = "";
    const mark = i % 2 ? "," : ".";
    for (let keys = 1 + roll(24); keys > 0; keys--) text = typed(text, roll(14) === 0 ? mark : roll(3) === 0 ? "0" : String(roll(10)), mark);
    if (roll(10) === 0) text = typed(text, "minus", mark);
    const now = valueOf(text, mark);
    if (now) numbers.push(now.value);
  }
  for (const value of numbers) for (const lang of ["id", "en", "zh"]) assert.equal(understood(spell(value, lang), lang), value, spell(value, lang));
  assert.ok(numbers.length > 7000, String(numbers.length));
});

test("different numbers are said differently", () => {
  for (const lang of ["id", "en", "zh"]) {
    const said = new Map();
    for (let n = 0; n < 30_000; n++) {
      const words = spell(String(n * 37), lang);
      assert.ok(!said.has(words), `${n * 37} and ${said.get(words)}: ${words}`);
      said.set(words, n * 37);
    }
  }
});
