// The folder of a shipment as one of its parties sees it (GET /shipments/{record}): what waits for this party, how each payment stands, and what
// this phone signed since. Pure; how it is fetched is folders.js, how it looks is screens/shipment.js.

import { bareId, recordUri } from "./uris.js";

/** The URI of a party, written as such or with its name. */
export const uriOf = (one) => one?.party ?? one ?? null;

/** The day of this phone, `2026-11-28`. */
export function today(now = new Date()) {
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** Records of a party on this phone about the shipment that are not in the folder: [{...row, event}]. @param size of the log as of the folder */
export function pendingOf(rows, party, shipment, size = 0) {
  const uri = recordUri(shipment);
  const about = rows.filter((row) => row.party === party && row.payload && row.payload.includes(uri) && !["abandoned", "draft"].includes(row.state));
  return about
    .map((row) => ({ ...row, event: JSON.parse(row.payload) }))
    .filter(({ event, index }) => event["jejak:shipment"] === uri && !(Number.isSafeInteger(index) && index < size));
}

const documentOf = (event) => event.bizTransactionList?.[0]?.bizTransaction;
const stands = ({ state }) => state !== "refused";

/** What of a folder this phone has said by now: of a handover that it was confirmed, of a payment the milestones. */
function said(pending) {
  const standing = pending.filter(stands);
  const milestones = new Map();
  for (const { event } of standing) if (event["jejak:milestone"]) milestones.set(documentOf(event), [...(milestones.get(documentOf(event)) ?? []), event["jejak:milestone"]]);
  return {
    confirms: new Set(standing.map(({ event }) => event["jejak:confirms"]).filter(Boolean).map(bareId)),
    milestones,
    rejects: new Set(standing.map(({ event }) => event["jejak:rejects"]).filter(Boolean).map(bareId)),
  };
}

/** For whom somebody signed: a record may be signed by mandate. */
export const signerOf = (one) => one.onBehalf?.party ?? one.party;

// What a side says next of a payment, or null.
function nextOf(side, hasSigned, is) {
  if (!hasSigned && !is("payment-received")) return "payment-agreed";
  if (side === "buyer") return is("payment-paid") ? null : "payment-paid";
  return is("payment-paid") && !is("payment-received") ? "payment-received" : null;
}

/**
 * How a payment stands for a party: { side: "seller" | "buyer" | null, sum: text or undefined, differs, isSealedTwice, next: milestone or null,
 * waits }. Two seals may be of one sum: only who opened all of them knows whether they differ. `next` is what this side may say next, `waits`
 * whether the other side waits for it: for the money not before it is due. @param sum(commitment) an opening that this phone has
 */
export function paymentOf(payment, own, sum, pending = [], on = today()) {
  const { milestones } = said(pending);
  const side = uriOf(payment.from) === own ? "seller" : uriOf(payment.to) === own ? "buyer" : null;
  const stages = payment.stages ?? [];
  const here = milestones.get(payment.document) ?? [];
  const is = (milestone) => stages.some((one) => one.milestone === milestone) || here.includes(milestone);
  const seals = [...new Set(stages.map(({ commitment }) => commitment).filter(Boolean))];
  const sums = new Set(seals.map((commitment) => sum(commitment)?.value).filter(Boolean));
  const isOpened = seals.every((commitment) => sum(commitment));
  const next = side && nextOf(side, here.length > 0 || stages.some((one) => one.side === side), is);
  // with a third party, by the word of who is paid, it waits for nobody
  const isKept = stages.some((one) => one.milestone === "payment-in-escrow" && one.side === "seller");
  const isDue = !isKept && (is("payment-due") || (payment.agreed === "both" && Boolean(payment.date) && payment.date <= on));
  return {
    side, sum: sums.size === 1 && isOpened ? [...sums][0] : undefined, differs: sums.size > 1, isSealedTwice: seals.length > 1 && !isOpened, next,
    waits: Boolean(next) && (next !== "payment-paid" || isDue),
  };
}

/** Handovers that the other side signed and this party has not. */
export const toConfirm = (handovers, own, pending = []) => {
  const { confirms } = said(pending);
  return (handovers ?? []).filter((one) => !one.confirmed && [uriOf(one.from), uriOf(one.to)].includes(own) && signerOf(one) !== own && !confirms.has(bareId(one.record)));
};

/** What waits for a party: [{ kind: "handover", record, other } | { kind: "payment", document, number, next }]. */
export function waitsOf(folder, own, pending = []) {
  return [
    ...toConfirm(folder.handovers, own, pending).map(({ record, from, to }) => ({ kind: "handover", record: bareId(record), other: uriOf(from) === own ? to : from })),
    ...(folder.payments ?? []).map((one) => ({ ...one, ...paymentOf(one, own, () => undefined, pending) })).filter((one) => one.waits).map(({ document, number, next }) => ({ kind: "payment", document, number, next })),
  ];
}

// What the node's list of shipments says that waits, as waitsOf() says it of a folder; goods that come are said by the work.
const LISTED = { handover: { kind: "handover" }, payment: { kind: "payment", next: "payment-agreed" }, due: { kind: "payment", next: "payment-paid" }, receipt: { kind: "payment", next: "payment-received" } };

/** The same by the node's list, where the folder is not on this phone. */
export const waitsListed = (waiting) => (waiting ?? []).filter(({ what }) => what in LISTED).map(({ what, ...more }) => ({ ...LISTED[what], ...more }));

/** Signatures of a paper that this party may reject, or sign too: of the other side of a sale, while it has not signed itself. @param event(record) what was signed, if it is here */
export function rejectable(document, own, event, pending = []) {
  const { rejects } = said(pending);
  const signed = document.signed ?? [];
  if (document.rejected || signed.some((one) => signerOf(one) === own)) return [];
  const owner = (list) => (list ?? []).find((one) => one.type === "owning_party");
  const isSide = (json) => json && [owner(json.sourceList)?.source, owner(json.destinationList)?.destination].includes(own);
  return signed.filter(({ record }) => isSide(event(recordUri(record))) && !rejects.has(bareId(record)));
}

/** What the other side stated of a payment that this side has not signed: it may be rejected, one after the other. */
export function refusable(payment, own, pending = []) {
  const { milestones, rejects } = said(pending);
  const stages = payment.stages ?? [];
  const isSide = [uriOf(payment.from), uriOf(payment.to)].includes(own);
  if (!isSide || milestones.has(payment.document) || stages.some((one) => signerOf(one) === own)) return [];
  return stages.filter(({ record }) => !rejects.has(bareId(record)));
}

/** The records of others that a party may reject, by their ids: their content is kept with the folder. */
export function answerable(folder, own) {
  const papers = (folder.documents ?? []).flatMap(({ document, rejected, signed }) => (!document || rejected || signed.some((one) => signerOf(one) === own) ? [] : signed));
  const others = [...papers, ...(folder.payments ?? []).flatMap((one) => refusable(one, own))];
  return [...new Set(others.map(({ record }) => bareId(record)))];
}
