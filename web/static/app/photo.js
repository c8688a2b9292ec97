// Photos without what a phone writes into them: place, time, device, previews. The picture itself is not touched, so that nothing of it is
// lost: segments of JPEG and chunks of PNG and WebP that hold more than the picture are left out, with all that follows its end (a film, a
// second picture). How it is held stays, as the one thing in an otherwise empty EXIF. Other kinds of image are drawn anew. A document that
// is no image (a certificate as PDF) stays as it is: what is signed is its hash.
//
// What it is not: the hash and the keeping (blobs.js), nor the warning about faces and identity cards.
import { base32, concat, encode, same } from "../bytes.js";
import { blake3 } from "../blake3.js";

export class Unclean extends Error {
  /** @param code broken (cut off, or no such file) or format (an image that this browser can't draw) */
  constructor(code) {
    super(`this image can't be cleaned: ${code}`);
    this.code = code;
  }
}

const demand = (holds) => {
  if (!holds) throw new Unclean("broken");
};
const starts = (bytes, text, at = 0) => same(bytes.subarray(at, at + text.length), Uint8Array.from(text, (c) => c.charCodeAt(0)));
const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const EXIF = "Exif\0\0";

/** How a picture is held, 1 to 8, of the TIFF structure of EXIF; 1 when it does not say. */
function orientationOf(tiff) {
  if (tiff.length < 8) return 1;
  const little = starts(tiff, "II");
  if (!little && !starts(tiff, "MM")) return 1;
  const data = view(tiff);
  const at = data.getUint32(4, little);
  if (at + 2 > tiff.length) return 1;
  const count = data.getUint16(at, little);
  for (let entry = at + 2, i = 0; i < count && entry + 12 <= tiff.length; i++, entry += 12) {
    if (data.getUint16(entry, little) !== 0x0112) continue;
    const value = data.getUint16(entry + 8, little);
    return data.getUint16(entry + 2, little) === 3 && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** A TIFF structure that says nothing but how a picture is held. */
const orientationOnly = (value) => Uint8Array.of(0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0, 0, 0, 0, 0);

// ---- JPEG (ITU-T T.81 annex B)

const isRestart = (marker) => marker >= 0xd0 && marker <= 0xd7;

/** Whether a segment is part of the picture: no APPn but JFIF, colour profile and Adobe's transform, and no remark. */
function isPicture(marker, body) {
  if (marker === 0xe0) return starts(body, "JFIF\0");
  if (marker === 0xe2) return starts(body, "ICC_PROFILE\0");
  if (marker === 0xee) return starts(body, "Adobe");
  return !(marker >= 0xe1 && marker <= 0xef) && marker !== 0xfe;
}

/** JFIF's own preview is left out of it. */
const withoutPreview = (segment) => (segment[1] === 0xe0 && segment.length > 18 ? concat(segment.subarray(0, 2), Uint8Array.of(0, 16), segment.subarray(4, 16), Uint8Array.of(0, 0)) : segment);

function jpeg(bytes) {
  const kept = [];
  const removed = [];
  let [orientation, seen] = [1, false];
  let at = 2;
  for (;;) {
    demand(bytes[at] === 0xff);
    while (bytes[at + 1] === 0xff) at++;
    const marker = bytes[at + 1];
    demand(marker !== undefined && marker !== 0 && !isRestart(marker) && marker !== 0xd8);
    if (marker === 0xd9) {
      demand(seen);
      if (at + 2 < bytes.length) removed.push("after the end");
      break;
    }
    demand(at + 4 <= bytes.length);
    const length = view(bytes).getUint16(at + 2);
    let end = at + 2 + length;
    demand(length >= 2 && end <= bytes.length);
    const body = bytes.subarray(at + 4, end);
    if (marker === 0xda) {
      seen = true;
      // the picture's own bits: up to a marker that is none of theirs
      while (end < bytes.length && !(bytes[end] === 0xff && bytes[end + 1] !== 0 && bytes[end + 1] !== 0xff && !isRestart(bytes[end + 1]))) end++;
      demand(end + 1 < bytes.length);
      kept.push(bytes.subarray(at, end));
    } else if (isPicture(marker, body)) {
      kept.push(withoutPreview(bytes.subarray(at, end)));
    } else {
      if (marker === 0xe1 && starts(body, EXIF)) orientation = orientationOf(body.subarray(6));
      removed.push(marker === 0xfe ? "COM" : `APP${marker - 0xe0}`);
    }
    at = end;
  }
  const held = orientation === 1 ? [] : [exifSegment(orientation)];
  // JFIF stands first
  const first = kept[0]?.[1] === 0xe0 ? 1 : 0;
  return { bytes: concat(Uint8Array.of(0xff, 0xd8), ...kept.slice(0, first), ...held, ...kept.slice(first), Uint8Array.of(0xff, 0xd9)), removed, orientation };
}

function exifSegment(orientation) {
  const body = concat(encode(EXIF), orientationOnly(orientation));
  return concat(Uint8Array.of(0xff, 0xe1, 0, body.length + 2), body);
}

// ---- PNG (W3C, third edition)

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const CHUNKS = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "cICP", "mDCV", "cLLI", "sBIT", "bKGD", "pHYs", "hIST", "acTL", "fcTL", "fdAT"];

/** The check of a chunk (annex D): CRC-32. */
function crc(bytes) {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}

function pngChunk(name, body) {
  const out = new Uint8Array(12 + body.length);
  view(out).setUint32(0, body.length);
  out.set(encode(name), 4);
  out.set(body, 8);
  view(out).setUint32(8 + body.length, crc(out.subarray(4, 8 + body.length)));
  return out;
}

function png(bytes) {
  const kept = [bytes.subarray(0, 8)];
  const removed = [];
  let orientation = 1;
  let at = 8;
  let name = "";
  while (name !== "IEND") {
    demand(at + 12 <= bytes.length);
    const length = view(bytes).getUint32(at);
    const end = at + 12 + length;
    demand(end <= bytes.length);
    name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    demand(/^[A-Za-z]{4}$/.test(name) && (kept.length > 1 || name === "IHDR"));
    if (CHUNKS.includes(name)) kept.push(bytes.subarray(at, end));
    else {
      if (name === "eXIf") orientation = orientationOf(bytes.subarray(at + 8, end - 4));
      removed.push(name);
    }
    at = end;
  }
  if (at < bytes.length) removed.push("after the end");
  // behind the head, before the picture
  if (orientation !== 1) kept.splice(2, 0, pngChunk("eXIf", orientationOnly(orientation)));
  return { bytes: concat(...kept), removed, orientation };
}

// ---- WebP (RFC 9649)

const WEBP = ["VP8X", "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP"];
const HAS_EXIF = 0x08;
const HAS_XMP = 0x04;

const chunk = (name, body) => {
  const head = new Uint8Array(8);
  head.set(encode(name));
  view(head).setUint32(4, body.length, true);
  return concat(head, body, new Uint8Array(body.length % 2));
};

function webp(bytes) {
  const kept = [];
  const removed = [];
  let orientation = 1;
  let at = 12;
  const all = Math.min(bytes.length, view(bytes).getUint32(4, true) + 8);
  while (at < all) {
    demand(at + 8 <= all);
    const length = view(bytes).getUint32(at + 4, true);
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    const body = bytes.subarray(at + 8, at + 8 + length);
    demand(body.length === length && at + 8 + length <= all);
    if (WEBP.includes(name)) kept.push([name, body]);
    else {
      if (name === "EXIF") orientation = orientationOf(starts(body, EXIF) ? body.subarray(6) : body);
      removed.push(name);
    }
    at += 8 + length + (length % 2);
  }
  if (all < bytes.length) removed.push("after the end");
  demand(kept.length > 0);
  const held = orientation !== 1 && kept[0][0] === "VP8X";
  const chunks = kept.map(([name, body]) => {
    if (name !== "VP8X") return chunk(name, body);
    const flags = Uint8Array.from(body);
    flags[0] = (flags[0] & ~(HAS_EXIF | HAS_XMP)) | (held ? HAS_EXIF : 0);
    return chunk(name, flags);
  });
  if (held) chunks.push(chunk("EXIF", orientationOnly(orientation)));
  const content = concat(encode("WEBP"), ...chunks);
  const head = new Uint8Array(8);
  head.set(encode("RIFF"));
  view(head).setUint32(4, content.length, true);
  return { bytes: concat(head, content), removed, orientation };
}

/** jpeg, png or webp by its first bytes; undefined for anything else. */
export function kindOf(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "jpeg";
  if (PNG.every((byte, at) => bytes[at] === byte)) return "png";
  return bytes.length >= 12 && starts(bytes, "RIFF") && starts(bytes, "WEBP", 8) ? "webp" : undefined;
}

/**
 * A JPEG, PNG or WebP without what is not its picture. Throws Unclean for one that is cut off: nobody could say what is in it.
 * @returns {{bytes: Uint8Array, removed: string[], orientation: number} | undefined} undefined for any other kind of file
 */
export function clean(bytes) {
  const way = { jpeg, png, webp }[kindOf(bytes)];
  try {
    return way?.(bytes);
  } catch (error) {
    // read beyond its end
    throw error instanceof RangeError ? new Unclean("broken") : error;
  }
}

// images that are drawn anew, by their first bytes or, of the file, by its type
const OTHER = [["GIF8"], ["BM"], ["II*\0"], ["MM\0*"], ["ftyp", 4]];
const isOtherImage = (bytes, type) => /^image\//.test(type ?? "") || OTHER.some(([text, at = 0]) => starts(bytes, text, at)) || /^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/s.test(new TextDecoder().decode(bytes.subarray(0, 1000)));

async function drawn(file) {
  try {
    const image = await createImageBitmap(file);
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    canvas.getContext("2d").drawImage(image, 0, 0);
    image.close();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    throw new Unclean("format");
  }
}

/** The bytes of a file that may be signed and published: images cleaned, documents as they are. Throws Unclean. */
export async function cleaned(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const done = clean(bytes);
  if (done) return done.bytes;
  return isOtherImage(bytes, file.type) ? clean(await drawn(file)).bytes : bytes;
}

/** With its hash, as evidence names it. */
export async function prepared(file) {
  const bytes = await cleaned(file);
  return { bytes, blake3: base32(blake3(bytes)) };
}
