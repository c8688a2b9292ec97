// A number in words, as it is digitByDigit: seribu empat puluh koma lima; one thousand forty point five; 一千零四十点五. Digits behind the decimal
// sign are digitByDigit one by one. What it is not: the reading of numbers (numbers.js), nor the words of units.

const ID = ["nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"];
const ID_SCALES = ["", "ribu", "juta", "miliar", "triliun", "kuadriliun", "kuintiliun", "sekstiliun", "septiliun"];
const EN = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"];
const EN_TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const EN_SCALES = ["", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion", "septillion"];
const ZH = [..."零一二三四五六七八九"];

/** Groups of three digits, the highest first: [number, exponent of a thousand]. */
function threes(digits) {
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/.../g);
  return groups.map((group, at) => [Number(group), groups.length - 1 - at]).filter(([number]) => number > 0);
}

function hundredsId(n) {
  const out = [];
  if (n >= 200) out.push(ID[Math.floor(n / 100)], "ratus");
  else if (n >= 100) out.push("seratus");
  const rest = n % 100;
  if (rest === 10) out.push("sepuluh");
  else if (rest === 11) out.push("sebelas");
  else if (rest > 11 && rest < 20) out.push(ID[rest - 10], "belas");
  else {
    if (rest >= 20) out.push(ID[Math.floor(rest / 10)], "puluh");
    if (rest % 10 > 0) out.push(ID[rest % 10]);
  }
  return out.join(" ");
}

const wholeId = (digits) => threes(digits).map(([n, scale]) => (scale === 1 && n === 1 ? "seribu" : `${hundredsId(n)} ${ID_SCALES[scale]}`.trim())).join(" ");

function hundredsEn(n) {
  const out = n >= 100 ? [EN[Math.floor(n / 100)], "hundred"] : [];
  const rest = n % 100;
  if (rest >= 20) out.push(EN_TENS[Math.floor(rest / 10)] + (rest % 10 > 0 ? `-${EN[rest % 10]}` : ""));
  else if (rest > 0) out.push(EN[rest]);
  return out.join(" ");
}

const wholeEn = (digits) => threes(digits).map(([n, scale]) => `${hundredsEn(n)} ${EN_SCALES[scale]}`.trim()).join(" ");

// GB/T 15835: one 零 for the zeros between digits, none before 万 and 亿.
function partZh(n) {
  if (n >= 10n ** 8n) return higher(n, 10n ** 8n, "亿");
  if (n >= 10n ** 4n) return higher(n, 10n ** 4n, "万");
  let out = "";
  let gap = false;
  for (const [value, unit] of [[1000n, "千"], [100n, "百"], [10n, "十"], [1n, ""]]) {
    const digit = (n / value) % 10n;
    if (digit === 0n) gap = out !== "";
    else {
      out += (gap ? "零" : "") + ZH[digit] + unit;
      gap = false;
    }
  }
  return out;
}

function higher(n, unit, name) {
  const rest = n % unit;
  return partZh(n / unit) + name + (rest === 0n ? "" : (rest < unit / 10n ? "零" : "") + partZh(rest));
}

const wholeZh = (digits) => partZh(BigInt(digits)).replace(/^一十/, "十").replace(/^二(?=[千万亿])/, "两");

const LANGUAGES = {
  id: { digits: ID, whole: wholeId, zero: "nol", mark: "koma", minus: "minus", between: " ", most: 27 },
  en: { digits: EN, whole: wholeEn, zero: "zero", mark: "point", minus: "minus", between: " ", most: 27 },
  zh: { digits: ZH, whole: wholeZh, zero: "零", mark: "点", minus: "负", between: "", most: 32 },
};

/**
 * An exact decimal in words.
 * @param value as numbers.js reads it: digits, a point, a minus
 * @param locale id, en, zh or a tag that begins so; English for any other
 * @param counted whether a unit or a classifier follows: two of something is 两 in Chinese, not 二
 */
export function spell(value, locale, { counted = false } = {}) {
  const found = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(value);
  if (!found) throw new RangeError(`${value} is no decimal`);
  const [, minus, before, part = ""] = found;
  const { digits, whole, zero, mark, minus: below, between, most } = LANGUAGES[String(locale).toLowerCase().split(/[-_]/)[0]] ?? LANGUAGES.en;
  const digitByDigit = (text) => [...text].map((digit) => digits[Number(digit)]).join(between);
  const bare = before.replace(/^0+(?=.)/, "");
  let words = bare === "0" ? zero : bare.length > most ? digitByDigit(bare) : whole(bare);
  if (counted && words === "二" && part === "") words = "两";
  return [minus && below, words, part && mark, part && digitByDigit(part)].filter(Boolean).join(between);
}
