// The screen of an inspection: one parameter after the other with its live verdict, then a summary in sentences, then the signature.
//
// What is asked, in which order, and what is signed is forms/inspect.js; the verdict is judge.js. Nothing measured has a default.
import { answered as line, bigButton, button, check, choice as radios, dialog, field, h, icon, lineButton, notice, toast } from "../../ui.js";
import { clock, language, name, t, weekday } from "../../i18n.js";
import { isZero } from "../../decimal.js";
import { spell } from "../../spell.js";
import { lotParts, lotUri } from "../../forms/context.js";
import { advises, asksConformity, build, cautions, draws, entries, instrumentOf, kinds, openOf, others, percent, setup, soFar } from "../../forms/inspect.js";
import { SAMPLE, sampleOf } from "../../forms/sample.js";
import { ends } from "../../forms/series.js";
import * as outbox from "../../outbox.js";
import { control, optionButton, series } from "./controls.js";
import { numberEntry, readNumber } from "./entry.js";
import { gather } from "./known.js";
import { limitLine, planText, verdictLine } from "./limits.js";
import { photos, keep as keepFile } from "./photos.js";
import { notKept } from "../signing.js";
import { sign as signIt } from "./sign.js";
import { styled, toTop } from "./styles.js";
import { baseText, marketName, measured, number, sign } from "./words.js";

// How long the time above the signature may stand, in milliseconds.
const LONGEST_SHOWN = 5 * 60_000;

const CERTIFICATES = ["certificate-of-analysis", "photo", "other-document"];

/** A value in words: of a word its name, of a count "3 of 25". */
function valueText(entry, value) {
  const word = entry.words.find((one) => one.value === value.value);
  const text = word ? word.label : value.count ? t("acts-count-of", { count: number(value.count.k), of: number(value.count.n), percent: measured(value.value, entry.unit) }) : measured(value.value, entry.unit);
  return value.units > 1 ? t("acts-times", { value: text, n: String(value.units) }) : text;
}

export default async function inspect(params = {}, query, kept) {
  await styled();
  const of = kept?.of ?? { ...(params.gtin && params.lot ? { lot: lotUri(params.gtin, params.lot) } : {}), ...(params.record ? { record: params.record } : {}), ...(query?.get?.("replaces") ? { replaces: query.get("replaces") } : {}) };
  const ctx = await gather(of);
  let a = kept?.answers ?? { lot: of.lot, ...(of.record ? { retests: [of.record] } : {}) };
  let draftId = kept?.draftId;
  let view = "next";
  let editing;
  // the parameter that gets one value after the other
  let adding;
  const body = h("div", { class: "asking" });
  const action = h("div", { class: "buttons" });
  const fill = (nodes, feet) => {
    toTop();
    body.replaceChildren(...nodes.flat(Infinity).filter((one) => one instanceof Node));
    action.replaceChildren(...[feet].flat(Infinity).filter((one) => one instanceof Node));
    document.body.classList.toggle("typing", Boolean(action.querySelector(".keypad")));
  };

  const keep = async () => {
    draftId ??= crypto.randomUUID();
    await outbox.saveDraft({ ...kept?.more, id: draftId, as: ctx.as, act: "inspect", input: { lots: [{ lot: a.lot }] }, form: { act: "inspect", of, answers: a } }).catch((error) => notKept(draftId, error));
  };
  const change = async (more, next = "next") => {
    a = { ...a, ...more };
    editing = undefined;
    view = next;
    draw();
    await keep().catch((error) => console.warn(error));
  };
  const values = (id, list) => {
    const next = { ...a.values, [id]: list };
    if (list.length === 0) delete next[id];
    return { values: next };
  };

  // ---- which lot

  const askLot = () => {
    const list = [...(ctx.work.toInspect ?? []), ...(ctx.work.failed ?? [])];
    const options = list.map((one) => ({ value: one.lot, label: lotParts(one.lot).number, what: ctx.productName(one.gtin ?? lotParts(one.lot).gtin) }));
    const made = control({ id: "lot", kind: "choice", options, none: "acts-nothing-waits" }, ctx, (lot) => change({ lot }));
    fill([h("h2", {}, t("acts-q-lot")), made.body], bigButton(t("acts-scan-lot"), { to: "/scan?then=/inspect", icon: "scan" }));
  };

  // ---- the frame of each question

  const head = (s, list, state) => {
    const done = list.filter((one) => one.required && one.oneOf.some((id) => a.values?.[id]?.length > 0)).length;
    const all = list.filter((one) => one.required).length;
    const words = [
      state.failed.length > 0 && t("acts-so-far-failed", { n: String(state.failed.length) }), state.unclear.length > 0 && t("acts-so-far-unclear", { n: String(state.unclear.length) }),
      state.open.length > 0 && t("acts-so-far-open", { n: String(state.open.length) }),
    ].filter(Boolean);
    const begun = Object.keys(a.values ?? {}).length > 0;
    const progress = t("acts-market-progress", { market: marketName(s.market), done: String(done), all: String(all) });
    const text = !begun ? progress : words.length > 0 ? t("acts-so-far", { what: words.join(", ") }) : t("acts-so-far-all");
    const kind = state.failed.length > 0 ? "fail" : state.complete ? "complete" : "";
    const known = h("button", { type: "button", class: `known ${kind}`, onclick: () => { view = "list"; draw(); } },
      begun && icon(kind === "fail" ? "fail" : kind === "complete" ? "pass" : "flask"), h("span", { class: "what" }, text), h("span", { class: "change" }, icon("change"), h("span", {}, t("change"))));
    return known;
  };

  // what to draw of the lot, and how many from each container
  const planWords = (plan) =>
    [
      plan.name, plan.waits ? t("acts-by-packages") : plan.mixed ? t("acts-increments", { n: String(plan.take) }) : t("acts-plan-short", { n: String(plan.take), c: String(plan.c) }),
      plan.grams && t("acts-at-least-grams", { amount: measured(String(plan.grams), "GRM") }), plan.whole && t("acts-whole-lot"), plan.spread && t("acts-from-each", { numbers: plan.spread.join(" ") }),
    ].filter(Boolean).join(" · ");
  const drawing = (s, list, open) => {
    const plans = draws(ctx, s, list, a);
    if (plans.length === 0) return null;
    return h("details", { class: "technical", open: open || null }, h("summary", {}, t("acts-draw")), h("ul", {}, plans.map((plan) => h("li", {}, planWords(plan)))),
      lineButton(a.containers ? t("acts-containers-are", { n: a.containers }) : t("acts-q-containers"), { act: () => askContainers() }));
  };
  const askContainers = () => {
    const made = numberEntry({ label: t("acts-q-containers"), whole: true, unit: h("span", {}), echo: (value) => spell(value, language()), done: ({ value }) => change({ containers: value === "0" ? undefined : value }) });
    fill([h("h2", {}, t("acts-q-containers")), made.body], made.action);
    made.focus.focus({ preventScroll: true });
  };
  // before the first value
  const first = (s, list) => (Object.keys(a.values ?? {}).length === 0 ? drawing(s, list, false) : null);

  const askVariant = (s, group, list, state) => {
    const options = group.options.map((variant) => ({ value: variant, label: variantName(s, variant) }));
    const made = control({ id: "variant", kind: "choice", options }, ctx, (value) => change({ variant: { ...a.variant, [group.id]: value } }));
    fill([head(s, list, state), h("h2", {}, t("acts-q-variant")), made.body], []);
  };

  const variantName = (s, variant) => name(s.profile.terms?.[`claim-${variant}`]) || name(s.profile.requirements.find((set) => set.id.endsWith(`/${variant}`))?.names) || variant.replaceAll("-", " ");

  // ---- one parameter

  const candidate = (entry, s, more) => {
    const next = { ...a, ...values(entry.id, [...(a.values?.[entry.id] ?? []), ...more]) };
    return soFar(ctx, s, next, entries(ctx, s, next));
  };

  const judgeLine = (s, entry, more) => (more.length > 0 || a.values?.[entry.id]?.length ? verdictLine(s, candidate(entry, s, more), entry.id) : limitLine(s, entry));

  const instrument = (entry) => {
    if (entry.kind !== "number") return null;
    const known = instrumentOf(entry, a);
    const text = known ? [known.name, known.u && `± ${measured(known.u, entry.unit)}`, known.method].filter(Boolean).join(", ") : t("acts-instrument-none");
    return line(t("acts-instrument"), text, () => askInstrument(entry));
  };

  const askInstrument = (entry) => {
    const known = instrumentOf(entry, a) ?? {};
    const [called, u, method] = [
      field(t("acts-instrument-name"), { value: known.name ?? "" }),
      field(t("acts-instrument-u", { unit: sign(entry.unit) }), { value: known.u ? number(known.u) : "", inputmode: "decimal", help: t("acts-instrument-u-help") }),
      field(t("acts-instrument-method"), { value: known.method ?? entry.methods[0] ?? "" }),
    ];
    const wrong = h("p", { class: "echo wrong", role: "alert" });
    const act = async () => {
      const typed = u.input.value.trim();
      const read = typed ? await readNumber(typed, {}) : { value: "" };
      if (read === null) return;
      if (read.error) return void (wrong.textContent = t(`acts-${read.error}`));
      // no instrument is without one: a value at a limit would pass that may be beyond it
      if (read.value && isZero(read.value)) return void (wrong.textContent = t("acts-uncertainty-not-zero"));
      await change({ instrument: { ...a.instrument, [entry.id]: { name: called.input.value.trim(), u: read.value, method: method.input.value.trim() } } });
    };
    fill([h("h2", {}, `${entry.name}: ${t("acts-instrument")}`), called.element, u.element, method.element, wrong], bigButton(t("acts-next"), { act }));
  };

  const asideOf = (s, entry) => {
    const rest = [];
    if (entry.oneOf?.length > 1) {
      for (const id of entry.oneOf.filter((one) => one !== entry.id)) {
        const other = s.profile.parameters.find((one) => one.id === id);
        rest.push(lineButton(t("acts-instead", { what: ctx.name(other.names) }), { act: () => change({ or: { ...a.or, [entry.oneOf[0]]: id } }) }));
      }
    }
    if (!entry.onSite) rest.push(lineButton(t("acts-other-laboratory"), { act: () => otherLaboratory(entry) }));
    rest.push(lineButton(t("acts-not-measured"), { act: () => change({ skipped: [...(a.skipped ?? []), entry.id] }) }));
    return h("details", { class: "technical", open: null }, h("summary", {}, t("acts-otherwise")), rest);
  };

  // another laboratory's paper is attached; its values are that laboratory's to sign
  const otherLaboratory = (entry) => {
    const made = photos({ value: [] }, ctx, (list) => change({ elsewhere: [...(a.elsewhere ?? []), entry.id], papers: [...(a.papers ?? []), ...list] }), { types: CERTIFICATES });
    fill([h("h2", {}, entry.name), notice("wait", t("acts-other-laboratory-why")), made.body], made.action);
  };

  const given = (entry) => {
    const list = a.values?.[entry.id] ?? [];
    if (list.length === 0) return null;
    return h("div", { class: "given" }, list.map((value, i) => h("button", {
      type: "button", class: "chip", "aria-label": t("acts-remove", { what: valueText(entry, value) }), onclick: () => { a = { ...a, ...values(entry.id, list.filter((_, at) => at !== i)) }; editing = entry.id; draw(); },
    }, valueText(entry, value), icon("close"))));
  };

  const askWord = (s, entry, list, state) => {
    const n = entry.need?.n ?? 1;
    const have = (a.values?.[entry.id] ?? []).reduce((sum, one) => sum + (one.units ?? 1), 0);
    const left = Math.max(1, n - have);
    const allowed = new Set(entry.limits.flatMap(({ limit }) => limit.words ?? []));
    const words = [...entry.words].sort((x, y) => Number(allowed.has(y.value)) - Number(allowed.has(x.value)));
    const buttons = h("div", { class: words.length <= 4 ? "options two" : "options" }, words.map((word) => optionButton({ value: word.value, label: left > 1 ? t("acts-all-units", { n: String(left), word: word.label }) : word.label }, () => add(entry, { value: word.value, ...(left > 1 ? { units: left } : {}) }, true))));
    const single = left > 1 && lineButton(t("acts-one-by-one"), {
      act: () => {
        const one = control({ id: entry.id, kind: "choice", options: words }, ctx, (value) => add(entry, { value }, have + 1 >= n));
        buttons.replaceWith(one.body);
      },
    });
    fill([head(s, list, state), first(s, list), title(entry), planLine(entry), given(entry), buttons, single, judgeLine(s, entry, []), asideOf(s, entry)], doneButton(entry));
  };

  const title = (entry) => h("h2", {}, entry.extreme ? t(`acts-${entry.extreme}`, { name: entry.name }) : entry.name);
  const planLine = (entry) => (entry.plan ? h("p", { class: "help" }, planText(entry)) : null);

  const add = (entry, value, isLast) => {
    // who comes back to a value types it anew; who goes on adds to it
    const anew = editing === entry.id && adding !== entry.id && !entry.plan;
    const list = [...(anew ? [] : (a.values?.[entry.id] ?? [])), value];
    adding = isLast ? undefined : entry.id;
    if (isLast) return change(values(entry.id, list));
    a = { ...a, ...values(entry.id, list) };
    editing = entry.id;
    draw();
    return keep().catch((error) => console.warn(error));
  };

  // what was typed before is replaced or added to; to keep it is one tap
  const doneButton = (entry, act = () => change({})) => ((a.values?.[entry.id] ?? []).length > 0 ? bigButton(t("acts-done-with"), { act }) : null);

  const askNumber = (s, entry, list, state, asCount = entry.counts) => {
    const live = h("div", {}, judgeLine(s, entry, []));
    const n = entry.need?.n;
    const have = (a.values?.[entry.id] ?? []).reduce((sum, one) => sum + (one.units ?? 1), 0);
    const drawn = a.drawn;
    if (asCount && !drawn) return askDrawn(s, entry, list, state);
    const valueOf = ({ value, less }) => (asCount ? { value: percent(value, drawn), count: { k: value, n: drawn } } : { value: (less ? "<" : "") + value });
    const record = async (now, isLast) => {
      const value = valueOf(now);
      if (await usual(entry, value)) await add(entry, value, isLast);
    };
    const made = numberEntry({
      label: entry.name, less: !entry.onSite && !asCount && entry.unit !== undefined, minus: entry.minus, whole: asCount,
      unit: h("span", { class: "nb" }, asCount ? t("acts-of-drawn", { n: number(drawn) }) : sign(entry.unit)),
      echo: (value, less) => {
        if (asCount && Number(value) > Number(drawn)) return { text: t("acts-more-than-drawn", { n: number(drawn) }), wrong: true };
        if (asCount) return `${spell(value, language())} = ${measured(percent(value, drawn), "P1")}`;
        return `${less ? t("acts-less-than") : ""} ${spell(value, language())} ${sign(entry.unit)}`.trim();
      },
      changed: (now) => live.replaceChildren(...[judgeLine(s, entry, now?.value === undefined || (asCount && Number(now.value) > Number(drawn)) ? [] : [valueOf(now)])].filter(Boolean)),
      done: (now) => record(now, !n || have + 1 >= n),
      extra: h("div", { class: "units" },
        !n && h("button", { type: "button", class: "chip", onclick: () => made.take((now) => record(now, false)) }, icon("plus"), t("acts-another-value")),
        n > 1 && have > 0 && have < n && h("button", { type: "button", class: "chip", onclick: () => rest(entry, n - have) }, t("acts-rest-same", { n: String(n - have) })),
        entry.counts && h("button", { type: "button", class: "chip", onclick: () => askNumber(s, entry, list, state, !asCount) }, asCount ? t("acts-type-percent") : t("acts-type-count"))),
    });
    const nth = n > 1 ? h("p", { class: "help" }, t("acts-nth-of", { i: String(have + 1), n: String(n) })) : null;
    fill([head(s, list, state), first(s, list), title(entry), planLine(entry), nth, given(entry), made.body, instrument(entry), asideOf(s, entry)], [made.action, doneButton(entry, () => (made.isEmpty() ? change({}) : made.take((now) => record(now, true))))]);
    made.live.append(live);
    made.focus.focus({ preventScroll: true });
  };

  // the last value stands for the units that are left
  const rest = (entry, left) => {
    const list = a.values[entry.id];
    const last = list.at(-1);
    return change(values(entry.id, [...list.slice(0, -1), { ...last, units: (last.units ?? 1) + left }]));
  };

  const askDrawn = (s, entry, list, state) => {
    const made = numberEntry({
      label: t("acts-q-drawn"), whole: true, unit: h("span", {}), echo: (value) => (value === "0" ? { text: t("acts-not-zero"), wrong: true } : spell(value, language())),
      done: ({ value }) => { a = { ...a, drawn: value }; editing = entry.id; draw(); },
    });
    fill([head(s, list, state), h("h2", {}, t("acts-q-drawn")), h("p", { class: "help" }, t("acts-q-drawn-why")), made.body, lineButton(t("acts-type-percent"), { act: () => askNumber(s, entry, list, state, false) })], made.action);
    made.focus.focus({ preventScroll: true });
  };

  const usual = async (entry, value) => {
    const kept = entry.usual ?? [];
    const { unusual } = await import("../../forms/cautions.js");
    const plain = value.value.replace(/^</, "");
    const odd = plain.startsWith("-") ? undefined : unusual(kept, plain);
    if (!odd) return true;
    return (await dialog(t("acts-unusual", { amount: measured(value.value, entry.unit) }), t("acts-usually", { low: measured(odd.low, entry.unit), high: measured(odd.high, entry.unit) }), [{ label: t("acts-it-is-right"), value: true }, { label: t("acts-mend"), value: false, kind: "quiet" }])) === true;
  };

  const askSeries = (s, entry, list, state) => {
    const verdict = (readings) => verdictLine(s, candidate({ ...entry, id: entry.id }, s, readings.map((value) => ({ value }))), entry.id);
    const made = series({ label: "acts-q-temperature", unit: entry.unit, minus: true, value: undefined }, ctx, (answer) => {
      const { values: readings } = answer;
      // of a long series the ends are signed, and the file is evidence
      return change({ ...values(entry.id, ends(readings).map((value) => ({ value }))), ...(answer.file ? { papers: [...(a.papers ?? []), answer.file] } : {}) });
    }, { verdict, keepFile: (raw) => keepFile(new File([raw], "readings.txt", { type: "text/plain" }), { documentType: "temperature-log", title: t("acts-paper-temperature-log") }) });
    fill([head(s, list, state), title(entry), limitLine(s, entry), made.body, asideOf(s, entry)], made.action);
    made.focus.focus({ preventScroll: true });
  };

  const askValue = (s, entry, list, state) => {
    if (entry.kind === "word") return askWord(s, entry, list, state);
    if (entry.unit === "CEL" && entry.onSite) return askSeries(s, entry, list, state);
    return askNumber(s, entry, list, state);
  };

  // ---- everything in lines: market, variants, values, sample, papers

  const drawList = (s, list, state) => {
    const sample = a.sample ?? sampleOf(ctx, s.lot);
    const laboratory = list.some((one) => !one.onSite);
    fill([
      line(t("acts-q-market"), marketName(s.market), () => { view = "market"; draw(); }),
      s.groups.map((group) => line(t("acts-q-variant"), s.chosen[group.id] ? variantName(s, s.chosen[group.id]) : t("acts-not-yet"), () => askVariant(s, group, list, state))),
      drawing(s, list, false),
      laboratory && line(t("acts-q-sample-number"), sample ?? t("acts-no-sample-yet"), () => askSample(s)),
      list.map((entry) => line(entry.name, (a.values?.[entry.id] ?? []).map((value) => valueText(entry, value)).join("; ") || ((a.elsewhere ?? []).includes(entry.id) ? t("acts-by-other-laboratory") : t("acts-not-yet")), () => { editing = entry.id; view = "next"; draw(); })),
      line(t("acts-q-papers"), t("acts-papers-n", { n: String(a.papers?.length ?? 0) }), () => askPapers()),
      lineButton(t("acts-measure-more"), { icon: "plus", act: () => { view = "more"; draw(); } }),
      (ctx.places.length > 1) && line(t("acts-q-place"), name(ctx.places.find((one) => one.gln === (a.place ?? ctx.remembered[`place:${ctx.own}`] ?? ctx.places[0].gln))?.name), () => askPlace()),
    ], bigButton(t("acts-next"), { act: () => { view = "next"; draw(); } }));
  };

  const askPlace = () => {
    const made = control({ id: "place", kind: "choice", options: ctx.places.map((one) => ({ value: one.gln, label: name(one.name) })) }, ctx, (place) => change({ place }, "list"));
    fill([h("h2", {}, t("acts-q-place")), made.body], []);
  };
  const askSample = (s) => {
    const made = control({ id: "sample", kind: "text", label: "acts-q-sample-number", pattern: SAMPLE, value: a.sample ?? sampleOf(ctx, s.lot) }, ctx, (sample) => change({ sample }, view));
    fill([made.body, h("p", { class: "help" }, t("acts-sample-why")), lineButton(t("acts-draw-sample"), { to: `/sample/${s.gtin}/${encodeURIComponent(s.number)}`, icon: "flask" })], made.action);
  };
  const askPapers = (next = "list") => {
    const made = photos({ value: a.papers ?? [] }, ctx, (papers) => change({ papers }, next), { types: CERTIFICATES });
    fill([h("h2", {}, t("acts-q-papers")), made.body], made.action);
  };
  const askMarket = (s) => {
    const made = control({ id: "market", kind: "choice", options: s.markets.map((value) => ({ value, label: marketName(value) })), value: s.market }, ctx, (market) => change({ market, variant: {}, skipped: [] }));
    fill([h("h2", {}, t("acts-q-market")), made.body], []);
  };
  const askMore = (s, list) => {
    const chosen = new Set(list.filter((one) => !one.required).map((one) => one.id));
    const options = others(ctx, s, list.filter((one) => one.required));
    const made = control({ id: "more", kind: "several", options, value: [...chosen] }, ctx, (more) => change({ more }));
    const none = chosen.size > 0 && button(t("acts-measure-no-more"), { act: () => change({ more: [] }) });
    fill([h("h2", {}, t("acts-measure-more")), made.body], [made.action, none]);
  };

  // ---- the summary

  const summary = (s, list, state) => {
    const held = s.held;
    const when = ctx.now;
    const measuredOnes = list.filter((entry) => a.values?.[entry.id]?.length > 0);
    const tone = { pass: "pass", fail: "fail", inconclusive: "warn", "outside-information": "warn", "not-evaluated": "open" };
    const sentences = measuredOnes.map((entry) => {
      const text = a.values[entry.id].map((value) => valueText(entry, value)).join("; ");
      // what does not count without its sample has no tick
      const found = state.unsampled.includes(entry.id) && state.states[entry.id] === "pass" ? "not-evaluated" : state.states[entry.id];
      return h("p", { class: tone[found] }, icon({ pass: "pass", fail: "fail", inconclusive: "inconclusive", "outside-information": "alert", "not-evaluated": "note" }[found]),
        h("span", {}, t("acts-say-result", { name: entry.extreme ? t(`acts-${entry.extreme}`, { name: entry.name }) : entry.name, value: text }), ["fail", "inconclusive"].includes(found) ? ` ${t(`acts-verdict-${found}`)}.` : ""));
    });
    const unclear = asksConformity(state);
    const failed = state.verdict === "fail" || (unclear && a.conforms === false);
    // what was measured and failed is said with its value
    const lackingNames = state.missing.filter((oneOf) => !oneOf.some((id) => a.values?.[id]?.length > 0)).map((oneOf) => oneOf.map((id) => ctx.name(s.profile.parameters.find((one) => one.id === id)?.names)).join(` ${t("acts-or")} `));
    const [kind, word] = failed ? ["failed", "acts-band-failed"] : state.complete ? ["passing", "acts-band-complete"] : unclear ? ["partly", "acts-band-unclear"] : ["partly", "acts-band-so-far"];
    const band = h("div", { class: `band ${kind}` }, icon(failed ? "fail" : state.complete ? "pass" : "flask"), h("div", {}, h("p", { class: "word" }, t(word)),
      lackingNames.length > 0 && h("p", { class: "why" }, t("acts-not-measured-yet", { what: lackingNames.join(", ") })),
      state.unsampled.length > 0 && h("p", { class: "why" }, t("acts-not-sampled", { what: list.filter((one) => state.unsampled.includes(one.id)).map((one) => one.name).join(", ") })), state.own && h("p", { class: "why" }, t("acts-own-check")), s.adopted.unread > 0 && h("p", { class: "why" }, t("acts-specification-unread")), advises(s) && h("p", { class: "why" }, t("acts-list-advises"))));
    const conforms = unclear && radios(t("acts-q-conforms"), [{ value: "yes", label: t("acts-conforms-yes") }, { value: "no", label: t("acts-conforms-no") }], { value: a.conforms === undefined ? undefined : a.conforms ? "yes" : "no", onchange: (value) => { a = { ...a, conforms: value === "yes" }; draw(); } });
    const amount = held?.amount ? baseText(held, s.profile.piece) : "";
    fill([
      band, h("p", { class: "lead first" }, t("acts-say-inspect", { party: name(ctx.party.name) || "", lot: amount ? t("acts-lot-amount", { lot: s.number, amount }) : s.number, date: weekday(when), time: clock(when) })),
      h("div", { class: "said" }, sentences, (a.retests ?? []).length > 0 && h("p", {}, t("acts-say-retest")), of.replaces && h("p", {}, t("acts-say-replaces")), (a.elsewhere ?? []).length > 0 && h("p", {}, t("acts-say-elsewhere", { n: String(a.elsewhere.length) }))),
      state.unsampled.length > 0 && lineButton(t("acts-name-sample"), { icon: "flask", act: () => askSample(s) }),
      conforms && conforms.element,
      a.papers?.length > 0 ? h("p", {}, t("acts-photos-follow", { n: String(a.papers.length) })) : lineButton(t("acts-add-papers"), { icon: "photo", act: () => askPapers("next") }),
      h("p", { class: "help" }, t("acts-only-corrected")),
    ], [
      bigButton(t("acts-sign"), {
        kind: "sign", icon: "signed", act: async () => {
          if (unclear && a.conforms === undefined) {
            conforms.element.scrollIntoView({ block: "center" });
            conforms.element.querySelector("input").focus();
            return;
          }
          // time and profile are said anew before they are signed
          if (ctx.now - when > LONGEST_SHOWN || setup(ctx, a).named?.blake3 !== s.named.blake3) {
            toast(t("acts-time-went-on"));
            return draw();
          }
          await keep();
          const model = { id: "inspect", cautions: () => cautions(ctx, s, a) };
          await signIt(ctx, model, a, { draftId, more: kept?.more, built: build(ctx, s, a), form: { act: "inspect", of, answers: a } });
        },
      }),
      button(t("acts-change-answers"), { act: () => { view = "list"; draw(); } }),
    ]);
  };

  const draw = () => {
    if (!a.lot) return askLot();
    const s = setup(ctx, a);
    if (s.missing === "product") {
      const made = control({ id: "goods", kind: "choice", options: kinds(ctx), search: true }, ctx, (goods) => change({ goods }));
      return fill([h("h2", {}, t("acts-q-goods-kind")), h("p", { class: "help" }, t("acts-q-goods-kind-why")), made.body], []);
    }
    if (s.missing) {
      fill([notice("warn", t(`acts-missing-${s.missing}`), h("p", {}, t(`acts-missing-${s.missing}-why`)))], bigButton(t("home"), { to: "/home" }));
      return;
    }
    const list = entries(ctx, s, a);
    const state = soFar(ctx, s, a, list);
    if (view === "list") return drawList(s, list, state);
    if (view === "market") return askMarket(s);
    if (view === "more") return askMore(s, list);
    const edited = editing && list.find((one) => one.id === editing);
    if (edited) return askValue(s, edited, list, state);
    const open = openOf(s, a, list);
    if (open?.kind === "variant") return askVariant(s, open.group, list, state);
    if (open) return askValue(s, open.entry, list, state);
    if (Object.keys(a.values ?? {}).length === 0) {
      // everything was left out: there is nothing to sign
      fill([notice("warn", t("acts-nothing-measured"))], bigButton(t("acts-change-answers"), { act: () => { a = { ...a, skipped: [], elsewhere: [] }; draw(); } }));
      return;
    }
    summary(s, list, state);
  };

  draw();
  const number_ = lotParts(a.lot)?.number;
  return { title: number_ ? t(of.record ? "acts-title-retest" : "acts-title-inspect-lot", { lot: number_ }) : t("acts-title-inspect"), body, action, back: true, leave: () => document.body.classList.remove("typing") };
}

export { check };
