// Commodity profiles and export guides: those in force, and a new version put in force from a file. The file itself becomes an object of the
// log, so that everybody judges by the same bytes.

import { answered, bigButton, dialog, h, notice, replaceIn, row, rows, section, toast, UserError } from "../../app/ui.js";
import { day as shownDay, name, t } from "../../app/i18n.js";
import { refresh } from "../../app/router.js";
import { base32 } from "../../bytes.js";
import { blake3 } from "../../blake3.js";
import * as session from "../../app/session.js";
import * as statements from "../../app/statements.js";
import { openKey } from "../../app/key.js";
import { askSigned } from "../../app/node.js";
import { getJson } from "../../app/network.js";
import { scopeName } from "../../app/wording.js";
import { day } from "../fields.js";
import { whole } from "../lists.js";
import { state, whyNot } from "../sign.js";

const MOST = 8 * 1024 * 1024;

// What the file is, and what it says: { kind: "profile" | "guide", id, version, bytes, hash, counts }.
async function readFile(file) {
  if (file.size > MOST) throw new UserError(t("desk-file-too-large"));
  const bytes = new Uint8Array(await file.arrayBuffer());
  let json;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new UserError(t("desk-file-no-json"));
  }
  const { id, version } = json ?? {};
  const kind = Array.isArray(json?.forms) && Array.isArray(json?.parameters) ? "profile" : Array.isArray(json?.gates) ? "guide" : null;
  if (!kind || typeof id !== "string" || typeof version !== "string") throw new UserError(t("desk-file-neither"));
  const of = kind === "profile" ? ["forms", "parameters", "requirements"] : ["gates", "standing", "documents"];
  const counts = of.map((part) => t(`desk-count-${part}`, { count: json[part]?.length ?? 0 }));
  return { kind, id, version, bytes, hash: base32(blake3(bytes)), counts };
}

// The node takes the bytes first: it admits no statement without them.
async function upload({ bytes, hash }) {
  const me = session.me();
  const { publicUrl } = await getJson("/.well-known/jejak");
  const answer = await askSigned(await openKey(me.key), { base: me.node ?? "", ledger: me.ledger, publicUrl }, `/evidence/${hash}`, { method: "PUT", headers: { "content-type": "application/json" }, body: bytes });
  if (answer.status !== 204) throw new UserError(t("desk-file-not-taken", { why: answer.json?.detail ?? String(answer.status) }));
}

const title = (id) => (id === "common" ? t("desk-common") : [scopeName(id.split("/")[0]), ...id.split("/").slice(1)].join(" · "));

export default async function files() {
  const lack = whyNot() ?? (session.me().roles.includes("authority") ? undefined : t("desk-authority-only"));
  const [profiles, guides] = await Promise.all([whole("/profiles"), getJson("/guides")]);
  const chosen = h("div", { "aria-live": "polite" });
  const from = day(t("desk-from"), { seconds: Math.floor(Date.now() / 1000), help: t("desk-in-force-help") });
  let read = null;
  const input = h("input", { type: "file", id: "profile-file", accept: ".json,application/json" });
  input.addEventListener("change", async () => {
    read = null;
    try {
      read = input.files[0] ? await readFile(input.files[0]) : null;
      replaceIn(chosen, read && [
        answered(t(`desk-is-${read.kind}`), `${title(read.id)} ${read.version}`),
        h("p", { class: "help" }, read.counts.join(" · ")),
        read.kind === "profile" && from.element,
        h("p", { class: "code" }, `BLAKE3 ${read.hash}`),
      ]);
    } catch (error) {
      replaceIn(chosen, notice("bad", error.sentence ?? t("went-wrong")));
    }
  });
  const act = async () => {
    if (!read) throw new UserError(t("desk-choose-file"));
    const { kind, id, version, bytes, hash } = read;
    const begin = from.seconds();
    if (kind === "profile" && begin === undefined) throw new UserError(t("desk-days-wrong"));
    const sure = await dialog(t("desk-put-in-force"), h("p", {}, t("desk-put-in-force-what", { file: `${title(id)} ${version}` })), [
      { label: t("desk-sign"), value: true, kind: "sign" },
      { label: t("keep"), value: false },
    ]);
    if (!sure) return;
    await upload(read);
    const members = { id, version, blake3: hash, bytes: bytes.length };
    await state(kind === "profile" ? statements.profile({ ...members, from: begin }) : statements.guide(members));
    toast(t("desk-done"));
    refresh();
  };
  const line = (one, note) => row({ icon: "doc", title: `${title(one.id)} ${one.version}`, note, to: `${location.origin}/profiles/${one.blake3}` });
  return {
    title: t("desk-files"),
    body: [
      section(t("desk-profiles"), rows(profiles.items.map((one) => line(one, t(one.until ? "desk-from-until" : "desk-from-on", { from: shownDay(one.from * 1000), until: one.until ? shownDay(one.until * 1000) : "" }))))),
      section(t("desk-guides"), guides.length > 0 ? rows(guides.map((one) => line(one, one.name && name(one.name)))) : h("p", {}, t("desk-no-guides"))),
      lack ? notice("note", lack) : section(t("desk-put-in-force"), h("p", {}, t("desk-files-what")), h("div", { class: "field" }, h("label", { for: "profile-file" }, t("desk-choose-file")), input), chosen),
    ],
    action: lack ? null : bigButton(t("desk-put-in-force"), { act, kind: "sign" }),
    back: "/home",
  };
}
