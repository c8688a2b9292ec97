// A keypad of the app's own: some keyboards of phones lack the decimal comma, and two marks for it make 1.040 ambiguous.
//
// Keys of 76 x 56 px, one separator by language, no key for groups, Lanjut as its tall key. What a key makes of the text, and what the text
// means, is forms/entered.js. What it is not: the question around it (screens/acts).
import { h, icon } from "./ui.js";
import { language, t } from "./i18n.js";

const SEPARATOR = { id: ",", en: ".", zh: "." };

export const separator = (lang = language()) => SEPARATOR[lang] ?? ",";

/**
 * @param on.key(key) each key but Lanjut; @param on.next() Lanjut
 * @param less shows `<` (below the limit of quantification); minus shows the sign
 */
export function keypad({ key, next, less = false, minus = false, whole = false, nextLabel = t("acts-next") }) {
  const mark = separator();
  const press = (name) => () => key(name);
  // where a key lies: rows of three digits, and the column of the thumb (acts.css)
  const place = (row, column) => `r${row} ${column}`;
  const button = (name, label, at, { say, shape, cls = "" } = {}) =>
    h("button", { type: "button", class: `key ${at} ${cls}`, "data-key": name, "aria-label": say ?? null, onclick: press(name) }, shape ? icon(shape) : label);
  const digit = (n, row, column) => button(String(n), String(n), place(row, `d${column}`));
  const side = place(2, "thumb-side");
  const minusKey = (at) => button("minus", "−", at, { say: t("acts-key-minus") });
  return h("div", { class: "keypad", role: "group", "aria-label": t("acts-keypad") },
    digit(7, 1, 1), digit(8, 1, 2), digit(9, 1, 3), button("back", "", place(1, "thumb-side"), { say: t("acts-key-back"), shape: "back", cls: "quiet" }),
    digit(4, 2, 1), digit(5, 2, 2), digit(6, 2, 3), less ? button("less", "<", side, { say: t("acts-key-less") }) : minus ? minusKey(side) : null,
    digit(1, 3, 1), digit(2, 3, 2), digit(3, 3, 3), h("button", { type: "button", class: "key go thumb-side", "data-key": "next", onclick: (event) => event.detail < 2 && next() }, nextLabel),
    whole ? null : button(mark, mark, place(4, "d1"), { say: t("acts-key-mark") }), digit(0, 4, 2), less && minus ? minusKey(place(4, "d3")) : null);
}
