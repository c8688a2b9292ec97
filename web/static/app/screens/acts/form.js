// The screen of an act: what is known stands in one line, one question is open, then sentences and the signature.
//
// The order of questions and what is signed are the model's (forms/); controls are controls.js. A draft is kept at each answer, so that a
// phone that dies has lost nothing.
import { answered as line, bigButton, button, h, icon, lineButton, notice } from "../../ui.js";
import { day, name, readAlso, t } from "../../i18n.js";
import { complete } from "../../forms/compose.js";
import { localDay, lotParts, lotUri } from "../../forms/context.js";
import { answered, stateOf, withDays } from "../../forms/engine.js";
import { models } from "../../forms/index.js";
import { yieldOf } from "../../forms/process.js";
import { differenceOf } from "../../forms/receive.js";
import { unitOf, unitsOf } from "../../units.js";
import * as outbox from "../../outbox.js";
import * as session from "../../session.js";
import { eventOf, fetchFolder } from "../../folders.js";
import { signedRequest } from "../../network.js";
import { folderOf } from "../../shipments.js";
import { control } from "./controls.js";
import { checklists, gather, remember } from "./known.js";
import { keep as keepFile } from "./photos.js";
import { notKept } from "../signing.js";
import { styled, toTop } from "./styles.js";
import { sign } from "./sign.js";
import { amountText, baseText, daysText, marketName, moneyWords, number, said, seriesArgs } from "./words.js";

const titleOf = (act) => t(`acts-title-${act}`);

/** An answer in a few words. */
function short(ctx, q) {
  const { kind, value } = q;
  if (value === null) return t("acts-member-none");
  if (q.inWords) return t(q.inWords, { value });
  if (kind === "choice") {
    const option = q.options.find((one) => one.value === value);
    return option ? (option.label ?? (option.market ? marketName(option.market) : option.key ? t(option.key) : recordLabel(option))) : (lotParts(value)?.number ?? String(value));
  }
  if (kind === "several") return value.map((one) => lotParts(one)?.number ?? one.slice(-18)).join(", ");
  if (kind === "amount" || kind === "count") return amountText(value, q.piece);
  if (kind === "days") return daysText(value, localDay(ctx.now, ctx.offset));
  if (kind === "day") return day(value);
  if (kind === "parts") return value.map((part) => (part.sscc ? part.sscc.slice(-18) : `${lotParts(part.lot).number} ${amountText(part)}`)).join(", ");
  if (kind === "outputs") return value.map((part) => amountText(part)).join(", ");
  if (kind === "series") return t("acts-series", seriesArgs(value));
  if (kind === "photos") return t("acts-papers-n", { n: String(value.length) });
  if (kind === "sscc") return value.slice(-18);
  if (kind === "money") return moneyWords(value);
  if (kind === "checklist") return t("acts-check-short", { yes: String(value.filter(({ answer }) => answer === "yes").length), no: String(value.filter(({ answer }) => answer === "no").length) });
  return String(value);
}

const recordLabel = ({ record }) => (record ? t("acts-record", { number: String(record.seq), act: t(`act-${record.act}`), day: day(record.event.eventTime) }) : "");

/** The band of a process with the share as it is typed. */
export function yieldLine(state) {
  if (!state) return h("p", { class: "live" });
  const percent = (text) => `${number(shifted(text))}\u00a0%`;
  const args = { share: percent(state.share), min: percent(state.min), max: percent(state.max) };
  const kind = state.state === "within" ? "pass" : "inconclusive";
  return h("p", { class: `live ${kind}` }, icon(state.state === "within" ? "pass" : "alert"), h("span", {}, t(`acts-yield-${state.state}`, args), h("span", { class: "source" }, t("acts-yield-usual", args))));
}

/** A share as percent with at most two places. */
function shifted(text) {
  const [whole, part = ""] = text.split(".");
  const digits = (whole + part.padEnd(4, "0").slice(0, 4)).replace(/^0+(?=\d{3})/, "");
  const padded = digits.padStart(3, "0");
  return `${padded.slice(0, -2)}.${padded.slice(-2)}`.replace(/\.?0+$/, "") || "0";
}

// What an address may name beside goods and a record: the shipment to whose folder a form adds, and what it answers there.
const NAMED = ["shipment", "document", "milestone", "confirms"];
// Forms that add to the folder of the shipment in their address.
const OF_SHIPMENT = new Set(["paper", "payment", "visit", "reject", "load", "depart", "arrive", "temperature", "handover"]);
const WAIT = 4_000;

/** Fetches what such a form needs and this phone has not kept. Without a signal it asks for what it can. */
async function atHand(act, of) {
  const [me, shipment] = [session.me(), of.shipment ?? (act === "reject" ? undefined : of.record)];
  if (act === "reject") await eventOf(me.node ?? "", of.record, WAIT);
  if (shipment && !(await folderOf(me, shipment))) await fetchFolder(me.node ?? "", me, shipment, (at) => signedRequest("GET", at), WAIT).catch(() => undefined);
}

/** @param act name of the screen; params may name goods ({gtin, lot}), a record, or the place of one in the outbox (key) */
export async function screen(act, params = {}, query, kept) {
  await Promise.all([styled(), readAlso("folder", "checks")]);
  const joins = kept?.of?.joins ?? query?.get("joins");
  const model = models[joins ? "count" : act];
  const of = {
    ...(params.gtin && params.lot ? { lot: lotUri(params.gtin, params.lot) } : {}), ...(params.record ? { record: params.record } : {}),
    ...(params.key ? { key: params.key } : {}), ...(joins ? { joins } : {}),
    ...Object.fromEntries(NAMED.map((one) => [one, query?.get(one)]).filter(([, value]) => value)), ...(kept?.of ?? {}),
  };
  if (OF_SHIPMENT.has(act)) await atHand(act, of);
  const ctx = await gather(of, { more: act === "visit" ? { checklists: await checklists() } : {} });
  let answers = kept?.answers ?? {};
  let draftId = kept?.draftId;
  let editing;
  let listing = false;
  const body = h("div", { class: "asking" });
  const action = h("div", { class: "buttons" });

  const keep = async () => {
    if (Object.keys(answers).length === 0) return;
    draftId ??= crypto.randomUUID();
    await outbox.saveDraft({ ...kept?.more, id: draftId, as: ctx.as, act: model.id, input: {}, form: { act, of, answers } }).catch((error) => notKept(draftId, error));
  };

  const answer = async (q, value) => {
    answers = answered(model, ctx, withDays(model, ctx, answers), q.id, value);
    editing = undefined;
    listing = false;
    draw();
    // not awaited before the next question is there; signing writes it anew
    await keep().catch((error) => console.warn(error));
  };

  const ask = (q, state) => {
    const live = h("div");
    const spoken = (made) => live.replaceChildren(made);
    const more = {
      liveAt: live,
      keepFile: (raw) => keepFile(new File([raw], "readings.txt", { type: "text/plain" }), { documentType: "temperature-log", title: t("acts-paper-temperature-log") }),
      heading: q.label && t(q.label, labelArgs(q)),
      live: q.live === "yield"
        ? (part) => spoken(yieldLine(yieldOf(ctx, complete(model, ctx, { ...answers, [q.id]: part, ...(q.id === "made" ? { made: part } : {}) }))))
        : q.sent
          ? (part) => spoken(gapLine(ctx, q, part))
          : undefined,
    };
    const withUnits = { ...q, unitsOf: (gtin) => unitsOf(ctx.product(gtin), ctx.lang, ctx.remembered[`packs:${gtin}`]), unitOf: (gtin) => ctx.remembered[unitOf(model.id, gtin)] };
    withUnits.keepPack = (gtin, key, size) => {
      const packs = { ...ctx.remembered[`packs:${gtin}`], [key]: size };
      ctx.remembered[`packs:${gtin}`] = packs;
      return remember(ctx, { [`packs:${gtin}`]: packs });
    };
    withUnits.unit = q.unit ?? withUnits.unitOf(q.gtin);
    withUnits.liveAt = live;
    if (q.kind === "outputs" && q.live) withUnits.live = (list) => spoken(yieldLine(yieldOf(ctx, complete(model, ctx, { ...answers, outputs: list }))));
    if (q.kind === "parts") delete withUnits.live;
    if (q.kind === "choice") withUnits.options = q.options.map((option) => (option.record ? { ...option, label: recordLabel(option) } : option));
    const made = control(withUnits, ctx, (value) => answer(q, value), more);
    body.replaceChildren(...[known(state, q), h("h2", {}, t(q.label, labelArgs(q))), made.body, live.isConnected || live.parentNode ? null : live].flat(Infinity).filter((one) => one instanceof Node));
    action.replaceChildren(...[made.action, q.optional && !made.skip && q.kind !== "photos" && q.kind !== "member" ? button(t("acts-skip"), { act: () => answer(q, undefined) }) : null].flat().filter(Boolean));
    document.body.classList.toggle("typing", Boolean(action.querySelector(".keypad")));
    made.focus?.focus?.({ preventScroll: true });
  };

  const labelArgs = (q) => ({ lot: lotParts(q.lot)?.number ?? "", product: q.gtin ? ctx.productName(q.gtin) : "", amount: q.sent ? amountText(q.sent, q.piece) : q.same ? amountText(q.same, q.piece) : "" });

  // "Daun nilam · hari ini · Lampeapi (ubah)"
  const known = (state, open) => {
    const given = state.questions.filter((q) => q.value !== undefined && q !== open && q.id !== open?.id);
    if (given.length === 0) return null;
    return h("button", { type: "button", class: "known", onclick: () => { listing = true; draw(); } }, h("span", { class: "what" }, given.map((q) => short(ctx, q)).join(" · ")), h("span", { class: "change" }, icon("change"), h("span", {}, t("change"))));
  };

  const lines = (state) => state.questions.map((q) => (q.value === undefined
    ? q.optional && lineButton(t("acts-add-what", { what: t(q.label, labelArgs(q)) }), { icon: "plus", act: () => { editing = q.id; listing = false; draw(); } })
    : line(t(q.label, labelArgs(q)), short(ctx, q), () => { editing = q.id; listing = false; draw(); })));

  const summary = (state) => {
    const all = complete(model, ctx, answers);
    const shownOn = localDay(ctx.now, ctx.offset);
    document.body.classList.remove("typing");
    let sentences;
    try {
      sentences = said(model.say(ctx, all), { today: localDay(ctx.now, ctx.offset), piece: state.questions.find((q) => q.piece)?.piece });
    } catch (error) {
      console.warn(error);
      body.replaceChildren(notice("bad", t("acts-form-broken")));
      return;
    }
    body.replaceChildren(...[
      h("p", { class: "lead" }, t("acts-i-sign", { party: name(ctx.party.name) || ctx.own || "" })), sentences,
      h("p", { class: "help" }, t("acts-only-corrected")),
      h("details", { class: "technical", open: listing || null }, h("summary", {}, t("acts-change-answers")), lines(state)),
    ].filter(Boolean));
    action.replaceChildren(bigButton(t("acts-sign"), { kind: "sign", icon: "signed", act: () => {
      // "today" was said of another day: it is said anew before it is signed
      if (localDay(ctx.now, ctx.offset) !== shownOn) return draw();
      return sign(ctx, model, all, { draftId, more: kept?.more, form: { act, of, answers } }).then((row) => row || draw());
    } }));
  };

  const draw = () => {
    toTop();
    const state = stateOf(model, ctx, answers);
    const edited = editing && state.questions.find((q) => q.id === editing);
    if (edited) return ask(edited, state);
    if (listing && state.open) {
      document.body.classList.remove("typing");
      body.replaceChildren(...lines(state).filter(Boolean));
      action.replaceChildren(bigButton(t("acts-next"), { act: () => { listing = false; draw(); } }));
      return;
    }
    if (state.open) return ask(state.open, state);
    summary(state);
  };

  draw();
  return { title: titleOf(joins ? "count" : act), body, action, back: of.lot ? `/lot/${params.gtin}/${encodeURIComponent(params.lot)}` : true, leave: () => document.body.classList.remove("typing") };
}

/** What is short of what was sent, while it is typed. */
function gapLine(ctx, q, part) {
  if (!part) return h("p", { class: "live" });
  const gap = differenceOf(ctx, { lot: q.lot, amount: q.sent.amount, unit: q.sent.unit }, part);
  if (gap.kind === "same") return h("p", { class: "live pass" }, icon("pass"), h("span", {}, t("acts-gap-same")));
  return h("p", { class: "live inconclusive" }, icon("alert"), h("span", {}, t(`acts-gap-${gap.kind}`, { amount: baseText(gap, q.piece) })));
}
