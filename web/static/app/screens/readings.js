// Where what a label names leads: a lot to its sheet or to the form that asked for it, a container to the lots in it, a place to its page.
// By what this phone knows, so that it works without a signal. What a text names is scan.js's.

import { name, t } from "../i18n.js";
import { path } from "../router.js";
import * as session from "../session.js";
import * as store from "../store.js";
import { productName } from "../wording.js";

const lists = () => {
  const { held = [], toInspect = [], failed = [], incoming = [], containers = [] } = session.work() ?? {};
  return { lots: [...held, ...toInspect, ...failed], incoming, containers };
};

// Lots that this phone knows, which rank before those that it does not.
const isKnown = async (gtin, lot) => lists().lots.some((one) => one.gtin === gtin && one.number === lot) || (await store.get("cache", `lot:${gtin}/${lot}`)) !== undefined;

async function lot({ gtin, lot: number, serial }, then) {
  const to = `${then ?? "/lot"}${path`/${gtin}/${number}`}`;
  return { icon: "box", title: `${productName(gtin)} ${number}`, note: serial ? t("serial", { serial }) : t("lot-word"), to, known: await isKnown(gtin, number) };
}

// What is in a container, and the shipment that it came with.
async function container({ sscc }, then) {
  const { incoming, containers } = lists();
  const has = (list) => (list ?? []).some((one) => one.endsWith(sscc));
  const shipment = incoming.find((one) => has(one.containers));
  const lots = containers.filter((one) => has([one.sscc])).flatMap((one) => one.lots);
  const inside = await Promise.all(lots.map((one) => lot({ gtin: one.gtin, lot: one.number }, then)));
  const receive = shipment && !then ? [{ icon: "truck", title: t("do-receive"), note: name(shipment.name), to: path`/receive/of/${shipment.shipment}`, known: true }] : [];
  const found = [...receive, ...inside];
  return found.length > 0 ? found : [{ icon: "truck", title: sscc, note: t("container-word"), page: `/00/${sscc}` }];
}

function place({ gln }) {
  const { places = [], counterparts = [] } = session.kit() ?? {};
  const found = places.find((one) => one.gln === gln) ?? counterparts.find((one) => one.party.endsWith(`/417/${gln}`));
  return { icon: "pin", title: name(found?.name) || gln, note: t("place-word"), page: `/414/${gln}` };
}

/**
 * What a reading of scan.js leads to: [{ icon, title, note, known, to: address of a screen, or page: path of a page of the node }].
 * `then` is the screen that asked for a lot.
 */
export async function leadsTo({ key }, then) {
  if (key.lot) return [await lot(key, then)];
  if (key.sscc) return container(key, then);
  if (key.gln) return [place(key)];
  const to = then ? `/scan?gtin=${key.gtin}&then=${then}` : `/scan?gtin=${key.gtin}`;
  return [{ icon: "leaf", title: productName(key.gtin), note: t("product-without-lot"), to }];
}

/** Why a text names nothing, in a sentence; `lot` is the number of a lot without its product. */
export function whyNothing({ error, lot: number }) {
  if (number) return t("only-lot", { lot: number });
  return t(error ? `scan-${error.code}` : "not-read");
}
