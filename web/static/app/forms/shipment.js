// What a form knows of the shipment to whose folder it adds: who its parties are, which goods it has, what stands in the folder.
//
// A shipment is the record that shipped it. A form opened from its screen has it whole (`ctx.folder`); one that is opened for goods finds it
// by them. What it is not: the folder on the screen (folder.js), nor how it comes to the phone (folders.js).
import { party } from "./ask.js";
import { lotParts, recordUri } from "./context.js";
import { incoming } from "./receive.js";
import { underWay } from "./ship.js";

/** More lots than these have no room in a record. */
const MOST_NAMED = 200;

const each = (parts) => [...new Set((parts ?? []).map(({ lot }) => lot))];

/** The lots of the shipment that the form was opened for, as the record names them; none of a very large one. */
export function lotsOf(ctx) {
  const lots = each(ctx.folder?.lots);
  return lots.length > MOST_NAMED ? [] : lots;
}

/** Those by which a payment is found, of a shipment that is chosen in the form too: of a very large one the first. */
export const lotsOfShipment = (ctx, shipment) =>
  each((ctx.folder ?? [...underWay(ctx), ...incoming(ctx)].find((one) => one.shipment === shipment))?.lots).slice(0, MOST_NAMED);

/** The URI of the shipment that a record about these lots belongs to: the one that the form was opened for, else the only one under way that has them all. */
export function shipmentOf(ctx, lots = []) {
  if (ctx.folder) return recordUri(ctx.folder.shipment);
  if (lots.length === 0) return undefined;
  const known = new Map([...underWay(ctx), ...incoming(ctx)].map((one) => [one.shipment, one]));
  const fit = [...known.values()].filter((one) => lots.every((lot) => (one.lots ?? []).some((part) => part.lot === lot)));
  // of a lot that also lies here loose, it is not known which part is meant
  const isHere = lots.some((lot) => ctx.held().some((one) => one.lot === lot));
  return fit.length === 1 && !isHere ? fit[0].shipment : undefined;
}

/** Everybody whom the folder names, without this party: [{party, name}]. */
function partiesOf(ctx) {
  const { folder } = ctx;
  const named = folder ? [folder.from, folder.to, folder.shippedBy, ...(folder.payments ?? []).flatMap(({ from, to }) => [from, to]), ...(folder.handovers ?? []).flatMap(({ from, to }) => [from, to])] : [];
  const all = new Map(named.filter((one) => one?.party && one.party !== ctx.own).map((one) => [one.party, one]));
  return [...all.values()];
}

/** What this party sells or buys by the shipment: "seller" who sent it, "buyer" who gets it. */
export const sideOf = (ctx) => (ctx.folder?.from.party === ctx.own ? "seller" : ctx.folder?.to.party === ctx.own ? "buyer" : undefined);

// Who deals with whom: no authority, region or laboratory.
const TRADERS = ["producer", "processor", "forwarder", "buyer"];

/** The other side of a paper: those of the shipment first, the one that gets or sent it stands. */
export function otherSide(ctx, id, label, { last } = {}) {
  const asked = party(ctx, id, label, { last, roles: TRADERS });
  const near = partiesOf(ctx).map((one) => ({ value: one.party, label: ctx.name(one.name) || one.party, roles: [] }));
  const options = [...near, ...asked.options.filter((one) => near.every((other) => other.value !== one.value))];
  const other = { seller: ctx.folder?.to.party, buyer: ctx.folder?.from.party }[sideOf(ctx)];
  const value = other ?? (options.some((one) => one.value === last) ? last : undefined);
  return { ...asked, options, search: options.length > 6, ...(value ? { value } : {}) };
}

/** Who somebody is, by name. */
export const nameOf = (ctx, uri) =>
  ctx.name(partiesOf(ctx).find((one) => one.party === uri)?.name) || ctx.name(ctx.counterparts.find((one) => one.party === uri)?.name) || uri;

/** Numbers of lots, or of how many there are. */
export const numbersOf = (lots) => lots.map((lot) => lotParts(lot)?.number ?? lot.slice(-18)).join(", ");

/** The last part of a URI, as names of documents have it. */
export const tail = (uri) => uri.split(/[/:]/).at(-1);
