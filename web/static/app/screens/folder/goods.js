// The goods of a shipment: each lot as it was sent, and what of it came.
import { h, row, rows, section } from "../../ui.js";
import { name, t } from "../../i18n.js";
import { amount, headline, HEADLINES, lotPath, lotTitle } from "../../wording.js";
import { compare } from "../../decimal.js";

function line({ gtin, number, product, amount: sent, unit, received, state }) {
  const isShort = received !== null && received !== undefined && compare(String(received), String(sent)) !== 0;
  const note = [amount(sent, unit), isShort && t("folder-received", { amount: amount(received, unit) }), headline(state)];
  return row({ icon: "box", state: HEADLINES[state] ?? "", title: lotTitle({ gtin, number }, name(product) || undefined), note: note.filter(Boolean).join(" · "), to: lotPath({ gtin, number }) });
}

export function goods({ folder }) {
  const containers = folder.containers?.length ?? 0;
  return section(t("folder-goods"), rows((folder.lots ?? []).map(line)), containers > 0 && h("p", { class: "help" }, t("folder-containers", { count: containers })));
}
