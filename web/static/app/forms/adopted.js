// Specifications that parties adopted for a lot, as an inspection takes them: sets of limits that gate beside those of the market's list, and
// parameters that are asked for as well (docs/rules.md, "Specifications"). Which ones a lot must keep to the node says with the lot; their files
// are kept on the phone.
import { limitsOf, marketOf } from "./market.js";

/** {sets, unread} of a lot for a market on a day. `unread`: how many there are whose file this phone does not have. */
export function adoptedFor(ctx, lot, { profile, form, market, day }) {
  const files = (ctx.lot(lot)?.specifications ?? []).map(({ record, blake3 }) => ({ record, file: ctx.file(blake3) }));
  const fits = ({ forms, market: only, from, until }) => forms.includes(form) && (!only || marketOf(profile, only) === marketOf(profile, market)) && !(from > day) && !(until <= day);
  const sets = files.filter(({ file }) => file && fits(file)).map(({ record, file: { names, version, forms, decision, rules } }) => ({
    id: `SPEC/${record}`, standard: `${names.en} ${version}`, names, force: "contract", forms, decision, rules,
  }));
  return { sets, unread: files.filter(({ file }) => !file).length };
}

/** The parameters of each rule, of which one is enough. */
const asks = (sets) => sets.flatMap((set) => set.rules.map((rule) => ({ set, ids: [...new Set(limitsOf(rule).map(({ parameter }) => parameter))] })));

/** What a list asks for, and what these sets ask for beside it; of a list's alternatives the one that a set wants. */
export function withAdopted(asked, sets) {
  return asks(sets).reduce((list, { ids }) => {
    if (list.some((oneOf) => oneOf.every((id) => ids.includes(id)))) return list;
    const at = ids.length === 1 ? list.findIndex((oneOf) => oneOf.includes(ids[0])) : -1;
    return at < 0 ? [...list, ids] : list.map((oneOf, i) => (i === at ? ids : oneOf));
  }, asked);
}

/** What results do not settle of these sets. */
export const lackingOf = (sets, results) =>
  asks(sets).filter(({ set, ids }) => !ids.some((id) => {
    const own = results.filter((one) => one.parameter === id && one.set === set.id);
    return own.some(({ verdict }) => verdict === "pass") && !own.some(({ verdict }) => ["fail", "inconclusive"].includes(verdict));
  })).map(({ ids }) => ids);
