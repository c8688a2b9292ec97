// What is still missing before goods of this party may be exported, as the node answered it by the export guides in force (renew.js): for the
// home screen, also without a signal. The whole answer is a page of the node.

import { placeOf } from "./cache.js";
import { get } from "./store.js";
import { path } from "./router.js";

/** The page of the answer. */
export const pageOf = ({ gtin, number, market }) => `${path`/lots/${gtin}/${number}/readiness`}?market=${market}`;

// Papers of a lot that an export guide asks for and that are not there: the types that would do, and what it is called. Of an item that asks
// for several papers those that are there are left out, unless they lapsed.
const LACKING = new Set(["missing", "lapsed", "asked"]);
function kindsOf({ documents, papers, state }) {
  const left = documents.filter((kind) => state === "lapsed" || !papers?.some((one) => one.kind === kind));
  return left.length > 0 ? left : documents;
}
const papersOf = (documents) =>
  (documents ?? []).filter((item) => item.documents?.length > 0 && LACKING.has(item.state)).map((item) => ({ kinds: kindsOf(item), name: item.name }));

/** What is kept of an answer. */
export function short(lot, { market, outcome, missing, steps, documents }) {
  const next = steps.find((step) => step.state === "next" && !step.optional) ?? steps.find((step) => step.state === "next");
  return { lot: lot.lot, gtin: lot.gtin, number: lot.number, product: lot.product, market, outcome, missing, next: next?.text, papers: papersOf(documents) };
}

/** The answers that are kept, without those for the market at home: [{ lot, gtin, number, product, market, outcome, missing, next: names, papers }]. */
export const exportsOf = async (who) => ((await get("cache", placeOf("export", who)))?.value ?? []).filter(({ market }) => market !== "ID");
