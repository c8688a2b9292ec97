// Fields that several forms of the desk share: names in three languages, regions, days, parties.

import { field, h, row, rows, replaceIn, UserError } from "../app/ui.js";
import { bareName, languages, name, t } from "../app/i18n.js";
import { plain, shortName } from "../app/names.js";
import { roleNames } from "../app/screens/enrol.js";

/** Names in the languages of the product: { element, value() }; English may be left out where another is given. */
export function names(label, given = {}, { required = true } = {}) {
  const order = ["id", "en", "zh"];
  const inputs = Object.fromEntries(order.map((code) => [code, field(`${label} · ${languages[code].name}`, { maxlength: 120, lang: languages[code].tag, value: given[code] ?? "" })]));
  return {
    element: h("fieldset", { class: "names" }, h("legend", { class: "only-read" }, label), order.map((code) => inputs[code].element)),
    value() {
      const typed = Object.fromEntries(order.map((code) => [code, plain(inputs[code].input.value).trim()]).filter(([, text]) => text));
      const first = typed.en ?? typed.id ?? typed.zh;
      if (!first && required) throw new UserError(t("desk-name-missing"));
      // names in other languages stay
      return first ? { ...given, ...typed, en: typed.en ?? first } : undefined;
    },
  };
}

const EDITION = "300.2.2-2430/2025";

/** A region by code and name: { element, value() }. */
export function region(given) {
  const code = field(t("desk-region-code"), { help: t("desk-region-code-help"), maxlength: 13, inputmode: "decimal", value: given?.code ?? "" });
  const called = field(t("desk-region-name"), { maxlength: 120, value: given?.name ?? "" });
  return {
    element: h("div", { class: "pair" }, code.element, called.element),
    value() {
      const [digits, text] = [code.input.value.trim(), plain(called.input.value).trim()];
      if (!digits && !text) return undefined;
      if (given?.code === digits && given?.name === text) return given;
      if (!/^\d{2}(\.\d{2}){0,2}$|^\d{2}\.\d{2}\.\d{2}\.\d{4}$/.test(digits)) throw new UserError(t("desk-region-code-wrong"));
      if (!text) throw new UserError(t("desk-region-name-missing"));
      return { authority: "kemendagri", edition: EDITION, code: digits, name: text };
    },
  };
}

const iso = (ms) => new Date(ms).toISOString().slice(0, 10);

/** A day: { element, input, seconds() } at the begin of the day in UTC; undefined when empty. */
export function day(label, { seconds, help } = {}) {
  const made = field(label, { type: "date", help, value: seconds === undefined ? "" : iso(seconds * 1000) });
  return {
    ...made,
    text: () => made.input.value || undefined,
    seconds() {
      const at = Date.parse(`${made.input.value}T00:00:00Z`);
      return Number.isFinite(at) ? at / 1000 : undefined;
    },
  };
}

/** One of several: a drop-down list of [value, text]. { element, input }. */
export function list(label, options, { value, help, onchange } = {}) {
  const made = field(label, { help });
  const input = h("select", { id: made.input.id, "aria-describedby": made.input.getAttribute("aria-describedby"), onchange: () => onchange?.(input.value) },
    options.map(([option, text]) => h("option", { value: option, selected: option === value }, text)));
  made.input.replaceWith(input);
  return { element: made.element, input };
}

/** Parties that are chosen by typing their name: { element, value(): URIs }. */
export function parties(label, known, chosen = [], { roles } = {}) {
  const fits = known.filter((one) => !roles || one.roles.some((role) => roles.includes(role)));
  const picked = new Set(chosen);
  const [hits, held] = [h("div", { "aria-live": "polite" }), h("div", {})];
  const who = field(label, { help: t("desk-type-name"), maxlength: 120, oninput: draw });
  const titled = (uri) => name(known.find((one) => one.party === uri)?.name) || shortName(uri);
  const show = () => replaceIn(held, rows([...picked].map((uri) => row({ icon: "people", title: titled(uri), end: t("desk-take-out"), act: () => { picked.delete(uri); show(); } }))));
  function draw() {
    const text = who.input.value.trim().toLowerCase();
    const found = text.length < 2 ? [] : fits.filter((one) => !picked.has(one.party) && bareName(one.name).toLowerCase().includes(text)).slice(0, 5);
    replaceIn(hits, rows(found.map((one) => row({ icon: "people", title: name(one.name), note: roleNames(one.roles), act: () => { picked.add(one.party); who.input.value = ""; replaceIn(hits); show(); } }))));
  }
  show();
  return { element: h("div", { class: "picked" }, held, who.element, hits), value: () => [...picked] };
}
