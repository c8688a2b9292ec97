// The outbox as a file that anybody may carry: one plain line, then a signed record a line in base64url. No key is in it. Any phone, or
// `jejak record submit`, hands it in.

import { base32, encode } from "../bytes.js";
import { REGISTRY } from "../cose.js";
import { fromBase64url, toBase64url } from "./base64url.js";
import { CoreError, changed, env } from "./env.js";
import { IN, OPEN, rowKey } from "./queue.js";
import { readRecord } from "./receipt.js";
import { described } from "./record.js";
import { identities, visited } from "./identity.js";
import { all, change } from "./store.js";

const FIRST = "Jejak outbox:";

/** The name of the file. */
export const outboxName = (now = new Date(env.now())) => `jejak-${now.toISOString().slice(0, 10)}.txt`;

/** The file of these signed records. */
export const fileOf = (records) =>
  `${FIRST} ${records.length} signed records. Open in Jejak, or run: jejak record submit FILE\n${records.map((bytes) => `${toBase64url(bytes)}\n`).join("")}`;

/** The records of a file, each checked: { records: [{ bytes, ...claims }], wrong: lines that are none }. Throws CoreError not-a-file. */
export async function readFile(text) {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/).map((line) => line.trim());
  if (!lines[0]?.startsWith(FIRST)) throw new CoreError("not-a-file");
  const [records, wrong] = [[], []];
  for (const line of lines.slice(1).filter(Boolean)) {
    try {
      const bytes = fromBase64url(line);
      records.push({ bytes, ...(await readRecord(bytes)) });
    } catch (error) {
      wrong.push(error.message);
    }
  }
  return { records, wrong };
}

/** The records that are not proven to be in, as a file. */
export async function exportFile() {
  const rows = (await all("records")).filter((row) => row.bytes && (OPEN.includes(row.state) || (IN.includes(row.state) && !row.verifiedAt)));
  rows.sort((a, b) => a.created - b.created || a.seq - b.seq);
  return new Blob([encode(fileOf(rows.map((row) => row.bytes)))], { type: "text/plain" });
}

function imported({ bytes, id, ...of }, kid, order) {
  const [text, { seq, aud, iss, contentType, iat, seen }] = [new TextDecoder().decode(of.payload), of];
  const act = contentType === REGISTRY ? "registry" : actOf(JSON.parse(text));
  return {
    key: rowKey(kid, seq), kid, seq, id, ledger: aud, party: iss, claims: { contentType, kid, iss, aud, iat, seq, seen }, payload: text, bytes, subject: of.sub,
    state: "signed", act, created: env.now() + order, tries: 0, notice: "imported", ...described(text, contentType),
  };
}

const STEPS = { sampling: "sample", inspecting: "inspect", shipping: "ship", receiving: "receive", void_shipping: "void-shipment", holding: "hold", encoding: "label", packing: "pack", unpacking: "unpack" };

// The act of an event, as far as the outbox shows it.
function actOf(json) {
  if (json.errorDeclaration) return "correct";
  if (json.type === "TransactionEvent") return "trade";
  if (json.type === "TransformationEvent") return "process";
  if (json.bizStep === "commissioning") return "harvest";
  if (["destroying", "decommissioning", "stocking"].includes(json.bizStep)) return "adjust";
  return STEPS[json.bizStep] ?? "observe";
}

/**
 * Takes a file into this outbox: { added, known, wrong, elsewhere }. Its records are sent with this phone's own, and a number in it is never
 * used again here. Those of a ledger that this phone does not know, `elsewhere`, would wait forever and are left out.
 */
export async function importFile(text) {
  const { records: found, wrong } = await readFile(text);
  const here = [...(await identities()), ...(await visited())].map(({ ledger }) => ledger);
  const records = found.filter(({ aud }) => here.includes(aud));
  let [added, known] = [0, 0];
  await change(["records", "settings"], async (tx) => {
    for (const [order, record] of records.entries()) {
      const row = imported(record, base32(record.kid), order);
      const there = await tx.get("records", row.key);
      const [same] = await tx.all("records", "id", row.id);
      if (same) {
        known++;
        continue;
      }
      // another record has this number here: both are kept, the ledger says which it has
      if (there) row.key = `${row.key}/${row.id}`;
      await tx.put("records", row);
      const counter = (await tx.get("settings", `counter:${row.kid}`)) ?? 0;
      if (row.seq > counter) await tx.put("settings", row.seq, `counter:${row.kid}`);
      added++;
    }
  });
  if (added > 0) changed();
  return { added, known, wrong: wrong.length, elsewhere: found.length - records.length };
}
