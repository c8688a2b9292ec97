// Compressed GS1 Digital Link URIs (GS1 Digital Link 1.1, section "Compression"): the whole path, or what follows the key, as bits in
// base64url. Equal to src/gs1/compressed.rs. What it is not: a compressor. Nothing is taken from bits that do not hold identifiers with
// right values to their end, so that a word in an address is no link by accident.
import { escaped } from "./bytes.js";
import { find, lengthLike } from "./dictionary.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const MOST = 1024;

// identifiers that often stand together, by the two hex digits for them
const TOGETHER = {
  0x0a: ["01", "22"], 0x0b: ["01", "10"], 0x0c: ["01", "21"], 0x0d: ["01", "17"], 0x0e: ["01", "7003"], 0x0f: ["01", "30"],
  0x1a: ["01", "10", "21", "17"], 0x1b: ["01", "15"], 0x1c: ["01", "11"], 0x1d: ["01", "16"], 0x1e: ["01", "91"], 0x1f: ["01", "10", "15"],
  0x9a: ["8010", "8011"], 0x9b: ["8017", "8019"], 0x9c: ["8018", "8019"], 0x9d: ["414", "254"],
};
// first code, number of codes, key, and the identifier of the first code
const RANGES = [[0x2a, 6, "01", 3100], [0x3a, 6, "01", 3200], [0xa0, 10, "01", 3920], [0xc0, 10, "255", 3900], [0xca, 4, "255", 3940]];

class Broken extends Error {}

const demand = (holds) => {
  if (!holds) throw new Broken();
};

function together(code) {
  if (TOGETHER[code]) return TOGETHER[code];
  const range = RANGES.find(([first, count]) => code >= first && code < first + count);
  demand(range);
  return [range[2], String(range[3] + code - range[0])];
}

/** Whether a path component can be a compressed link: base64url of both cases, longer than any word. */
export const mayBe = (last) => /^[A-Za-z0-9\-_]{10,}$/.test(last) && /[a-z]/.test(last) && /[A-Z]/.test(last);

class Bits {
  constructor(text) {
    demand(text.length <= MOST);
    this.letters = Array.from(text, (letter) => ALPHABET.indexOf(letter));
    demand(!this.letters.includes(-1));
    this.at = 0;
  }

  get left() {
    return this.letters.length * 6 - this.at;
  }

  bit() {
    demand(this.left > 0);
    const bit = (this.letters[Math.floor(this.at / 6)] >> (5 - (this.at % 6))) & 1;
    this.at++;
    return bit;
  }

  /** A number of a few bits. */
  number(bits) {
    let number = 0;
    for (let i = 0; i < bits; i++) number = number * 2 + this.bit();
    return number;
  }

  /** So many digits, with the zeros before them: a number of 90 digits fits no integer. */
  digits(length) {
    const bits = Math.ceil((length * 3_321_928_095 + 10_000_000) / 1_000_000_000);
    let number = 0n;
    for (let i = 0; i < bits; i++) number = number * 2n + BigInt(this.bit());
    const text = number.toString().padStart(length, "0");
    // larger than so many digits hold
    if (length === 0) demand(number === 0n);
    else demand(text.length === length);
    return length === 0 ? "" : text;
  }

  each(length, one) {
    let out = "";
    for (let i = 0; i < length; i++) out += one();
    return out;
  }

  letters6(length) {
    return this.each(length, () => ALPHABET[this.number(6)]);
  }

  /** So many characters in one of the five encodings. */
  text(encoding, length) {
    const hex = () => this.each(length, () => this.number(4).toString(16));
    if (encoding === 0) return this.digits(length);
    if (encoding === 1) return hex();
    if (encoding === 2) return hex().toUpperCase();
    if (encoding === 3) return this.letters6(length);
    demand(encoding === 4);
    return this.each(length, () => String.fromCharCode(this.number(7)));
  }
}

// How the value of an identifier is packed: components of one kind are one piece.
function pieces({ components }) {
  const out = [];
  for (const { set, least, most, optional } of components) {
    const piece = { digits: set === "N", fixed: least === most && !optional, most };
    const last = out.at(-1);
    // digits of a fixed number stay apart from those that follow in any number
    if (last && last.digits === piece.digits && (!piece.digits || last.fixed === piece.fixed)) {
      last.most += piece.most;
      last.fixed &&= piece.fixed;
    } else {
      out.push(piece);
    }
  }
  return out;
}

const lengthBits = (most) => 32 - Math.clz32(most);

function value(bits, known) {
  let out = "";
  for (const { digits, fixed, most } of pieces(known)) {
    const encoding = digits ? 0 : bits.number(3);
    const length = fixed ? most : bits.number(lengthBits(most));
    demand(length <= most);
    out += bits.text(encoding, length);
  }
  return out;
}

function identifier(bits, start) {
  let code = start;
  const length = lengthLike(code);
  demand(length !== undefined);
  while (code.length < length) {
    const digit = bits.number(4);
    demand(digit < 10);
    code += digit;
  }
  return code;
}

function unpack(text, sorted) {
  const bits = new Bits(text);
  const elements = [];
  const others = [];
  // what is left fills the last letter
  while (bits.left > 5) {
    const [high, low] = [bits.number(4), bits.number(4)];
    if (high === 15) {
      // the name's length has seven bits: four were read
      const name = bits.letters6((low << 3) | bits.number(3));
      const [encoding, length] = [bits.number(3), bits.number(7)];
      others.push([name, bits.text(encoding, length)]);
      continue;
    }
    const codes = high < 10 && low < 10 ? [identifier(bits, `${high}${low}`)] : [...together(high * 16 + low)];
    if (sorted) codes.sort();
    for (const code of codes) {
      const known = find(code);
      demand(known);
      const found = value(bits, known);
      demand(known.accepts(found));
      elements.push([code, found]);
    }
  }
  demand(bits.number(bits.left) === 0 && elements.length > 0);
  return { elements, others };
}

/**
 * The path and query that a compressed link stands for; undefined when it is no such link.
 * @param uriOf(elements) the path and query of a link, of link.js; throws when they make none
 */
export function expand(parts, query, uriOf) {
  const last = parts.at(-1);
  const [code, own] = parts.slice(0, -1).slice(-2);
  // the key may stand before it, as it is
  const known = own === undefined ? undefined : find(code);
  const key = known && known.orders.length > 0 && known.accepts(own) ? [[code, own]] : [];
  // the toolkit sorts the identifiers that stand together, the standard does not: only one of the two gives right values
  for (const sorted of [true, false]) {
    try {
      const { elements, others } = unpack(last, sorted);
      const [path, packed = ""] = uriOf([...key, ...elements]).split(/\?(.*)/s);
      const more = others.map(([name, text]) => `${name}=${escaped(text)}`).join("&");
      return [path.replace(/^\/+/, ""), [packed, more, query].filter((part) => part !== "").join("&")];
    } catch (error) {
      if (!(error instanceof Broken) && !error.fault) throw error;
    }
  }
  return undefined;
}
