// Reads codes: from the camera, and from a photo. With the browser's BarcodeDetector where there is one that knows QR codes, else with the
// `qr` package on frames (vendor/qr), which reads QR codes only. What it is not: the screen (screens/scan.js), nor what a text means (scan.js).

const FORMATS = ["qr_code", "data_matrix", "code_128", "ean_13", "ean_8", "upc_a", "upc_e", "itf"];
const WANTED = { audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } } };
// a frame at most every so many ms, and at most every so many times what the last one took
const PAUSE = 100;
const SHARE = 1.5;
// the same code is not reported again within so many ms
const AGAIN = 2_500;
const SIDE = 800;
const PHOTO_SIDES = [600, 1000, 1600, 2400];

const REASONS = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", OverconstrainedError: "missing", NotReadableError: "busy", AbortError: "busy", InsecureError: "insecure" };

/** Why there is no picture: denied, missing, busy, insecure (plain http) or other. */
export const reasonOf = (error) => REASONS[error?.name] ?? "other";

function refused(error) {
  error.reason = reasonOf(error);
  return error;
}

async function detector() {
  const { BarcodeDetector } = globalThis;
  try {
    const known = BarcodeDetector ? await BarcodeDetector.getSupportedFormats() : [];
    if (known.includes("qr_code")) return new BarcodeDetector({ formats: FORMATS.filter((format) => known.includes(format)) });
  } catch {
    // a browser that names it and can't make it
  }
  return undefined;
}

/** The text of the QR code in an image {width, height, data: RGBA}; undefined for none. */
export async function decodeImage(image) {
  const { default: decode } = await import("../vendor/qr/decode.js");
  try {
    return decode(image);
  } catch {
    return undefined;
  }
}

/** The parts of a frame that are looked at in turn: all of it made smaller, and its middle as it is. */
export function crops(width, height, side = SIDE) {
  const scale = Math.min(1, side / Math.max(width, height));
  const all = { x: 0, y: 0, width, height, toWidth: Math.max(1, Math.round(width * scale)), toHeight: Math.max(1, Math.round(height * scale)) };
  const middle = Math.min(width, height, side);
  if (scale === 1) return [all];
  return [all, { x: Math.round((width - middle) / 2), y: Math.round((height - middle) / 2), width: middle, height: middle, toWidth: middle, toHeight: middle }];
}

const canvas = (width, height) => (globalThis.OffscreenCanvas ? new OffscreenCanvas(width, height) : Object.assign(document.createElement("canvas"), { width, height }));

function pixels(source, { x, y, width, height, toWidth, toHeight }) {
  const context = canvas(toWidth, toHeight).getContext("2d", { willReadFrequently: true });
  context.drawImage(source, x, y, width, height, 0, 0, toWidth, toHeight);
  return context.getImageData(0, 0, toWidth, toHeight);
}

async function stream() {
  const { mediaDevices } = navigator;
  // browsers withhold the camera from plain http
  if (!mediaDevices?.getUserMedia) throw Object.assign(new Error("no camera without https"), { name: "InsecureError" });
  try {
    return await mediaDevices.getUserMedia(WANTED);
  } catch (error) {
    if (error?.name !== "OverconstrainedError") throw error;
    return mediaDevices.getUserMedia({ audio: false, video: true });
  }
}

/**
 * Opens the camera, shows it in `video`, and tells the texts that it sees.
 *
 * Throws what the browser throws, with `reason` (reasonOf). While `onText` works nothing else is read.
 * @param on.onText(text) true ends the reading; on.onEnd() the camera was taken away
 * @returns {Promise<{canTorch: boolean, torch(on: boolean): Promise<void>, stop(): void, way: "detector" | "frames"}>}
 */
export async function openCamera(video, { onText, onEnd }) {
  let source;
  try {
    source = await stream();
  } catch (error) {
    throw refused(error);
  }
  const [track] = source.getVideoTracks();
  let running = true;
  let timer;
  const stop = () => {
    running = false;
    clearTimeout(timer);
    for (const one of source.getTracks()) one.stop();
    if (video.srcObject === source) video.srcObject = null;
  };
  try {
    video.setAttribute("playsinline", "");
    video.muted = true;
    video.srcObject = source;
    await video.play();
  } catch (error) {
    stop();
    throw refused(error);
  }
  track.addEventListener("ended", () => {
    if (!running) return;
    stop();
    onEnd?.();
  });

  let found = await detector();
  let turn = 0;
  const reported = new Map();
  async function look() {
    if (found) {
      try {
        return (await found.detect(video)).map(({ rawValue }) => rawValue);
      } catch (error) {
        // a frame that is not there yet is no failure; a detector that can't run is
        if (error?.name !== "InvalidStateError") found = undefined;
        return [];
      }
    }
    const parts = crops(video.videoWidth, video.videoHeight);
    const text = await decodeImage(pixels(video, parts[turn++ % parts.length]));
    return text === undefined ? [] : [text];
  }
  async function report(text) {
    const now = performance.now();
    const before = reported.get(text);
    reported.set(text, now);
    return text !== "" && !(now - before < AGAIN) && (await onText(text));
  }
  async function tick() {
    if (!running) return;
    const began = performance.now();
    try {
      if (!document.hidden && video.readyState >= 2 && video.videoWidth > 0) {
        for (const text of await look()) if (running && (await report(text))) return;
      }
    } catch (error) {
      console.warn("a frame was not read", error?.name);
    }
    if (running) timer = setTimeout(tick, Math.max(PAUSE, (performance.now() - began) * SHARE));
  }
  tick();

  const canTorch = Boolean(track.getCapabilities?.().torch);
  return {
    canTorch,
    way: found ? "detector" : "frames",
    torch: (on) => (canTorch ? track.applyConstraints({ advanced: [{ torch: on }] }) : Promise.resolve()),
    stop,
  };
}

/** The text of the code in a photo; undefined for none. Throws when the file is no image that this browser shows. */
export async function readImage(file) {
  const image = await createImageBitmap(file);
  try {
    const found = await detector();
    const seen = found ? await found.detect(image).catch(() => []) : [];
    if (seen.length > 0) return seen[0].rawValue;
    const { width, height } = image;
    for (const side of PHOTO_SIDES) {
      for (const part of crops(width, height, side)) {
        const text = await decodeImage(pixels(image, part));
        if (text !== undefined) return text;
      }
      if (side >= Math.max(width, height)) break;
    }
    return undefined;
  } finally {
    image.close();
  }
}
