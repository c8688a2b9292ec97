// Nothing of a photo but the picture is left: real files with EXIF, GPS, XMP, IPTC, remarks, previews and what follows the end, made with
// Pillow and piexif (fixtures/photos). Each of their secrets has the word SECRET in it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { inflateSync } from "node:zlib";

import { clean, cleaned, kindOf, prepared, Unclean } from "../../web/static/app/photo.js";
import { base32 } from "../../web/static/bytes.js";
import { blake3 } from "../../web/static/blake3.js";
import { dice } from "./vectors.mjs";

const photo = (name) => new Uint8Array(readFileSync(new URL(`fixtures/photos/${name}`, import.meta.url)));
const ascii = (bytes) => Buffer.from(bytes).toString("latin1");
const NAMES = ["baseline.jpg", "progressive.jpg", "text.png", "exif.webp"];
const file = (bytes, type) => new Blob([bytes], { type });

// The parts of a picture that a decoder reads: scans with their tables, or image data.
function picture(bytes) {
  const kind = kindOf(bytes);
  const data = Buffer.from(bytes);
  if (kind === "png") {
    const parts = [];
    for (let at = 8; at < data.length; at += 12 + data.readUInt32BE(at)) if (data.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(data.subarray(at + 8, at + 8 + data.readUInt32BE(at)));
    return inflateSync(Buffer.concat(parts));
  }
  if (kind === "webp") {
    const at = data.indexOf("VP8L");
    return data.subarray(at + 8, at + 8 + data.readUInt32LE(at + 4));
  }
  // from the first table on: in these files the tables and scans follow one another
  return data.subarray(data.indexOf(Buffer.from([0xff, 0xdb])));
}

test("no secret of a photo is left, and the picture is the same", () => {
  for (const name of NAMES) {
    const bytes = photo(name);
    const { bytes: out, removed } = clean(bytes);
    assert.match(ascii(bytes), /SECRET/, name);
    assert.doesNotMatch(ascii(out), /SECRET|FAKEPHONE|GPS|adobe|ftyp|MPF|2026/, name);
    assert.ok(removed.length >= 2 && out.length < bytes.length, `${name}: ${removed}`);
    assert.equal(kindOf(out), kindOf(bytes));
    // cleaning again finds nothing
    const again = clean(out);
    assert.deepEqual(Buffer.from(again.bytes), Buffer.from(out), name);
  }
  assert.deepEqual(clean(photo("baseline.jpg")).removed.sort(), ["APP1", "APP1", "APP13", "APP2", "COM", "after the end"]);
  for (const name of ["text.png", "exif.webp"]) assert.deepEqual(Buffer.from(picture(clean(photo(name)).bytes)), Buffer.from(picture(photo(name))), name);
  for (const name of ["baseline.jpg", "progressive.jpg"]) assert.ok(Buffer.from(photo(name)).includes(picture(clean(photo(name)).bytes)), name);
});

test("how a picture is held is kept, and nothing else of EXIF", () => {
  for (const name of ["baseline.jpg", "progressive.jpg"]) {
    const { bytes, orientation } = clean(photo(name));
    assert.equal(orientation, 6, name);
    const at = ascii(bytes).indexOf("Exif\0\0");
    const tiff = Buffer.from(bytes).subarray(at + 6);
    // one entry: 0x0112, SHORT, one, 6; and no second directory, which holds the preview
    assert.deepEqual([tiff.readUInt16BE(8), tiff.readUInt16BE(10), tiff.readUInt16BE(18), tiff.readUInt32BE(22)], [1, 0x0112, 6, 0]);
    assert.equal(ascii(bytes).split("Exif").length, 2, name);
    assert.equal(clean(bytes).orientation, 6);
  }
  for (const name of ["text.png", "exif.webp"]) assert.deepEqual([clean(photo(name)).orientation, clean(clean(photo(name)).bytes).orientation], [6, 6], name);
  // the colours stay as they are
  assert.match(ascii(clean(photo("baseline.jpg")).bytes), /ICC_PROFILE/);
});

test("a file that is cut off is refused at every length, and never half cleaned", () => {
  for (const name of NAMES) {
    const bytes = photo(name);
    const whole = name.endsWith(".jpg") ? Buffer.from(bytes).indexOf("ftyp") - 4 : name === "text.png" ? Buffer.from(bytes).indexOf("SECRET-AFTER") : bytes.length;
    for (let length = 12; length < whole; length++) {
      if (kindOf(bytes.subarray(0, length)) === undefined) continue;
      let out;
      try {
        out = clean(bytes.subarray(0, length));
      } catch (error) {
        assert.ok(error instanceof Unclean && error.code === "broken", `${name} ${length}: ${error.stack}`);
        continue;
      }
      // WebP says its own length, and ends where it says; a shorter one has whole chunks
      assert.ok(name === "exif.webp", `${name} cut at ${length} was taken`);
      assert.doesNotMatch(ascii(out.bytes), /SECRET/);
    }
  }
});

test("damaged bytes give a clean file or a refusal, nothing else", () => {
  const roll = dice(7);
  for (const name of NAMES) {
    const bytes = photo(name);
    for (let i = 0; i < 3000; i++) {
      const bad = Uint8Array.from(bytes);
      for (let flips = 1 + roll(4); flips > 0; flips--) bad[roll(bad.length)] = roll(256);
      try {
        clean(bad);
      } catch (error) {
        assert.ok(error instanceof Unclean, error.stack);
      }
    }
  }
});

test("documents stay as they are, and the hash is of what is sent", async () => {
  const pdf = new TextEncoder().encode("%PDF-1.7 certificate");
  assert.deepEqual(await cleaned(file(pdf, "application/pdf")), pdf);
  const { bytes, blake3: hash } = await prepared(file(photo("baseline.jpg"), "image/jpeg"));
  assert.equal(hash, base32(blake3(bytes)));
  assert.doesNotMatch(ascii(bytes), /SECRET/);
  // an image of another kind is drawn anew, which this machine can't: never sent as it is
  for (const [start, type] of [["GIF89a", ""], ["\0\0\0\x18ftypheic", ""], ["whatever", "image/heic"], ["<?xml version='1.0'?>\n<svg xmlns='x'>", ""], ["II*\0", ""]]) {
    await assert.rejects(cleaned(file(Uint8Array.from(start, (c) => c.charCodeAt(0)), type)), { code: "format" }, start);
  }
});
