// A sum of money: a currency, and an amount with at most two places, which nobody but the two sides of a payment will read.
import { h } from "../../ui.js";
import { language, t } from "../../i18n.js";
import { moneyText } from "../../forms/commit.js";
import { spell } from "../../spell.js";
import { numberEntry } from "./entry.js";

// Of the programme's markets.
const CURRENCIES = ["IDR", "USD", "EUR", "SGD", "CNY", "JPY", "AED"];

export function money(q, ctx, done, { heading } = {}) {
  const place = h("div", { class: "asking" });
  const foot = h("div");
  let currency = q.value?.currency ?? q.currency;
  const chip = (code) =>
    h("button", { type: "button", class: "chip", "aria-pressed": String(code === currency), onclick: () => {
      currency = code;
      draw();
    } }, code);
  const draw = () => {
    const echo = (amount) => (moneyText({ currency, amount }) ? `${spell(amount, language())} ${t(`acts-currency-${currency}`)}` : { text: t("acts-money-wrong"), wrong: true });
    const entry = numberEntry({ label: heading ?? t(q.label), echo, done: ({ value }) => done({ currency, amount: value }), unit: h("span", { class: "nb" }, currency) });
    const units = h("div", { class: "units", role: "group", "aria-label": t("acts-currency") }, CURRENCIES.map(chip));
    place.replaceChildren(units);
    requestAnimationFrame(() => units.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest", inline: "center" }));
    foot.replaceChildren(entry.action);
    foot.focusOn = entry.focus;
  };
  draw();
  return { body: place, action: foot, focus: { focus: (how) => foot.focusOn.focus(how) } };
}
