// One control for each kind of question. Each returns {body, action, focus}; `done(value)` answers the question.
//
// What it is not: the order of questions (form.js), nor what is signed (forms/).
import { bigButton, button, dialog, field, h, icon, notice } from "../../ui.js";
import { language, name, t } from "../../i18n.js";
import { spell } from "../../spell.js";
import { unusual } from "../../forms/cautions.js";
import { localDay } from "../../forms/context.js";
import { compare, minus as less, sum } from "../../decimal.js";
import { checkDigit } from "../../forms/lotnumber.js";
import { MOST, pieces } from "../../forms/series.js";
import { baseOf, inBase, ledgerAmount, readable, signed } from "../../units.js";
import { pasted } from "../../forms/entered.js";
import { checklist } from "./checklist.js";
import { scanCode } from "./code.js";
import { numberEntry, whichOf } from "./entry.js";
import { money } from "./money.js";
import { photos } from "./photos.js";
import { toTop } from "./styles.js";
import { amountText, baseText, inWords, marketName, measured, number, seriesArgs, sign, unitName, withBase } from "./words.js";

const chip = (label, on, act) => h("button", { type: "button", class: "chip", "aria-pressed": String(on), onclick: act }, label);

const optionText = (option) => option.label ?? (option.market && marketName(option.market)) ?? (option.key ? t(option.key) : String(option.value));

export function optionButton(option, act, pressed) {
  const amount = option.amount !== undefined ? baseAmount(option) : undefined;
  const roles = option.roles?.map((role) => t(`role-${role}`)).join(", ");
  const missing = option.missing && t("acts-still-missing", { market: marketName(option.missing) });
  const notes = [option.what, amount, roles, missing, option.note && (option.key ? t(option.note) : option.note)].filter(Boolean).join(" · ");
  return h("button", { type: "button", class: "option", "aria-pressed": pressed === undefined ? null : String(pressed), onclick: act }, h("span", { class: "title" }, optionText(option)), notes && h("span", { class: "note" }, notes));
}

const baseAmount = (option) => `${number(option.amount)}\u00a0${unitName(option.unit, option.piece)}`;

function choice(q, ctx, done) {
  const list = h("div", { class: q.options.length > 1 && q.options.every((o) => optionText(o).length < 12 && !o.note && !o.what) ? "options two" : "options" });
  const fill = (wanted = "") => {
    const fit = q.options.filter((o) => optionText(o).toLowerCase().includes(wanted.toLowerCase()));
    list.replaceChildren(...fit.slice(0, 30).map((o) => optionButton(o, () => done(o.value), q.value === undefined ? undefined : o.value === q.value)));
  };
  fill();
  if (q.options.length === 0) return { body: notice("wait", t(q.none ?? "acts-none-here", q.args), h("p", {}, t(q.none ? `${q.none}-why` : "acts-none-why", q.args))) };
  if (!q.search && q.options.length <= 9) return { body: list };
  const find = field(t("acts-find"), { type: "search" });
  find.input.addEventListener("input", () => fill(find.input.value));
  return { body: [find.element, list] };
}

function several(q, ctx, done) {
  const chosen = new Set(q.value ?? []);
  const list = h("div", { class: "options" });
  const draw = () =>
    list.replaceChildren(...q.options.map((o) => optionButton(o, () => {
      if (!chosen.delete(o.value)) chosen.add(o.value);
      draw();
    }, chosen.has(o.value))));
  draw();
  if (q.options.length === 0) return { body: notice("wait", t("acts-none-here"), h("p", {}, t("acts-none-why"))) };
  return { body: list, action: bigButton(t("acts-next"), { act: () => chosen.size > 0 && done([...chosen]) }) };
}

/** An amount in base units as it is signed: in kilograms or litres where it is that large. */
const inReadable = ({ amount: digits, base }) => (({ amount: read, code }) => ({ amount: read, unit: code }))(readable(base, digits));

/** Beyond five times, or a fifth, of what this party usually types: asked, never refused. */
async function sure(q, part) {
  const odd = unusual(q.usual, inBase(part.amount, part.unit));
  if (!odd) return true;
  const [low, high] = [odd.low, odd.high].map((amount) => baseText({ amount, base: baseOf(part.unit) }, q.piece));
  const answer = await dialog(t("acts-unusual", { amount: amountText(part, q.piece) }), t("acts-usually", { low, high }), [{ label: t("acts-it-is-right"), value: true }, { label: t("acts-mend"), value: false, kind: "quiet" }]);
  return answer === true;
}

/**
 * An amount in one of the units of a product. Weight less tare: gross first, then the tare.
 * @param q {units, unit, sent, same, suggest, held, usual, zero, piece, otherwise: {key, to}}; the key of the unit goes along with the answer
 */
export function amount(q, ctx, done, { heading, live, liveAt } = {}) {
  const place = h("div", { class: "asking" });
  const foot = h("div");
  let unit = q.units.find((one) => one.key === q.unit) ?? q.units[0];
  let gross;

  const finish = async (value) => {
    const typed = signed(gross === undefined ? value : less(gross, value), unit);
    // of packs what is in them, in the unit that one reads easily
    const part = unit.net ? inReadable({ amount: inBase(typed.amount, typed.unit), base: baseOf(typed.unit) }) : typed;
    if (!(await sure(q, part))) return;
    done({ ...part, key: unit.key });
  };

  // how much is in a sack or a basket is asked once for each product
  const askPack = () => {
    const size = (key) => {
      const label = t("acts-q-pack", { pack: unitName(key) });
      const entry = numberEntry({
        label, unit: h("span", { class: "nb" }, unitName("kg")),
        echo: (value) => (compare(value, "0") === 0 ? { text: t("acts-not-zero"), wrong: true } : inWords(value, "kg")),
        done: async ({ value }) => {
          const net = inBase(value, "KGM");
          await q.keepPack(q.gtin, key, net);
          unit = { key, code: "GRM", factor: net, net };
          q.units = [...q.units.filter((one) => one.key !== key), unit];
          draw();
        },
      });
      place.replaceChildren(h("h3", {}, label));
      foot.replaceChildren(entry.action);
      foot.focusOn = entry.focus;
      entry.focus.focus({ preventScroll: true });
    };
    place.replaceChildren(h("div", { class: "options two" }, ["karung", "keranjang"].map((key) => optionButton({ value: key, key: `acts-unit-${key}` }, () => size(key)))));
    foot.replaceChildren();
  };

  const draw = () => {
    const echo = (value) => {
      const net = gross === undefined ? value : compare(value, gross) < 0 ? less(gross, value) : undefined;
      if (net === undefined) return { text: t("acts-tare-too-large"), wrong: true };
      if (!q.zero && compare(net, "0") === 0) return { text: t("acts-not-zero"), wrong: true };
      if (q.most && compare(net, q.most) > 0) return { text: t("acts-at-most", { most: number(q.most) }), wrong: true };
      const part = signed(net, unit);
      const { error } = ledgerAmount(part.amount, part.unit);
      if (error) return { text: t(`acts-${error}`), wrong: true };
      // what a unit of trade comes to, and what pieces are whole
      const more = unit.net ? ` = ${baseText({ amount: inBase(part.amount, part.unit), base: baseOf(part.unit) }, q.piece)}` : "";
      const net_ = gross === undefined ? "" : ` = ${t("acts-net", { amount: amountText(part, q.piece) })}`;
      if (unit.code === "H87" && !/^\d+$/.test(part.amount)) return { text: t("acts-whole-only"), wrong: true };
      return inWords(value, unit.key, q.piece) + more + net_;
    };
    const entry = numberEntry({
      label: heading ?? t(q.label), echo, done: ({ value }) => finish(value), whole: unit.code === "H87" && !unit.net,
      unit: h("span", { class: "nb" }, unitName(unit.key, q.piece)),
      changed: (now) => live?.(now?.value === undefined ? undefined : signed(gross === undefined ? now.value : compare(now.value, gross) < 0 ? less(gross, now.value) : "0", unit)),
    });
    const net = (one) => (one.net ? ` (${baseText({ amount: one.net, base: baseOf(one.code) }, q.piece)})` : "");
    const scale = q.units[0].code === "KGM" && (unit.code === "KGM" || unit.code === "GRM") && !unit.net && !q.sent && !q.same && !q.suggest;
    const tare = scale && chip(gross === undefined ? t("acts-gross") : t("acts-gross-is", { amount: `${number(gross)}\u00a0${unitName(unit.key)}` }), gross !== undefined, async () => {
      if (gross === undefined) return entry.take(({ value }) => {
        gross = value;
        draw();
      });
      gross = undefined;
      draw();
    });
    const units = h("div", { class: "units", role: "group", "aria-label": t("acts-unit") }, q.units.length > 1 && q.units.map((one) => chip(unitName(one.key, q.piece) + net(one), one === unit, () => {
      unit = one;
      draw();
    })), tare, scale && q.keepPack && !q.held && chip(t("acts-other-pack"), false, askPack));
    const quick = [];
    if (q.sent) quick.push(button(t("acts-same", { amount: amountText(q.sent, q.piece) }), { act: () => done({ ...q.sent }) }));
    if (q.same) quick.push(button(t("acts-same", { amount: amountText(q.same, q.piece) }), { act: () => done({ ...q.same }) }));
    if (q.suggest) quick.push(button(t("acts-sum", { amount: baseText(q.suggest, q.piece) }), { act: () => done(inReadable(q.suggest)) }));
    if (q.held?.amount) quick.push(button(t(q.rest ? "acts-rest-of-it" : "acts-all-of-it", { amount: baseText(q.held, q.piece) }), { act: () => done(inReadable(q.held)) }));
    if (q.otherwise) quick.push(button(t(q.otherwise.key), { to: q.otherwise.to }));
    place.replaceChildren(units, ...(quick.length > 1 ? [h("div", { class: "options two" }, quick)] : quick));
    // the row of units may be wider than the phone
    requestAnimationFrame(() => units.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest", inline: "center" }));
    if (live) entry.live.append(liveAt);
    foot.replaceChildren(entry.action);
    foot.focusOn = entry.focus;
  };
  draw();
  return { body: place, action: foot, focus: { focus: (how) => foot.focusOn.focus(how) } };
}

function days(q, ctx, done) {
  const today = localDay(ctx.now, ctx.offset);
  const yesterday = localDay(new Date(ctx.now.getTime() - 86_400_000), ctx.offset);
  const first = field(t("acts-first-day"), { type: "date", max: today, value: q.value?.first ?? today });
  const last = field(t("acts-last-day"), { type: "date", max: today, value: q.value?.last ?? today });
  const wrong = h("p", { class: "echo wrong", role: "alert" });
  return {
    body: [
      h("div", { class: "options two" }, optionButton({ label: t("acts-today") }, () => done({ first: today, last: today })), optionButton({ label: t("acts-yesterday") }, () => done({ first: yesterday, last: yesterday }))),
      first.element, last.element, wrong,
    ],
    action: bigButton(t("acts-next"), {
      act: () => {
        const [from, to] = [first.input.value, last.input.value];
        if (!from || !to || from > to || to > today) return void (wrong.textContent = t("acts-days-wrong"));
        done({ first: from, last: to });
      },
    }),
  };
}

function dayOnly(q, ctx, done) {
  const on = field(t(q.label), { type: "date", value: q.value ?? "" });
  return { body: on.element, action: bigButton(t("acts-next"), { act: () => on.input.value && done(on.input.value) }) };
}

function text(q, ctx, done) {
  const written = field(t(q.label), { value: q.value ?? "", enterkeyhint: "next", maxlength: q.most, help: q.help && t(q.help) });
  const wrong = h("p", { class: "echo wrong", role: "alert" });
  const act = () => {
    const value = written.input.value.trim();
    if (!value && !q.optional) return;
    if (value && q.pattern && !new RegExp(q.pattern).test(value)) return void (wrong.textContent = t(q.wrong ?? "acts-letters-only"));
    done(value || undefined);
  };
  written.input.addEventListener("keydown", (event) => event.key === "Enter" && act());
  return { body: [written.element, wrong], action: bigButton(t("acts-next"), { act }), focus: written.input };
}

const LONGEST_NAME = 80;

function member(q, ctx, done) {
  const other = field(t("acts-member-name"), { maxlength: LONGEST_NAME, help: t("acts-member-help") });
  const list = h("div", { class: "options two" });
  // those of last time; who types a name finds it among all
  const fill = () => {
    const wanted = other.input.value.trim().toLowerCase();
    list.replaceChildren(...q.options.filter((o) => o.label.toLowerCase().includes(wanted)).slice(0, 8).map((o) => optionButton(o, () => done(o.value))));
  };
  other.input.addEventListener("input", fill);
  const scan = async () => {
    const text = (await scanCode(t("acts-scan-card")))?.trim().slice(0, LONGEST_NAME);
    if (text) done(text);
  };
  fill();
  return {
    body: [q.options.length > 0 && list, button(t("acts-scan-card"), { icon: "scan", act: scan }), other.element],
    action: [bigButton(t("acts-next"), { act: () => other.input.value.trim() && done(other.input.value.trim()) }), button(t("acts-member-none"), { act: () => done(null) })],
  };
}

function point(q, ctx, done) {
  const typed = field(t("acts-point-type"), { help: t("acts-point-help"), inputmode: "text", value: q.value ?? "" });
  const wrong = h("p", { class: "echo wrong", role: "alert" });
  const here = () =>
    new Promise((end) => {
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => end(done(`${coords.latitude.toFixed(6)},${coords.longitude.toFixed(6)}`)),
        () => end((wrong.textContent = t("acts-point-denied"))),
        { enableHighAccuracy: true, timeout: 20_000 },
      );
    });
  return {
    body: [navigator.geolocation && button(t("acts-point-here"), { act: here, icon: "pin" }), typed.element, wrong],
    action: bigButton(t("acts-next"), {
      act: () => {
        const found = /^\s*(-?\d{1,2}(?:[.]\d+)?)\s*,\s*(-?\d{1,3}(?:[.]\d+)?)\s*$/.exec(typed.input.value);
        if (!found) return void (wrong.textContent = t("acts-point-wrong"));
        done(`${found[1]},${found[2]}`);
      },
    }),
  };
}

function sscc(q, ctx, done) {
  const typed = field(t("acts-sscc-type"), { inputmode: "numeric", value: q.value?.slice(-18) ?? "", help: t("acts-sscc-help") });
  const wrong = h("p", { class: "echo wrong", role: "alert" });
  const scan = async () => {
    const { read } = await import("../../scan.js");
    const ssccOf = (text) => read(text).readings.find(({ key }) => key.sscc)?.key.sscc;
    const text = await scanCode(t("acts-scan-container"), (one) => (ssccOf(one) ? undefined : t("acts-no-container-code")));
    if (text !== null) done(ssccOf(text));
  };
  return {
    body: [
      (q.options ?? []).length > 0 && h("div", { class: "options" }, q.options.map((o) => optionButton(o, () => done(o.value)))),
      button(t("acts-scan-container"), { icon: "scan", act: scan }), typed.element, wrong,
    ],
    action: bigButton(t("acts-next"), {
      act: () => {
        const digits = typed.input.value.replace(/\D/g, "").replace(/^00(?=\d{18}$)/, "");
        if (digits.length !== 18) return void (wrong.textContent = t("acts-sscc-18"));
        if (checkDigit(digits.slice(0, 17)) !== digits[17]) return void (wrong.textContent = t("acts-check-digit"));
        done(digits);
      },
    }),
  };
}

const nameOfPart = (part) => part.lot ?? part.sscc;

/** Lots with amounts, and whole containers: choose, type, and again. */
function parts(q, ctx, done) {
  const place = h("div", { class: "asking" });
  const foot = h("div");
  let list = [...(q.value ?? [])];
  const left = () => q.options.filter((o) => !list.some((part) => nameOfPart(part) === o.value));
  const show = (made) => {
    place.replaceChildren(...[made.body].flat(Infinity).filter((one) => one instanceof Node));
    foot.replaceChildren(...[made.action].flat().filter(Boolean));
    document.body.classList.toggle("typing", Boolean(foot.querySelector(".keypad")));
    made.focus?.focus?.({ preventScroll: true });
  };
  const add = (part) => {
    list = [...list, part];
    // the only lot there is: nothing to add
    if (left().length === 0 && list.length >= (q.least ?? 1)) done(list);
    else summary();
  };
  const type = (option) => {
    if (option.sscc) return add({ sscc: option.sscc });
    const product = ctx.product(option.gtin);
    show(amount(
      { label: "acts-q-amount", units: q.unitsOf(option.gtin), unit: q.unitOf(option.gtin), held: option.held ? { amount: option.held, base: option.base } : undefined, piece: ctx.profileOf(product?.commodity)?.piece }, ctx,
      (part) => add({ lot: option.value, ...part }),
      { heading: t("acts-how-much-of", { lot: option.label }), live: q.live && ((part) => q.live([...list, ...(part ? [{ lot: option.value, ...part }] : [])])), liveAt: q.liveAt },
    ));
    place.prepend(h("h3", {}, `${option.label} · ${option.what ?? ""}`));
  };
  const pick = () => {
    const options = left();
    if (options.length === 1 && list.length === 0 && !options[0].sscc) return type(options[0]);
    show(choice({ ...q, options, value: undefined }, ctx, (value) => type(options.find((o) => o.value === value))));
  };
  const summary = () => {
    const labelOf = (part) => q.options.find((o) => o.value === nameOfPart(part))?.label ?? "";
    const chips = list.map((part, i) => h("button", { type: "button", class: "chip", "aria-label": t("acts-remove", { what: labelOf(part) }), onclick: () => {
      list = list.filter((_, at) => at !== i);
      if (list.length === 0) pick();
      else summary();
    } }, part.sscc ? labelOf(part) : `${labelOf(part)} ${amountText(part)}`, icon("close")));
    const enough = list.length >= (q.least ?? 1);
    show({
      body: [h("div", { class: "given" }, chips), left().length > 0 && button(t("acts-another-lot"), { act: pick, icon: "plus" }), !enough && h("p", { class: "help" }, t("acts-at-least-two"))],
      action: enough ? bigButton(t("acts-next"), { act: () => done(list) }) : null,
    });
  };
  if (q.options.length === 0) return { body: notice("wait", t("acts-none-here"), h("p", {}, t("acts-none-why"))) };
  const first = q.first && q.options.find((o) => o.value === q.first);
  if (list.length > 0) summary();
  else if (first) type(first);
  else pick();
  return { body: place, action: foot };
}

/** Lots that are made: product and amount, and again. */
function outputs(q, ctx, done) {
  const place = h("div", { class: "asking" });
  const foot = h("div");
  let list = [...(q.value ?? [])];
  const show = (made) => {
    place.replaceChildren(...[made.body].flat(Infinity).filter((one) => one instanceof Node));
    foot.replaceChildren(...[made.action].flat().filter(Boolean));
    document.body.classList.toggle("typing", Boolean(foot.querySelector(".keypad")));
    made.focus?.focus?.({ preventScroll: true });
  };
  const nameOf = (gtin) => q.products.find((one) => one.value === gtin)?.label ?? gtin;
  const type = (gtin) => {
    const product = ctx.product(gtin);
    // of a split the rest of the lot is one tap away
    const rest = q.held && list.length > 0 ? less(q.held.amount, sum(list.map((part) => inBase(part.amount, part.unit)))) : undefined;
    show(amount(
      { label: "acts-q-amount", units: q.unitsOf(gtin), unit: q.unitOf(gtin), gtin, keepPack: q.keepPack, piece: ctx.profileOf(product?.commodity)?.piece, rest: true, held: rest && compare(rest, "0") > 0 ? { amount: rest, base: q.held.base } : undefined }, ctx,
      (part) => {
        list = [...list, { product: gtin, ...part }];
        summary();
      },
      { heading: t("acts-how-much-of", { lot: nameOf(gtin) }), live: q.live && ((part) => q.live([...list, ...(part ? [{ product: gtin, ...part }] : [])])), liveAt: q.liveAt },
    ));
    place.prepend(h("h3", {}, t("acts-part-n", { n: String(list.length + 1), product: nameOf(gtin) })));
  };
  const pick = () => (q.products.length === 1 ? type(q.products[0].value) : show(choice({ ...q, options: q.products, value: undefined }, ctx, type)));
  const summary = () => {
    const chips = list.map((part, i) => h("button", { type: "button", class: "chip", "aria-label": t("acts-remove", { what: nameOf(part.product) }), onclick: () => {
      list = list.filter((_, at) => at !== i);
      if (list.length === 0) pick();
      else summary();
    } }, `${nameOf(part.product)} ${amountText(part)}`, icon("close")));
    const enough = list.length >= (q.least ?? 1);
    q.live?.(list);
    show({
      body: [h("div", { class: "given" }, chips), q.liveAt, button(t("acts-another-part"), { act: pick, icon: "plus" })],
      action: enough ? bigButton(t("acts-next"), { act: () => done(list) }) : null,
    });
  };
  if (q.products.length === 0) return { body: notice("wait", t("acts-no-product"), h("p", {}, t("acts-no-product-why"))) };
  if (list.length > 0) summary();
  else pick();
  return { body: place, action: foot };
}

/** A series of readings: typed one by one, or pasted; a long one is signed as its ends and mean, with the file as evidence. */
export function series(q, ctx, done, { verdict, keepFile } = {}) {
  let values = [...(q.value?.values ?? [])];
  let file = q.value?.file;
  const given = h("div", { class: "given" });
  const status = h("div", { "aria-live": "polite" });
  const draw = () => {
    given.replaceChildren(...values.slice(-12).map((value, i) => h("button", { type: "button", class: "chip", "aria-label": t("acts-remove", { what: measured(value, q.unit) }), onclick: () => {
      values.splice(Math.max(0, values.length - 12) + i, 1);
      draw();
    } }, measured(value, q.unit), icon("close"))));
    status.replaceChildren(...(values.length > 0 ? [h("p", { class: "echo" }, t("acts-series", seriesArgs({ values }, q.unit))), ...[verdict?.(values)].flat().filter(Boolean)] : []));
  };
  const add = ({ value }) => {
    values = [...values, value];
    entry.clear();
    draw();
  };
  const finish = () => values.length > 0 && done(file ? { values, file } : { values });
  const entry = numberEntry({
    label: t(q.label), minus: q.minus, unit: h("span", { class: "nb" }, sign(q.unit)), echo: (value) => `${spell(value, language())} ${sign(q.unit)}`, nextLabel: t("acts-add"),
    done: (now) => {
      add(now);
      entry.focus.focus();
    },
  });
  entry.live.append(status);
  const paste = field(t("acts-paste"), { type: "textarea", help: t("acts-paste-help") });
  const read = async (raw) => {
    const found = [];
    const unread = [];
    let twofold;
    for (const piece of pieces(raw)) {
      const one = pasted(piece, { minus: q.minus });
      if (one.value !== undefined) found.push(one.value);
      else if (one.ambiguous) {
        // a logger writes all of its readings alike
        twofold ??= await whichOf(piece, one.ambiguous);
        if (twofold < 0) return;
        found.push(one.ambiguous[twofold].value);
      } else unread.push(piece);
    }
    if (unread.length > 0) return void paste.element.append(notice("warn", t("acts-paste-unread", { what: unread.slice(0, 3).join("; ") })));
    values = [...values, ...found];
    if (found.length > MOST && keepFile) file = await keepFile(raw);
    paste.input.value = "";
    paste.element.closest("details").open = false;
    draw();
    toTop();
  };
  draw();
  return {
    body: [given, ...entry.body, h("details", { class: "technical" }, h("summary", {}, t("acts-paste-open")), paste.element, button(t("acts-paste-read"), { act: () => read(paste.input.value) }))],
    action: [entry.action, bigButton(t("acts-series-done"), {
      // what stands there still is a reading too
      act: () => (entry.isEmpty() ? finish() : entry.take((now) => {
        add(now);
        return finish();
      })),
    })],
    focus: entry.focus,
  };
}

const KINDS = { choice, several, amount, count: amount, days, day: dayOnly, text, member, point, sscc, parts, outputs, series, photos, money, checklist };

/** The control of a question. */
export const control = (q, ctx, done, more) => KINDS[q.kind](q, ctx, done, more);

export { withBase, name };
