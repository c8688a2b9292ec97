// Correction of a signed record: void it and enter it anew in one flow, or void it alone. A signed record itself never changes.
//
// Kept in a replacement: act, product and lot (docs/rules.md, "Replacement"). What was the wrong product or lot is voided and recorded anew.
import { lotParts, recordUri } from "./context.js";
import { compare, minus, plus } from "../decimal.js";
import { inBase, unitsOf } from "../units.js";

const LISTS = ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"];

/** Records of this phone that may be voided, the newest first: events that nothing of this phone voided yet. */
export const correctable = (ctx) => [...ctx.standing].reverse();

/** What can be changed of a record without another lot or product. */
export function changeable({ event, source }) {
  // of a record that came in a file its answers are not here; a refusal counts nothing; other labels have other serials
  if (!source || event.disposition === "returned" || event.bizStep === "encoding") return { amounts: [] };
  const amounts = LISTS.flatMap((list) => (event[list] ?? []).flatMap((part, at) => (part.quantity === undefined ? [] : [{ id: `${list}:${at}`, list, at, lot: part.epcClass, amount: String(part.quantity), unit: part.uom ?? "H87" }])));
  const { "jejak:harvestStart": first, "jejak:harvestEnd": last, "jejak:village": village, "jejak:gear": gear } = event.ilmd ?? {};
  return { amounts, days: first ? { first, last } : undefined, village, gear, reason: event["jejak:reason"] };
}

const isTest = (event) => event.bizStep === "inspecting";

const STEPS = { loading: "load", departing: "depart", arriving: "arrive", sensor_reporting: "temperature", transporting: "handover", packing: "pack", unpacking: "unpack", sampling: "sample", encoding: "label", shipping: "ship", void_shipping: "void-shipment", commissioning: "harvest", stocking: "stock", destroying: "stock", decommissioning: "stock" };

const ON_THE_WAY = new Set(["loading", "departing", "arriving", "sensor_reporting", "transporting"]);

/** What a form adds to the folder of a shipment is entered anew there; of a payment, as a step of the same one. */
function inFolder(address, event) {
  const shipment = event["jejak:shipment"];
  if (!shipment) return address;
  const document = address === "/payment" && event.bizTransactionList?.[0]?.bizTransaction;
  return `${address}/of/${shipment.split(":").at(-1)}${document ? `?document=${encodeURIComponent(document)}` : ""}`;
}

/** The form in which a record is entered anew: its address. Of a test that of the same lot, whose void `by` the new one cites. */
export function formAnew({ event }, by) {
  const { bizStep, "jejak:lifts": lifts, "jejak:retests": retests } = event;
  if (isTest(event)) {
    const { gtin, number } = lotParts(event.quantityList[0].epcClass);
    const lot = `${gtin}/${encodeURIComponent(number)}`;
    return `${retests?.length ? `/retest/${lot}/${retests[0].split(":").at(-1)}` : `/inspect/${lot}`}?replaces=${by}`;
  }
  if (event.type === "TransactionEvent") return event["jejak:transfer"] ? "/transfer" : inFolder(event["jejak:milestone"]?.startsWith("payment-") ? "/payment" : "/paper", event);
  if (event.type === "TransformationEvent") {
    const several = event.outputQuantityList.length > 1;
    return event["jejak:process"] ? (several ? "/sort" : "/process") : several ? "/split" : "/merge";
  }
  if (bizStep === "holding") return lifts ? "/lift" : event.persistentDisposition?.set?.includes("recalled") ? "/recall" : "/hold";
  if (event["jejak:visit"]) return inFolder("/visit", event);
  if (bizStep === "receiving") return event.disposition === "returned" ? "/refuse" : "/receive";
  if (ON_THE_WAY.has(bizStep)) return inFolder(`/${STEPS[bizStep]}`, event);
  return STEPS[bizStep] ? `/${STEPS[bizStep]}` : "/more";
}

export const correct = {
  id: "correct",
  icon: "change",
  questions(ctx, a) {
    const list = correctable(ctx);
    const record = list.find((one) => one.key === (a.record ?? ctx.of?.key));
    const parts = record && changeable(record);
    const other = record && (isTest(record.event) ? "test" : parts.amounts.length > 0 ? "goods" : "content");
    const wrong = a.wrong ?? undefined;
    return [
      { id: "record", kind: "choice", label: "acts-q-record", none: "acts-none-records", options: list.slice(0, 50).map((one) => ({ value: one.key, record: one })), ...(record ? { value: record.key } : {}) },
      record && {
        id: "wrong", kind: "choice", label: "acts-q-wrong", of: ["record"],
        options: [
          // what was signed on another phone is here as it was signed only, and is voided and entered anew
          (parts.amounts.length > 0 || parts.days) && { value: "values", key: "acts-wrong-values", note: "acts-wrong-values-note" },
          { value: "goods", key: `acts-wrong-${other}`, note: `acts-wrong-${other}-note` },
          { value: "never", key: "acts-wrong-never", note: "acts-wrong-never-note" },
        ].filter(Boolean),
      },
      ...(wrong === "values"
        ? [
            // several amounts: which are wrong is asked by showing each old one; the same again is one tap
            ...parts.amounts.map((part) => {
              const gtin = lotParts(part.lot)?.gtin;
              const product = ctx.product(gtin);
              return { id: part.id, kind: "amount", label: "acts-q-new-amount", units: unitsOf(product, ctx.lang), gtin, lot: part.lot, zero: record.event.bizStep === "receiving", same: { amount: part.amount, unit: part.unit }, of: ["record", "wrong"], piece: ctx.profileOf(product?.commodity)?.piece };
            }),
            parts.days && { id: "days", kind: "days", label: "acts-q-days", value: parts.days, of: ["record"] },
            parts.village && ctx.places.length > 1 && { id: "village", kind: "choice", label: "acts-q-village", value: parts.village, options: [...new Set(ctx.places.map((one) => one.village).filter(Boolean).concat(parts.village))].map((value) => ({ value, label: ctx.name(ctx.places.find((one) => one.village === value)?.name) || value })) },
          ]
        : []),
    ];
  },

  /** @returns {{voided, reason, after, anew}}: what is signed first, and how the replacement differs; `anew` leads to the empty form of the act (formAnew) */
  build(ctx, a) {
    const record = correctable(ctx).find((one) => one.key === a.record);
    const lots = LISTS.flatMap((list) => (record.event[list] ?? []).map((part) => part.epcClass));
    const parts = changeable(record);
    return {
      act: "correct", record, voided: recordUri(record.id), reason: a.wrong === "never" ? "did_not_occur" : "incorrect_data", after: ctx.newest(lots),
      change: a.wrong === "values" ? { amounts: Object.fromEntries(parts.amounts.map((part) => [part.id, a[part.id]])), days: a.days, village: a.village } : undefined,
      anew: a.wrong === "goods",
      input: { lots: lots.map((lot) => ({ lot })) },
    };
  },

  say(ctx, a) {
    const { record, change } = correct.build(ctx, a);
    const parts = changeable(record);
    return [
      { key: "acts-say-correct", args: { number: String(record.seq) } },
      ...parts.amounts.filter((part) => change && inBase(change.amounts[part.id].amount, change.amounts[part.id].unit) !== inBase(part.amount, part.unit)).map((part) => ({
        key: "acts-say-old-new", args: { lot: lotParts(part.lot).number }, old: { amount: part.amount, unit: part.unit }, amount: change.amounts[part.id],
      })),
      change?.days && parts.days && (change.days.first !== parts.days.first || change.days.last !== parts.days.last) && { key: "acts-say-new-days", days: change.days, args: { place: "" } },
      { key: change ? "acts-say-two-records" : "acts-say-one-void", args: {} },
      a.wrong === "goods" && { key: isTest(record.event) ? "acts-say-test-anew" : "acts-say-anew", args: {} },
    ];
  },

  /** Goods that are gone already: what would be short after the correction, and that the lot is locked then. */
  cautions(ctx, a) {
    const { record, change } = correct.build(ctx, a);
    const grows = record.event.action === "ADD" || record.event.type === "TransformationEvent";
    if (!grows) return [];
    return changeable(record).amounts.filter((part) => part.list !== "inputQuantityList").flatMap((part) => {
      const held = ctx.stock(part.lot);
      if (!held) return [];
      const now = change ? inBase(change.amounts[part.id].amount, change.amounts[part.id].unit) : "0";
      const left = plus(minus(held.amount, inBase(part.amount, part.unit)), now);
      return compare(left, "0") < 0 ? [{ key: "acts-caution-deficit", args: { lot: lotParts(part.lot).number }, base: { amount: minus("0", left), base: held.base } }] : [];
    });
  },
};

/** The two drafts of a correction: the void, and with changed values the replacement, which waits for the void's number. */
export function drafts(built, voidDraft) {
  const voids = { act: "correct", payload: built.record.payload, voids: built.voided, reason: built.reason, input: { after: built.after } };
  if (!built.change) return [voids];
  const { input: old, act } = built.record.source;
  const input = structuredClone(old);
  const lists = { quantityList: "lots", childQuantityList: "lots", inputQuantityList: "inputs", outputQuantityList: "outputs" };
  for (const [key, { amount, unit }] of Object.entries(built.change.amounts)) {
    const [list, at] = key.split(":");
    Object.assign(input[lists[list]][Number(at)], { amount, unit });
  }
  if (built.change.days && input.harvestStart) Object.assign(input, { harvestStart: built.change.days.first, harvestEnd: built.change.days.last });
  if (built.change.village) input.village = built.change.village;
  Object.assign(input, { after: [], givesUp: undefined });
  return [voids, { act, input, time: built.record.event.eventTime, replacesDraft: voidDraft }];
}
