// What a market asks for of goods of one form: its list of complete tests, the sets of limits, and which of them exclude each other.
//
// What it is not: the verdict (verdict.js). `complete` answers for one inspection what src/quality/complete.rs answers for a lot.

/** Every limit of a set, with the path to it gone. */
export function limitsOf(rule) {
  return rule.allOf ? rule.allOf.flatMap(limitsOf) : rule.anyOf ? rule.anyOf.flatMap(limitsOf) : [rule];
}

/** The market under which a profile knows a code: itself, or the group of the country. */
export function marketOf(profile, code) {
  const named = (market) => profile.requirements.some((one) => one.market === market) || profile.completeTests.some((one) => one.market === market);
  if (named(code)) return code;
  return Object.entries(profile.marketGroups ?? {}).find(([group, countries]) => countries.includes(code) && named(group))?.[0];
}

export function listOf(profile, form, market) {
  const known = marketOf(profile, market);
  return profile.completeTests.find((one) => one.form === form && one.market === known);
}

/** Whether a limit of a set is for a form and in force on a day. */
export function applies(limit, set, form, day) {
  const forms = limit.forms?.length > 0 ? limit.forms : set.forms ?? [];
  return (forms.length === 0 || forms.includes(form)) && !(limit.from > day) && !(limit.until <= day);
}

const judges = (limit) => limit.min !== undefined || limit.max !== undefined || (limit.words ?? []).length > 0;

/** The part of a set's id that says which variety, class or type it is for: what stands behind the standard. */
export function variantOf(set) {
  const standard = `/${set.standard.replaceAll(" ", "-")}/`;
  const at = set.id.indexOf(standard);
  return at < 0 ? undefined : set.id.slice(at + standard.length);
}

/**
 * Sets of the list that exclude each other (classes, varieties, types): groups of variants that limit the same parameter.
 * @returns {[{id, options: [variant]}]}
 */
export function variants(profile, list, form, day) {
  const sets = list.requirements.map((id) => profile.requirements.find((one) => one.id === id)).filter((set) => set && variantOf(set));
  const groups = [];
  for (const set of sets) {
    const parameters = new Set(set.rules.flatMap(limitsOf).filter((limit) => applies(limit, set, form, day) && judges(limit)).map((limit) => limit.parameter));
    if (parameters.size === 0) continue;
    const touching = groups.filter((group) => group.options.includes(variantOf(set)) || [...parameters].some((one) => group.parameters.has(one)));
    const joined = { options: [], parameters: new Set() };
    for (const group of [...touching, { options: [variantOf(set)], parameters }]) {
      for (const one of group.options) if (!joined.options.includes(one)) joined.options.push(one);
      for (const one of group.parameters) joined.parameters.add(one);
    }
    groups.splice(0, groups.length, ...groups.filter((group) => !touching.includes(group)), joined);
  }
  return groups.filter((group) => group.options.length > 1).map((group) => ({ id: group.options.join("|"), options: group.options }));
}

/** The sets that count, once of each group one variant was chosen. */
export function setsOf(profile, list, groups, chosen) {
  const sets = list.requirements.map((id) => profile.requirements.find((one) => one.id === id)).filter(Boolean);
  return sets.filter((set) => {
    const group = groups.find((one) => one.options.includes(variantOf(set)));
    return !group || chosen[group.id] === variantOf(set);
  });
}

/**
 * With the sets of another variant that alone limit a parameter that is asked for, and nothing that the chosen ones limit: the log may not
 * know the variant, and asks for what each would.
 */
export function withLacking(profile, list, chosen, asked, form, day) {
  const limited = (set, gating) => set.rules.flatMap(limitsOf).filter((limit) => applies(limit, set, form, day) && judges(limit) && (!gating || (!limit.advisory && set.force !== "advisory"))).map((limit) => limit.parameter);
  const known = new Set(chosen.flatMap((set) => limited(set)));
  const others = list.requirements.map((id) => profile.requirements.find((one) => one.id === id)).filter((set) => set && !chosen.includes(set));
  const added = others.filter((set) => limited(set, true).some((id) => asked.includes(id) && !known.has(id)) && !limited(set).some((id) => known.has(id)));
  return [...chosen, ...added];
}

/** Whether a condition holds, by what this inspection measured; undefined when it is not decided here. */
function holds(when, facts) {
  if (when.anyOf) {
    const each = when.anyOf.map((one) => holds(one, facts));
    return each.includes(true) ? true : each.includes(undefined) ? undefined : false;
  }
  if (when.parameter) {
    const largest = facts.largest(when.parameter);
    if (largest === undefined) return undefined;
    return when.above !== undefined ? facts.isAbove(largest, when.above) : !facts.isAbove(largest, when.atMost);
  }
  const unless = when.unless ?? [];
  const has = (claim) => facts.claims.includes(claim);
  const [yes, no] = [when.claim ? has(when.claim) : facts.processes.includes(when.process), unless.some(has)];
  if (yes) return no && when.claim ? undefined : true;
  return unless.length === 0 || no ? false : undefined;
}

/** Parameters asked for, in order: each a list of which one is enough. What is undecided adds, and drops nothing. */
export function due(list, facts) {
  const all = [...(list.all ?? [])];
  const dropped = new Set();
  for (const change of list.conditional ?? []) {
    const held = holds(change.when, facts);
    if (held !== false) for (const id of change.add ?? []) if (!all.includes(id)) all.push(id);
    if (held === true) for (const id of change.drop ?? []) dropped.add(id);
  }
  return [...all.filter((id) => !dropped.has(id)).map((id) => [id]), ...(list.oneOf ?? [])];
}

/** Parameters of the list that results do not settle. */
export function lacking(profile, list, form, day, asked, results, known) {
  const spoilt = new Set(results.filter((one) => ["fail", "inconclusive"].includes(one.verdict)).map((one) => `${one.parameter}\n${one.set}`));
  const passed = (id, advisory) =>
    results.some((one) => one.parameter === id && one.verdict === "pass" && one.advisory === advisory && !spoilt.has(`${id}\n${one.set}`) && list.requirements.includes(one.set));
  const informs = (id) =>
    list.requirements.some((setId) => {
      const set = profile.requirements.find((one) => one.id === setId);
      return set?.rules.flatMap(limitsOf).some((limit) => limit.parameter === id && judges(limit) && applies(limit, set, form, day) && (set.force === "advisory" || limit.advisory));
    });
  const settled = (id) => {
    if (!(id in (list.known ?? {}))) return passed(id, false);
    // an adopted specification settles what the list has for information
    const adopted = results.some((one) => one.parameter === id && one.verdict === "pass" && one.set?.startsWith("SPEC/"));
    return informs(id) ? passed(id, true) || adopted : known.includes(id);
  };
  return asked.filter((oneOf) => !oneOf.some(settled));
}
