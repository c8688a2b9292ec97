// A paper that the other side signed is rejected: its signature counts for nothing from then on, and the reason is public. The record names the
// same documents, parties and goods as the one that it rejects (docs/rules.md, "Rejection"). What it is not: the refusal of goods (receive.js).
import { kindOfType } from "../events.js";
import { codes } from "./ask.js";
import { recordUri } from "./context.js";
import { nameOf } from "./shipment.js";

const WHY = ["wrong-papers", "wrong-amount", "wrong-goods", "not-ordered", "other-reason"];

const party = (list) => (list ?? []).find((one) => one.type === "owning_party");

/** The documents of an event, as the writer of events takes them. */
export function documentsOf(event) {
  const more = new Map((event["jejak:documents"] ?? []).map((one) => [one["jejak:document"], one]));
  return (event.bizTransactionList ?? []).map(({ type, bizTransaction }) => {
    const stated = more.get(bizTransaction) ?? {};
    return {
      kind: stated["jejak:kind"] ?? kindOfType(type), document: bizTransaction, number: stated["jejak:number"], issuer: stated["jejak:issuer"], date: stated["jejak:date"],
      until: stated["jejak:until"],
    };
  });
}

/** What the other side signed, as far as it is on this phone. */
const rejected = (ctx) => (ctx.of.record ? ctx.event(recordUri(ctx.of.record)) : undefined);

export const reject = {
  id: "reject",
  icon: "close",
  questions: (ctx) => [
    rejected(ctx)
      ? { id: "reason", kind: "choice", label: "acts-q-reject-why", options: codes("acts-why", WHY) }
      : { id: "reason", kind: "choice", label: "acts-q-reject-why", options: [], none: "acts-none-record" },
  ],
  build(ctx, a) {
    const event = rejected(ctx);
    const containers = event.epcList ?? [];
    return {
      act: "trade",
      input: {
        lots: (event.quantityList ?? []).map(({ epcClass }) => ({ lot: epcClass })), ...(containers.length > 0 ? { containers } : {}),
        from: party(event.sourceList)?.source, to: party(event.destinationList)?.destination, ...(event["jejak:shipment"] ? { shipment: event["jejak:shipment"] } : {}),
        ...(event["jejak:transfer"] ? { transfer: true } : {}), documents: documentsOf(event), rejects: recordUri(ctx.of.record), reason: a.reason,
      },
    };
  },
  say(ctx, a) {
    const event = rejected(ctx);
    const [first] = documentsOf(event);
    const sides = [party(event.sourceList)?.source, party(event.destinationList)?.destination];
    return [
      { key: "acts-say-reject", args: { number: first?.number ?? "", from: nameOf(ctx, sides.find((one) => one !== ctx.own) ?? "") } },
      { key: `acts-why-${a.reason}`, args: {} },
      { key: "acts-say-reject-counts", args: {} },
    ];
  },
};
