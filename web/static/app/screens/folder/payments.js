// The payments of a shipment: what both sides agreed to, when it is due, what was paid and received. The sum is shown where this phone has its
// opening, and only if that gives the commitment on the ledger.
import { button, h, icon, section } from "../../ui.js";
import { day, name, t } from "../../i18n.js";
import { shortName } from "../../names.js";
import { signer } from "../shipped.js";
import { path } from "../../router.js";
import { paymentOf, refusable, uriOf } from "../../folder.js";
import { moneyOf } from "../../forms/commit.js";
import { moneyWords } from "../acts/words.js";

const SAYS = { "payment-agreed": "folder-say-agreed", "payment-paid": "folder-say-paid", "payment-received": "folder-say-received" };

// Of these the day is the one by which it is to be paid, which stands above.
const OF_DUE = new Set(["payment-agreed", "payment-due"]);

function sumLine({ side, sum, differs, isSealedTwice }, stages) {
  if (differs && side) return h("p", { class: "state bad" }, icon("alert"), t("folder-differs"));
  if (isSealedTwice && side) return h("p", { class: "state warn" }, icon("alert"), t("folder-sealed-twice"));
  if (sum && side) return h("p", { class: "sum" }, moneyWords(moneyOf(sum)));
  if (!stages.some((one) => one.commitment)) return null;
  return h("p", { class: "help" }, t(side ? "folder-sum-later" : "folder-sum-private"));
}

function card(one, view) {
  const { number, from, to, date, status, agreed, confirmed, stages } = one;
  const state = paymentOf(one, view.own, view.sum, view.pending);
  const called = (other) => name(other?.name) || name(view.names.get(uriOf(other))) || shortName(uriOf(other) ?? "");
  const form = (milestone) => `${path`/payment/of/${view.folder.shipment}`}?document=${encodeURIComponent(one.document)}${milestone ? `&milestone=${milestone}` : ""}`;
  const good = confirmed;
  // one that was never agreed, or with a sum that is wrong
  const [wrong] = refusable(one, view.own, view.pending);
  const word = good ? t("folder-pay-confirmed") : t(`folder-pay-${status}`);
  return h("li", { class: "sheet" },
    h("h3", {}, icon("money"), h("span", {}, t("folder-payment", { number: number ?? "" }))),
    sumLine(state, stages),
    h("p", {}, t("folder-pays", { from: called(from), to: called(to) })),
    h("p", { class: `state ${good ? "good" : "wait"}` }, icon(good ? "pass" : "queued"), [word, date && !good && t("folder-by-day", { day: day(date) })].filter(Boolean).join(", ")),
    h("p", { class: `state ${agreed === "both" ? "good" : ""}` }, icon(agreed === "both" ? "accepted" : "waiting"), t(`folder-agreed-${agreed}`)),
    h("ol", { class: "stages" }, stages.map((stage) => h("li", {}, [t(`acts-milestone-${stage.milestone}`), signer(stage), stage.date && !OF_DUE.has(stage.milestone) && day(stage.date)].filter(Boolean).join(", ")))),
    state.next && button(t(SAYS[state.next]), { to: form(state.next), icon: "signed" }),
    wrong && button(t("folder-reject"), { to: `${path`/reject/of/${wrong.record}`}?shipment=${encodeURIComponent(view.folder.shipment)}`, icon: "close" }),
    state.side && !confirmed && button(t("folder-go-on"), { to: form() }));
}

export function payments(view) {
  const { folder } = view;
  const names = new Map([folder.from, folder.to, folder.shippedBy].filter(Boolean).map((one) => [uriOf(one), one.name]));
  const list = folder.payments ?? [];
  return section(t("folder-payments"), list.length > 0 ? h("ul", { class: "sheets" }, list.map((one) => card(one, { ...view, names }))) : h("p", { class: "help" }, t("folder-no-payments")));
}
