// A paper about goods: an order, an invoice, a bill of lading, a certificate. Which, its number, who issued it, its day and until when it is
// valid, with the file. It moves nothing, and prices are never asked.
//
// A paper of a sale (order, invoice, contract) has two sides, and its name is made of what stands on it, so that both sides name the same.
// With a shipment it stands in its folder. The file of a certificate is opened for everybody, of any other paper for the parties alone.
// What it is not: a change of owner (trade.js), a payment (payment.js).
import { codes, day } from "./ask.js";
import { localDay, lotParts } from "./context.js";
import { lotsOf, nameOf, numbersOf, otherSide, shipmentOf, sideOf, tail } from "./shipment.js";
import { travelling } from "./travel.js";

/** Papers of a sale, which name both sides. */
const SALES = ["order", "order-confirmation", "invoice", "contract"];
const CERTIFICATES = ["health-certificate", "phytosanitary-certificate", "certificate-of-origin", "certificate"];
const PAPERS = ["invoice", "packing-list", "bill-of-lading", "air-waybill", ...CERTIFICATES, "order", "order-confirmation", "contract"];
// What everybody may read: certificates of offices and of laboratories. All else may name prices or terms.
const PUBLIC = new Set([...CERTIFICATES, "fish-health-certificate", "smkhp", "letter-of-origin", "residue-report", "sds", "ifra-certificate", "ispm15", "catch-certificate"]);
// What is valid for a time.
const NEVER_ENDS = new Set([...SALES, "packing-list", "bill-of-lading", "air-waybill"]);

const NUMBER = { pattern: "^[A-Za-z0-9][A-Za-z0-9./_\\-]{0,39}$", wrong: "acts-document-number-wrong" };

const isSale = (kind) => SALES.includes(kind);

/** The papers that an export guide still asks for of these lots: [{kind, name, market}], each kind once. */
export function asked(ctx, lots) {
  const found = new Map();
  for (const { lot, market, papers = [] } of ctx.exports) {
    if (!lots.includes(lot)) continue;
    for (const { kinds, name } of papers) {
      const kind = kinds.find((one) => PAPERS.includes(one)) ?? kinds[0];
      if (!found.has(kind)) found.set(kind, { kind, name, market });
    }
  }
  return [...found.values()];
}

/** What is still missing first, then what there is. */
function kinds(ctx, lots) {
  const missing = asked(ctx, lots).map(({ kind, name, market }) => ({ value: kind, ...(PAPERS.includes(kind) ? { key: `acts-document-${kind}` } : { label: ctx.name(name) }), missing: market }));
  return [...missing, ...codes("acts-document", PAPERS.filter((kind) => missing.every((one) => one.value !== kind)))];
}

/** A paper that the other side signed, to be signed too. */
const shown = (ctx) => ctx.folder?.documents?.find((one) => one.document === ctx.of.document);

/** Which side of it this party is, and who the other is. */
function sidesOf(ctx, { from, to }) {
  if (!from || !to) return { side: "other" };
  return from === ctx.own ? { side: "seller", with: to } : to === ctx.own ? { side: "buyer", with: from } : { side: "other" };
}

function lotsNamed(ctx, a) {
  return ctx.folder ? lotsOf(ctx) : (a.lots ?? (ctx.of.lot ? [ctx.of.lot] : []));
}

export const paper = {
  id: "paper",
  icon: "doc",
  questions(ctx, a) {
    const there = shown(ctx);
    const kind = a.paper ?? there?.kind;
    const lots = lotsNamed(ctx, a);
    const list = kinds(ctx, lots);
    const options = there && list.every((one) => one.value !== there.kind) ? [{ value: there.kind, label: there.kind }, ...list] : list;
    // who neither sent nor gets the shipment, such as a facilitator, attaches what others issued
    const stated = there && sidesOf(ctx, there);
    const side = stated?.side ?? sideOf(ctx) ?? (ctx.folder ? "other" : ctx.remembered["trade:side"]);
    const sides = sideOf(ctx) ? ["seller", "buyer"] : ["seller", "buyer", "other"];
    const issuer = there?.issuer ?? ctx.remembered[`issuer:${kind}`];
    const other = stated?.with;
    return [
      !ctx.folder && travelling(ctx),
      { id: "paper", kind: "choice", label: "acts-q-paper", options, ...(there ? { value: there.kind } : {}) },
      ...(isSale(kind)
        ? [
            (a.side ?? side) !== "other" && { ...otherSide(ctx, "with", "acts-q-trade-with", { last: ctx.remembered["trade:with"] }), ...(other ? { value: other } : {}) },
            { id: "side", kind: "choice", label: "acts-q-side", options: codes("acts-side", sides), ...(side ? { value: side } : {}) },
          ]
        : []),
      { id: "number", kind: "text", label: "acts-q-document-number", ...NUMBER, of: ["paper"], ...(there?.number ? { value: there.number } : {}) },
      kind && !isSale(kind) && { id: "issuer", kind: "text", label: "acts-q-issuer", pattern: "^.{1,120}$", wrong: "acts-text-long", most: 120, of: ["paper"], ...(issuer ? { value: issuer } : {}) },
      day("day", "acts-q-document-day", { value: there?.date ?? localDay(ctx.now, ctx.offset) }),
      kind && !NEVER_ENDS.has(kind) && day("until", "acts-q-until", { optional: true, of: ["paper"], ...(there?.until ? { value: there.until } : {}) }),
      kind && { id: "files", kind: "photos", label: "acts-q-file", of: ["paper"], as: options.find((one) => one.value === kind) ?? { value: kind }, isPrivate: (a.access ?? defaultAccess(kind)) === "restricted" },
      kind && a.files?.length > 0 && { id: "access", kind: "choice", label: "acts-q-access", options: codes("acts-access", ["restricted", "public"]), value: defaultAccess(kind), of: ["paper"] },
    ];
  },
  build(ctx, a) {
    const lots = lotsNamed(ctx, a);
    const [named, containers] = [lots.filter(lotParts), lots.filter((one) => !lotParts(one))];
    const shipment = shipmentOf(ctx, named);
    const there = shown(ctx);
    const typed = !isSale(a.paper) || a.side === "other" ? [] : a.side === "seller" ? [ctx.own, a.with] : [a.with, ctx.own];
    // who signs what the other side signed repeats its two sides
    const [from, to] = there?.from && there?.to ? [there.from, there.to] : typed;
    const seller = from ?? (isSale(a.paper) ? ctx.folder?.from.party : undefined);
    const document = there?.document ?? ["urn:jejak:doc", a.paper, ...(seller ? [tail(seller)] : []), encodeURIComponent(a.number)].join(":");
    const { number, issuer, day: date, until } = a;
    const access = a.access ?? defaultAccess(a.paper);
    return {
      act: "trade",
      input: {
        lots: named.map((lot) => ({ lot })), ...(containers.length > 0 ? { containers } : {}), ...(from ? { from, to } : {}), ...(shipment ? { shipment } : {}),
        documents: [{ kind: a.paper, document, number, ...(issuer ? { issuer } : {}), date, ...(until ? { until } : {}) }], after: ctx.newest(named),
      },
      evidence: (a.files ?? []).map((file) => ({ ...file, documentType: a.paper, access, number, issuer, from: date, until })),
      remember: { ...(from ? { "trade:with": a.with, "trade:side": a.side } : {}), ...(issuer ? { [`issuer:${a.paper}`]: issuer } : {}) },
    };
  },
  say(ctx, a) {
    const lots = lotsNamed(ctx, a);
    const option = kinds(ctx, lots).find((one) => one.value === a.paper);
    return [
      option?.key ? { key: option.key, args: {} } : { key: "acts-say-document", args: { document: option?.label ?? a.paper } },
      { key: "acts-say-paper", args: { number: a.number }, days: { first: a.day, last: a.day } },
      isSale(a.paper) && a.side !== "other" && { key: "acts-say-with", args: { with: nameOf(ctx, a.with) } },
      isSale(a.paper) && { key: `acts-side-${a.side}`, args: {} },
      a.issuer && { key: "acts-say-issuer", args: { issuer: a.issuer } },
      a.until && { key: "acts-say-until", args: {}, days: { first: a.until, last: a.until } },
      ctx.folder && { key: "acts-say-shipment", args: { to: ctx.name(ctx.folder.to.name) || ctx.folder.to.party } },
      lots.length > 0 && { key: "acts-say-about", args: { lots: numbersOf(lots) } },
      a.files?.length > 0 && { key: `acts-say-file-${a.access ?? defaultAccess(a.paper)}`, args: {} },
      { key: "acts-say-trade-only", args: {} },
    ];
  },
  cautions: (ctx, a) => (a.until && (a.until < a.day || a.until < localDay(ctx.now, ctx.offset)) ? [{ key: "acts-caution-ended", args: {} }] : []),
};

function defaultAccess(kind) {
  return PUBLIC.has(kind) ? "public" : "restricted";
}
