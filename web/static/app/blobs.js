// Photos and documents: kept with their hash until a record that names them is on the ledger and the node has them. Uploading is sync.js;
// taking EXIF out is the camera's business, before they come here.

import { base32, demand } from "../bytes.js";
import { blake3 } from "../blake3.js";
import { changed, env } from "./env.js";
import { all, change, put } from "./store.js";

const starts = (bytes, ...first) => first.every((byte, i) => byte === null || bytes[i] === byte);

/** Media type by the first bytes, not by a name. */
export function mediaType(bytes) {
  if (starts(bytes, 0x25, 0x50, 0x44, 0x46, 0x2d)) return "application/pdf";
  if (starts(bytes, 0x89, 0x50, 0x4e, 0x47)) return "image/png";
  if (starts(bytes, 0xff, 0xd8, 0xff)) return "image/jpeg";
  if (starts(bytes, 0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50)) return "image/webp";
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).includes("\0") ? "application/octet-stream" : "text/plain";
  } catch {
    return "application/octet-stream";
  }
}

/** Keeps bytes: the element for `evidence` of an event. `type` is their media type, where the first bytes don't say it. */
export async function addBlob(bytes, { title, documentType = "photo", access = "public", type: named } = {}) {
  demand(bytes.length > 0, "an empty file");
  const [hash, type] = [base32(blake3(bytes)), named ?? mediaType(bytes)];
  await put("blobs", { hash, bytes, mediaType: type, state: "kept", size: bytes.length, title, at: env.now() });
  changed();
  return { blake3: hash, mediaType: type, bytes: bytes.length, documentType, title: title || documentType, access };
}

// A photo is kept before the form that it was taken for: after this time none is open any more.
const UNUSED = 24 * 3600_000;

/** Removes what no record and no draft names, of forms that were left: bytes freed. */
export async function dropUnused() {
  const freed = await change(["blobs", "drafts", "records"], async (tx) => {
    const [records, drafts] = [await tx.all("records"), JSON.stringify(await tx.all("drafts"))];
    const named = new Set(records.flatMap((row) => row.evidence ?? []));
    const unused = (await tx.all("blobs")).filter(({ hash, at = 0 }) => env.now() - at > UNUSED && !named.has(hash) && !drafts.includes(hash));
    for (const { hash } of unused) await tx.remove("blobs", hash);
    return unused.reduce((sum, { size, bytes }) => sum + (bytes ? size : 0), 0);
  });
  if (freed > 0) changed();
  return freed;
}

/** Frees what the node has: bytes freed. */
export async function dropSentBlobs() {
  const sent = (await all("blobs")).filter((blob) => blob.state === "sent" && blob.bytes);
  await change(["blobs"], async (tx) => {
    for (const blob of sent) await tx.put("blobs", { ...blob, bytes: null });
  });
  changed();
  return sent.reduce((sum, blob) => sum + blob.size, 0);
}
