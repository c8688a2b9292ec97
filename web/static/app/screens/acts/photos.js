// Photos and papers: taken or chosen, freed of EXIF, hashed and kept on the phone at once, uploaded later.
//
// A warning about faces and identity cards stands before the first one; what is published can't be taken back. What it is not: the upload.
import { addBlob } from "../../outbox.js";
import { bigButton, check, choice as radios, h, notice, uid } from "../../ui.js";
import { t } from "../../i18n.js";
import { toTop } from "./styles.js";

const TYPES = ["photo", "certificate-of-analysis", "invoice", "delivery-note", "phytosanitary-certificate", "health-certificate", "letter-of-origin", "other-document"];
const PRIVATE = new Set(["invoice", "delivery-note"]);

/** @returns the element of `evidence` for a file, kept on this phone */
export async function keep(file, { documentType = "photo", title, access } = {}) {
  const { cleaned } = await import("../../photo.js");
  const bytes = await cleaned(file);
  return addBlob(bytes, { title: title || t(`acts-paper-${documentType}`), documentType, access: access ?? (PRIVATE.has(documentType) ? "restricted" : "public") });
}

/** What the file of one paper is kept as: its kind is known, and whether the parties alone open it. */
const known = ({ as: { value, label, key }, isPrivate }) => ({ documentType: value, title: label ?? (key ? t(key) : value), access: isPrivate ? "restricted" : "public" });

export function photos(q, ctx, done, { types = TYPES } = {}) {
  let list = [...(q.value ?? [])];
  let type = "photo";
  const thumbs = h("div", { class: "thumbs" });
  const said = h("div", { role: "status" });
  const draw = () => {
    thumbs.replaceChildren(...list.map((one, i) => h("figure", {}, h("button", { type: "button", class: "chip", "aria-label": t("acts-remove", { what: one.title }), onclick: () => {
      list = list.filter((_, at) => at !== i);
      draw();
    } }, t("acts-paper-size", { size: String(Math.max(1, Math.round(one.bytes / 1000))) }), " ×"), h("figcaption", {}, one.title))));
  };
  const take = async (input) => {
    for (const file of input.files) {
      try {
        list = [...list, await keep(file, q.as ? known(q) : { documentType: type })];
      } catch (error) {
        said.replaceChildren(notice("bad", t(error.code === "storage-full" ? "acts-full" : "acts-photo-unread")));
      }
    }
    input.value = "";
    draw();
    toTop();
  };
  const picker = (label, more) => {
    const id = uid("file");
    const input = h("input", { id, type: "file", class: "only-read", ...more, onchange: () => take(input) });
    return [input, h("label", { class: "button plain", for: id }, label)];
  };
  draw();
  return {
    body: [
      q.isPrivate ? notice("note", t("acts-photo-private"), h("p", {}, t("acts-photo-private-why"))) : notice("warn", t("acts-photo-warning"), h("p", {}, t("acts-photo-warning-why"))),
      thumbs, said,
      !q.as && radios(t("acts-paper-kind"), types.map((value) => ({ value, label: t(`acts-paper-${value}`) })), { value: type, onchange: (value) => (type = value) }).element,
      h("div", { class: "buttons" }, picker(t("acts-take-photo"), { accept: "image/*", capture: "environment" }), picker(t("acts-choose-file"), { accept: "image/*,application/pdf", multiple: true })),
    ],
    action: bigButton(t("acts-next"), { act: () => (list.length < (q.least ?? 0) ? said.replaceChildren(notice("warn", t("acts-paper-needed"))) : done(list)) }),
  };
}

export { check };
