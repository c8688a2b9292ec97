// The papers of a shipment: kind, number, issuer, day and until when it is valid, who signed it, its files; the other side's paper is signed too,
// or rejected.
import { button, h, icon, section } from "../../ui.js";
import { day, has, t } from "../../i18n.js";
import { isolated } from "../../names.js";
import { path } from "../../router.js";
import { rejectable, today } from "../../folder.js";
import { signer } from "../shipped.js";
import { fileButtons } from "./files.js";

/** What a kind of paper is called; one of an export guide, for which the app has no word, by its title or its code. */
export function kindName(kind, files, number) {
  if (kind && has(`acts-document-${kind}`)) return t(`acts-document-${kind}`);
  const title = files?.find((one) => one.title !== number)?.title;
  return title ? isolated(title) : (kind ?? t("acts-title-paper"));
}

function validity({ until }) {
  if (!until) return null;
  return until < today() ? h("span", { class: "state bad" }, icon("alert"), t("folder-ended", { day: day(until) })) : t("folder-valid", { day: day(until) });
}

function card(one, view) {
  const { kind, document, number, issuer, date, files, signed, rejected } = one;
  const wrong = rejectable(one, view.own, view.event, view.pending);
  const facts = [issuer && t("folder-issued", { issuer: isolated(issuer) }), date && day(date)].filter(Boolean).join(", ");
  return h("li", { class: "sheet" },
    h("h3", {}, icon("doc"), h("span", {}, [kindName(kind, files, number), number].filter(Boolean).join(" "))),
    facts && h("p", {}, facts), h("p", {}, validity(one)),
    signed.length > 0 && h("p", { class: "help" }, t("folder-signed", { parties: [...new Set(signed.map(signer))].join(", ") })),
    rejected && h("p", { class: "state bad" }, icon("fail"), t("folder-rejected")),
    fileButtons(files),
    wrong.length > 0 && h("div", { class: "options two" },
      button(t("folder-countersign"), { to: `${path`/paper/of/${view.folder.shipment}`}?document=${encodeURIComponent(document)}`, icon: "signed" }),
      button(t("folder-reject"), { to: `${path`/reject/of/${wrong[0].record}`}?shipment=${encodeURIComponent(view.folder.shipment)}`, icon: "close" })));
}

export function papers(view) {
  const list = view.folder.documents ?? [];
  return section(t("folder-papers"), list.length > 0 ? h("ul", { class: "sheets" }, list.map((one) => card(one, view))) : h("p", { class: "help" }, t("folder-no-papers")));
}
