// The decoder of QR codes is the package that the lock file names, unchanged; it reads what is printed on a label.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { crops, decodeImage, openCamera, reasonOf } from "../../web/static/app/camera.js";
import { read } from "../../web/static/app/scan.js";
import encodeQR from "../../web/static/vendor/qr/index.js";
import { dice } from "./vectors.mjs";

const here = (name) => readFileSync(new URL(name, import.meta.url));

test("the decoder is the file of the package that the lock file names, with its licences", () => {
  const { version, integrity, license } = JSON.parse(here("package-lock.json")).packages["node_modules/qr"];
  assert.equal(JSON.parse(here("node_modules/qr/package.json")).version, version);
  assert.ok(integrity.startsWith("sha512-") && license === "(MIT OR Apache-2.0)");
  for (const name of ["decode.js", "index.js", "LICENSE", "LICENSE-MIT"]) assert.deepEqual(here(`../../web/static/vendor/qr/${name}`), here(`node_modules/qr/${name}`), name);
});

/** A code as a camera sees it: turned, on grey, with noise. */
function seen(text, { scale = 5, turn = 0, noise = 0, seed = 1 }) {
  const rows = encodeQR(text, "raw", { border: 4 });
  const side = Math.ceil(rows.length * scale * 1.5);
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  const roll = dice(seed);
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [u, v] = [x - side / 2, y - side / 2];
      const row = Math.floor((v * cos - u * sin) / scale + rows.length / 2);
      const column = Math.floor((u * cos + v * sin) / scale + rows.length / 2);
      const shade = (rows[row]?.[column] ? 40 : 190) + (noise ? roll(noise) - noise / 2 : 0);
      data.fill(shade, (y * side + x) * 4, (y * side + x) * 4 + 3);
    }
  }
  return { width: side, height: side, data };
}

test("labels are read from frames, also turned and with noise", async () => {
  const link = "https://jejak.example/01/09521321001015/10/BAKAU-2611-02";
  const invite = `https://jejak.example/app/#/invite/${"eyJub2RlIjoiaHR0cHM6Ly9qZWphay5leGFtcGxlIn0".repeat(6)}`;
  for (const [text, look] of [[link, {}], [link, { turn: 0.3, noise: 60 }], [link, { turn: 2.5, scale: 3 }], [invite, { turn: 0.1, noise: 40 }], [link, { scale: 8, noise: 80, turn: 1.5 }]]) {
    assert.equal(await decodeImage(seen(text, look)), text, JSON.stringify(look));
  }
  assert.equal(read(await decodeImage(seen(link, { turn: 0.2 }))).readings[0].path, "/01/09521321001015/10/BAKAU-2611-02");
  const empty = { width: 64, height: 64, data: new Uint8ClampedArray(64 * 64 * 4).fill(128) };
  assert.equal(await decodeImage(empty), undefined);
});

test("a frame is looked at whole and in its middle", () => {
  assert.deepEqual(crops(640, 480), [{ x: 0, y: 0, width: 640, height: 480, toWidth: 640, toHeight: 480 }]);
  const [all, middle] = crops(1280, 720);
  assert.deepEqual([all.toWidth, all.toHeight], [800, 450]);
  assert.deepEqual(middle, { x: 280, y: 0, width: 720, height: 720, toWidth: 720, toHeight: 720 });
  for (const [width, height] of [[1, 5000], [4000, 3000], [801, 800]]) {
    for (const { x, y, width: w, height: h, toWidth, toHeight } of crops(width, height)) assert.ok(x >= 0 && y >= 0 && x + w <= width && y + h <= height && toWidth >= 1 && toHeight >= 1);
  }
});

test("errors have a name", () => {
  const names = ["NotAllowedError", "NotFoundError", "OverconstrainedError", "NotReadableError", "InsecureError", "TypeError"];
  assert.deepEqual(names.map((name) => reasonOf({ name })), ["denied", "missing", "missing", "busy", "insecure", "other"]);
});

// ---- a camera of this test's own

function stage({ refuse = [], detect, torch = false }) {
  const asked = [];
  const track = Object.assign(new EventTarget(), {
    stopped: false, applied: [], stop() { this.stopped = true; }, getCapabilities: () => (torch ? { torch: true } : {}),
    applyConstraints: async (wanted) => track.applied.push(wanted),
  });
  const source = { getVideoTracks: () => [track], getTracks: () => [track] };
  const getUserMedia = async (wanted) => {
    asked.push(wanted);
    const name = refuse.shift();
    if (name) throw new DOMException("no", name);
    return source;
  };
  const video = { setAttribute() {}, play: async () => {}, readyState: 4, videoWidth: 640, videoHeight: 480, srcObject: null };
  const put = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  put("navigator", { mediaDevices: { getUserMedia } });
  put("document", { hidden: false });
  put("BarcodeDetector", detect && Object.assign(class { detect() { return detect(); } }, { getSupportedFormats: async () => ["qr_code", "ean_13"] }));
  return { asked, track, video };
}

const until = async (holds) => {
  for (let i = 0; i < 200 && !holds(); i++) await new Promise((done) => setTimeout(done, 10));
  assert.ok(holds());
};

test("a text is told once, and the camera ends when it is taken", async () => {
  const { track, video } = stage({ detect: async () => [{ rawValue: "A" }, { rawValue: "B" }], torch: true });
  const told = [];
  const camera = await openCamera(video, { onText: (text) => told.push(text) === 99 });
  assert.deepEqual([camera.way, camera.canTorch], ["detector", true]);
  await camera.torch(true);
  assert.deepEqual(track.applied, [{ advanced: [{ torch: true }] }]);
  await new Promise((done) => setTimeout(done, 450));
  assert.deepEqual(told, ["A", "B"]);
  camera.stop();
  assert.ok(track.stopped && video.srcObject === null);
});

test("what takes the text ends the reading", async () => {
  let looked = 0;
  const { video } = stage({ detect: async () => [{ rawValue: `code ${looked++}` }] });
  const camera = await openCamera(video, { onText: () => true });
  await until(() => looked === 1);
  await new Promise((done) => setTimeout(done, 300));
  assert.equal(looked, 1);
  camera.stop();
});

test("a camera that is refused, missing, or without https says so", async () => {
  for (const [name, reason] of [["NotAllowedError", "denied"], ["NotFoundError", "missing"], ["NotReadableError", "busy"]]) {
    const { video } = stage({ refuse: [name] });
    await assert.rejects(openCamera(video, { onText() {} }), (error) => error.name === name && error.reason === reason);
  }
  const { video, asked } = stage({ refuse: ["OverconstrainedError"], detect: async () => [] });
  (await openCamera(video, { onText() {} })).stop();
  assert.deepEqual(asked[1], { audio: false, video: true });
  Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  await assert.rejects(openCamera(video, { onText() {} }), { reason: "insecure" });
});

test("a camera that is taken away is told, and one that ends on purpose is not", async () => {
  const { video, track } = stage({ detect: async () => [] });
  let ended = 0;
  await openCamera(video, { onText() {}, onEnd: () => ended++ });
  track.dispatchEvent(new Event("ended"));
  track.dispatchEvent(new Event("ended"));
  assert.deepEqual([ended, track.stopped], [1, true]);
});
