// The products of the ledger by number.

import { bigButton, field, h, notice, replaceIn, row, rows } from "../../app/ui.js";
import { name, t } from "../../app/i18n.js";
import { path } from "../../app/router.js";
import { namesOfParties, whole } from "../lists.js";

const SHOWN = 100;

/** A list of numbered things that is searched while one types. */
export async function numbered({ title, list, says, line, add, to }) {
  const [found, nameOf] = await Promise.all([whole(list).catch(() => null), namesOfParties()]);
  if (!found) return { title, body: notice("wait", t("no-signal-check")), back: "/home" };
  const place = h("div", { "aria-live": "polite" });
  const text = field(t("desk-find-number"), { type: "search", maxlength: 120, oninput: draw });
  function draw() {
    const wanted = text.input.value.trim().toLowerCase();
    const hits = found.items.filter((one) => !wanted || says(one, nameOf).some((part) => part?.toLowerCase().includes(wanted)));
    replaceIn(place, h("p", { class: "help" }, t("desk-count", { count: hits.length })), rows(hits.slice(0, SHOWN).map((one) => line(one, nameOf))), hits.length > SHOWN && h("p", { class: "help" }, t("desk-more-hits", { count: hits.length - SHOWN })));
  }
  draw();
  return { title, body: [text.element, place, found.more && notice("note", t("desk-list-cut"))], action: bigButton(add, { to, icon: "plus" }), back: "/home" };
}

export default function products() {
  return numbered({
    title: t("desk-products"), list: "/products", add: t("desk-new-product"), to: "/product/new",
    says: (one, nameOf) => [...Object.values(one.name), one.gtin, one.commodity, ...one.makers.map(nameOf)],
    line: (one, nameOf) => row({ icon: "box", title: name(one.name) || one.gtin, note: `${one.gtin} · ${one.makers.map(nameOf).join(", ")}`, to: path`/product/${one.gtin}` }),
  });
}
