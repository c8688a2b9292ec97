// The live verdict of a form: adapts what was typed to ../judge.js, the one judge of pages and app.
//
// What it is not: a judge of its own, nor the ledger's verdict, which is computed anew when the record arrives.
import { judge, measuredOf, need as planNeed } from "../judge.js";
import { inBase, netOf } from "./units.js";
import { lotSize } from "./plan.js";

const PARAMETER = "urn:jejak:param:";

/** A value as a form has it, as the judge reads it. */
const measured = ({ parameter, value, unit, uncertainty, units }) =>
  measuredOf({ type: PARAMETER + parameter, stringValue: value, uom: unit, "jejak:uncertainty": uncertainty || undefined, "jejak:units": units });

/** {pieces, grams} of an amount in base units, as far as they are known. */
export function sizeOf(product, base, amount) {
  if (amount === undefined) return {};
  const size = lotSize({ g: "gram", ml: "millilitre" }[base] ?? base, amount, netOf(product));
  return Object.fromEntries(Object.entries(size).flatMap(([of, count]) => (count === undefined ? [] : [[of, Number(count)]])));
}

export { inBase, planNeed };

/**
 * @param values [{parameter, value, unit, uncertainty, units}]
 * @param sets requirement sets of the profile, and specifications in their form
 * @returns {{verdict, results: [{at, parameter, verdict, limit, set, advisory}]}}
 */
export function judged({ profile, form, sets, values, day, size = {} }) {
  const { verdict, results } = judge(profile, form, sets, values.map(measured), { day, size });
  return { verdict, results: results.map((one) => ({ ...one, parameter: values[one.at].parameter })) };
}
