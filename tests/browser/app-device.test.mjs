// Camera and photos in real Chromium: a fake camera shows a label turned a little, and the modules read it with the `qr` package, since
// Chromium on Linux has no BarcodeDetector; photos with EXIF still show as they did, and images of other kinds are drawn anew.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import encodeQR from "../../web/static/vendor/qr/index.js";
import { dice } from "./vectors.mjs";

const BROWSER = "/usr/bin/chromium";
const web = fileURLToPath(new URL("../../web/static/", import.meta.url));
const photos = fileURLToPath(new URL("fixtures/photos/", import.meta.url));
const LINK = "https://jejak.example/01/09521321001015/10/BAKAU-2611-02";
const [WIDTH, HEIGHT] = [1280, 720];

/** How dark the label is at a place of the frame: its code in the middle, turned, with a border. */
function shade(rows, x, y, { scale = 9, turn = 0.2 }) {
  const [u, v] = [x - WIDTH / 2, y - HEIGHT / 2];
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
  const row = Math.floor((v * cos - u * sin) / scale + rows.length / 2);
  const column = Math.floor((u * cos + v * sin) / scale + rows.length / 2);
  return rows[row]?.[column] === undefined ? 120 : rows[row][column] ? 45 : 205;
}

/** A film of two frames for the fake camera: YUV4MPEG2. */
function film(text, look) {
  const rows = encodeQR(text, "raw", { border: 4 });
  const roll = dice(8);
  const frame = () => {
    const luma = Buffer.alloc(WIDTH * HEIGHT);
    for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) luma[y * WIDTH + x] = shade(rows, x, y, look) + roll(30) - 15;
    return Buffer.concat([Buffer.from("FRAME\n"), luma, Buffer.alloc((WIDTH * HEIGHT) / 2, 128)]);
  };
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`), frame(), frame()]);
}

async function withPage(flags, permissions, body) {
  const types = { ".js": "text/javascript", ".txt": "text/plain" };
  const server = createServer((request, answer) => {
    const name = path.join(web, new URL(request.url, "http://x").pathname);
    if (request.url === "/") return answer.setHeader("content-type", "text/html").end("<!doctype html><video></video>");
    if (!name.startsWith(web) || !existsSync(name)) return answer.writeHead(404).end();
    answer.setHeader("content-type", types[path.extname(name)] ?? "application/octet-stream").end(readFileSync(name));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox", ...flags] });
  try {
    const context = await browser.newContext({ permissions });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await body(page);
  } finally {
    await browser.close();
    server.close();
  }
}

const options = { skip: existsSync(BROWSER) ? false : `${BROWSER} is not installed`, timeout: 180_000 };

test("a label before the camera is read", options, async (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), "jejak-camera-"));
  try {
    const file = path.join(dir, "label.y4m");
    writeFileSync(file, film(LINK, {}));
    const flags = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${file}`];
    await withPage(flags, ["camera"], async (page) => {
      const seen = await page.evaluate(async () => {
        const { openCamera } = await import("/app/camera.js");
        const { read } = await import("/app/scan.js");
        const began = performance.now();
        let camera;
        const text = await new Promise((resolve, reject) => openCamera(document.querySelector("video"), { onText: (one) => resolve(one) ?? true }).then((one) => (camera = one), reject));
        camera.stop();
        return { text, way: camera.way, ms: Math.round(performance.now() - began), stream: document.querySelector("video").srcObject, path: read(text).readings[0].path, has: "BarcodeDetector" in globalThis };
      });
      assert.deepEqual([seen.text, seen.stream, seen.path], [LINK, null, "/01/09521321001015/10/BAKAU-2611-02"]);
      assert.equal(seen.way, seen.has ? "detector" : "frames");
      t.diagnostic(`read by ${seen.way} ${seen.ms} ms after the camera was asked for`);
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a refused camera says so", options, () =>
  withPage(["--use-fake-device-for-media-stream", "--deny-permission-prompts"], [], async (page) => {
    const why = await page.evaluate(() => import("/app/camera.js").then(({ openCamera }) => openCamera(document.querySelector("video"), { onText() {} })).catch(({ name, reason }) => [name, reason]));
    assert.deepEqual(why, ["NotAllowedError", "denied"]);
  }));

test("a code is read from a photo, also one that is large or held on its side", options, () =>
  withPage([], [], async (page) => {
    for (const look of [{ width: 600, height: 800, scale: 8, turn: 0 }, { width: 4000, height: 3000, scale: 12, turn: Math.PI / 2 }, { width: 1200, height: 1200, scale: 6, turn: 0.4 }]) {
      const rows = encodeQR(LINK, "raw", { border: 4 });
      const text = await page.evaluate(async ({ rows, look }) => {
        const canvas = Object.assign(document.createElement("canvas"), { width: look.width, height: look.height });
        const context = canvas.getContext("2d");
        context.fillStyle = "#888";
        context.fillRect(0, 0, look.width, look.height);
        context.translate(look.width / 2, look.height / 2);
        context.rotate(look.turn);
        rows.forEach((row, y) => row.forEach((dark, x) => {
          context.fillStyle = dark ? "#222" : "#ddd";
          context.fillRect((x - rows.length / 2) * look.scale, (y - rows.length / 2) * look.scale, look.scale + 0.5, look.scale + 0.5);
        }));
        const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.7));
        return (await import("/app/camera.js")).readImage(blob);
      }, { rows, look });
      assert.equal(text, LINK, JSON.stringify(look));
    }
    const none = await page.evaluate(async () => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 300, height: 300 });
      const blob = await new Promise((done) => canvas.toBlob(done));
      return (await import("/app/camera.js")).readImage(blob);
    });
    assert.equal(none, undefined);
    await assert.rejects(page.evaluate(() => import("/app/camera.js").then(({ readImage }) => readImage(new Blob(["no image"])))));
  }));

test("photos show as they did, and other kinds of image are drawn anew", options, () =>
  withPage([], [], async (page) => {
    for (const name of ["baseline.jpg", "progressive.jpg", "text.png", "exif.webp"]) {
      const [before, after, size] = await page.evaluate(async (bytes) => {
        const { cleaned } = await import("/app/photo.js");
        const shown = async (blob) => {
          const image = await createImageBitmap(blob);
          const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
          const context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          return [image.width, image.height, ...context.getImageData(0, 0, image.width, image.height).data].join();
        };
        const given = new Blob([Uint8Array.from(bytes)]);
        const out = await cleaned(given);
        return [await shown(given), await shown(new Blob([out])), out.length];
      }, [...readFileSync(path.join(photos, name))]);
      assert.equal(after, before, name);
      // held on its side: 24 x 16 shows as 16 x 24
      if (!name.endsWith(".webp")) assert.match(after, /^16,24,/, name);
      assert.ok(size > 0);
    }
    const gif = await page.evaluate(async () => {
      const { cleaned, kindOf } = await import("/app/photo.js");
      const bytes = Uint8Array.from(atob("R0lGODlhAQABAIAAAAAAAP///yH+BlNFQ1JFVAAsAAAAAAEAAQAAAgJEAQA7"), (c) => c.charCodeAt(0));
      const out = await cleaned(new Blob([bytes], { type: "image/gif" }));
      return [kindOf(out), String.fromCharCode(...out).includes("SECRET")];
    });
    assert.deepEqual(gif, ["jpeg", false]);
  }));
