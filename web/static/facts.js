// What the signed records say of a lot: the records about it, its holds and tests, and the best state that they allow. A page may show a
// worse one: amounts and rules about goods are not checked here. How a page is compared with it is in compare.js.

import { same } from "./bytes.js";
import { EVENT } from "./cose.js";
import { judge, measuredOf } from "./judge.js";
import { marked } from "./registry.js";

const LISTS = ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"];
export const MADE = ["quantityList", "outputQuantityList"];
export const of = (json, lists = LISTS) => lists.flatMap((list) => json[list] ?? []).map((element) => element.epcClass);
export const id = (uri) => String(uri).replace("urn:jejak:record:", "");
export const gtinOf = (lot) => /^https:\/\/id\.gs1\.org\/01\/([0-9]{14})\/10\//.exec(lot)?.[1];
const CONTAINER = "https://id.gs1.org/00/";
export const containersOf = (json) =>
  [json.parentID, ...(json.epcList ?? []), ...(json.childEPCs ?? [])].filter((epc) => String(epc).startsWith(CONTAINER));
const SAMPLE = "urn:jejak:sample:";
const sampleOf = (json) =>
  json["jejak:sample"]?.["jejak:id"] ??
  (json.bizTransactionList ?? []).map((document) => document.bizTransaction).find((name) => name.startsWith(SAMPLE))?.slice(SAMPLE.length);
export const recalls = ({ json }) => json.persistentDisposition?.set?.includes("recalled");
// a test of a lot; without goods it is monitoring of a place
export const inspects = ({ json }) => json.bizStep === "inspecting" && of(json).length > 0;
export const reportsOf = (json) => (json.sensorElementList ?? []).flatMap((element) => element.sensorReport);

// Grace to enter a test after the end of its accreditation: 14 days, in seconds.
const GRACE = 14 * 24 * 60 * 60;

// Whether an inspection's signer is accredited for the product at the event's time, as of now in the log; and whether all its
// accreditations had ended long before the inspection was entered.
export function accredited({ accreditations, products }, { record, json, clock }) {
  const at = Date.parse(json.eventTime) / 1000;
  const covers = (scope) => scope === "*" || scope === products.get(gtinOf(of(json)[0]))?.commodity;
  const held = (accreditations.get(record.iss) ?? []).filter((a) => a.scope.some(covers));
  const late = held.every((a) => clock >= a.until + GRACE);
  return { accredited: held.some((a) => a.from <= at && at < a.until), late, bodies: held.map(({ body, number }) => `${body} ${number}`) };
}

// `lot` and its ancestors, by the processes among `events`.
function family(lot, events) {
  const found = new Set([lot]);
  for (const name of found) {
    for (const { json } of events) {
      if (of(json, ["outputQuantityList"]).includes(name)) of(json, ["inputQuantityList"]).forEach((input) => found.add(input));
    }
  }
  return found;
}

// The value of `make(key)`, made once; `open` while it is being made.
function once(known, key, make, open) {
  if (!known.has(key)) {
    known.set(key, open);
    known.set(key, make());
  }
  return known.get(key);
}

export class Facts {
  // `profiles` and `specifications`: files by their hash
  constructor(records, registry, lot, lang, words, profiles = new Map(), specifications = new Map()) {
    const events = records.filter(({ record }) => record.contentType === EVENT);
    const byId = new Map(records.map((r) => [r.id, r]));
    // only its signer may void an inspection or a hold
    const ownOnly = ({ json }) => json.bizStep === "inspecting" || json.bizStep === "holding";
    const voids = ({ record, json }) => {
      const first = byId.get(id(json["jejak:voids"]));
      return json.errorDeclaration && first && (!ownOnly(first) || first.record.iss === record.iss) ? [first.id] : [];
    };
    const voided = new Set(events.flatMap(voids));
    const standing = events.filter((event) => !event.json.errorDeclaration && !voided.has(event.id));
    Object.assign(this, { records: byId, events, standing, voided, registry, lot, lang, words, specifications });
    this.byHash = profiles;
    this.profiles = [...profiles.values()];
    this.family = family(lot, standing);
    // a voided lineage may still be shown
    this.wide = family(lot, events);
    this.containers = this.packed();
  }

  about = ({ json }) => of(json).some((name) => this.family.has(name));
  nearby = ({ json }) => of(json).some((name) => this.wide.has(name)) || containersOf(json).some((name) => this.containers.has(name));

  // The containers that ever held one of the lots, in others or not.
  packed() {
    const found = new Set();
    const packs = this.events.filter(({ json }) => json.parentID);
    let before = -1;
    while (found.size > before) {
      before = found.size;
      for (const { json } of packs) {
        const holds = of(json).some((name) => this.wide.has(name)) || (json.childEPCs ?? []).some((one) => found.has(one));
        if (holds) found.add(json.parentID);
      }
    }
    return found;
  }

  // Whether an event about a container is one about the lot: this was packed into it before, and nothing was taken out or undone since.
  contains = (event) =>
    !event.json.errorDeclaration &&
    containersOf(event.json).some((name) => {
      const before = this.events.filter(({ index, json }) => index < event.index && containersOf(json).includes(name));
      const pack = before.findLastIndex((e) => e.json.parentID === name && e.json.action === "ADD" && this.standing.includes(e) && this.about(e));
      return pack >= 0 && before.slice(pack).every((e) => e.json.action !== "DELETE" && this.standing.includes(e));
    });

  product = (lot = this.lot) => this.registry.products.get(gtinOf(lot));

  // The profiles of the lot's commodity.
  ofCommodity(commodity = this.product()?.commodity) {
    return this.profiles.filter(({ id: name }) => name === commodity || name.startsWith(`${commodity}/`));
  }

  // The profile that a test was made by, if the proof has it.
  profileOf({ json }) {
    const { "jejak:id": name, "jejak:version": version, "jejak:blake3": hash } = json["jejak:profile"] ?? {};
    return [...this.byHash].find(([of, p]) => p.id === name && p.version === version && (hash === undefined || hash === of))?.[1];
  }

  // What a test comes to, judged here: as `judge` returns it, with the values. Null without the files that it was made by.
  judgements = new Map();
  judged = (e) => once(this.judgements, e, () => this.judge(e));
  judge(e) {
    const profile = this.profileOf(e);
    const sets = (e.json["jejak:profile"]?.["jejak:requirements"] ?? []).map((name) => this.setOf(profile, name));
    const form = this.product(of(e.json)[0])?.form;
    if (!profile || sets.includes(undefined) || form === undefined) return null;
    const values = reportsOf(e.json).map(measuredOf);
    const day = new Date(Date.parse(e.json.eventTime)).toISOString().slice(0, 10);
    const found = judge(profile, form, sets, values, { day, size: {} });
    // a plan that goes by the size of the lot: only the server knows that size
    return { ...found, values, profile, sized: found.results.some(({ sized }) => sized) };
  }

  // A set of limits, of a profile or adopted by a record.
  setOf(profile, name) {
    if (!name.startsWith("SPEC/")) return profile?.requirements?.find((set) => set.id === name);
    const adopted = this.registry.adopted.find((one) => `SPEC/${one.record}` === name);
    const file = this.specifications.get(adopted?.blake3);
    return file && { ...file, id: name, force: "contract", file };
  }

  // The results that a page may show for a test.
  results(e) {
    const judged = this.judged(e);
    if (judged && !judged.sized) return [judged.verdict];
    return e.json.disposition === "non_conformant" ? ["fail"] : ["pass", "inconclusive", "not-evaluated"];
  }

  // The parameters that a test failed; "*" if that can't be judged here.
  failures(e) {
    const judged = this.judged(e);
    if (!judged || judged.sized) return e.json.disposition === "non_conformant" ? ["*"] : [];
    return judged.results.filter((r) => r.verdict === "fail" && !r.advisory).map((r) => judged.values[r.at].parameter);
  }

  // Whether a later test clears what `e` failed of a parameter: every set of limits that it failed passes, and none fails or is unclear.
  clears(later, e, parameter) {
    const [first, now] = [this.judged(e), this.judged(later)];
    if (!first || !now || first.sized || now.sized) return true;
    const sets = ({ results, values }, verdict) =>
      results.filter((r) => values[r.at].parameter === parameter && r.verdict === verdict && !r.advisory).map((r) => r.set);
    const [failed, passed, unclear] = [sets(first, "fail"), sets(now, "pass"), sets(now, "inconclusive")];
    return sets(now, "fail").length === 0 && failed.every((set) => passed.includes(set) && !unclear.includes(set));
  }

  // Whether a test failed, and no later one clears it.
  open(e) {
    const retests = this.standing.filter(
      (r) => inspects(r) && r.index > e.index && !this.own(r) && (r.json["jejak:retests"] ?? []).some((name) => id(name) === e.id),
    );
    return this.failures(e).some((parameter) => !retests.some((r) => this.clears(r, e, parameter)));
  }

  // Whether a test is certainly one by a party to the goods: it made, sent or received them before. There may be more such parties.
  owns = new Map();
  own = (e) => once(this.owns, e, () => this.isOwn(e));
  isOwn({ record, index, json }) {
    const lots = family(of(json)[0], this.standing);
    const moves = (e) => e.index < index && /^(commissioning|shipping|receiving)$/.test(e.json.bizStep) && of(e.json).some((name) => lots.has(name));
    return this.standing.some((e) => moves(e) && e.record.iss === record.iss);
  }

  holds() {
    const authority = this.registry.authority;
    const lifts = this.standing.filter(({ json }) => json["jejak:lifts"]);
    // lifted by its signer or the authority
    const lifted = new Set(lifts.map(({ record, json }) => `${record.iss} ${id(json["jejak:lifts"])}`));
    const by = (hold) => [hold.record.iss, authority].some((iss) => lifted.has(`${iss} ${hold.id}`));
    const holds = this.standing.filter((event) => event.json.bizStep === "holding" && !event.json["jejak:lifts"]);
    return holds.filter((hold) => this.about(hold) && !by(hold));
  }

  inspections = (lot) => this.standing.filter((e) => inspects(e) && of(e.json).includes(lot));

  sound = (e) => e.accredited && !marked(this.registry, e) && !this.own(e);
  good = (e) => e.json.disposition === "conformant" && this.results(e).includes("pass") && this.sound(e);

  // Whether a lot itself is so, or all that it was made from, if they have the same commodity and form. `known` keeps the answers.
  whole(lot, is, known = new Map()) {
    const kind = (name) => ((p) => `${p?.commodity} ${p?.form}`)(this.product(name));
    const clean = (name) => {
      if (is(name)) return true;
      const made = this.standing.filter(({ json }) => of(json, ["outputQuantityList"]).includes(name));
      const parents = made.flatMap(({ json }) => of(json, ["inputQuantityList"]));
      return parents.length > 0 && parents.every((p) => kind(p) === kind(name) && this.whole(p, is, known));
    };
    return once(known, lot, () => clean(lot), false);
  }

  passed = (lot) => this.whole(lot, (name) => this.inspections(name).some((e) => this.good(e) && this.counts(e)));

  // The best state that the tests allow: can they be all that a market named in the records, or Indonesia, asks for? Only the server
  // knows conditions and monitoring.
  tested() {
    const { commodity, form } = this.registry.products.get(gtinOf(this.lot)) ?? {};
    const profiles = this.ofCommodity();
    // what its market asks for is not in the proof
    if (profiles.length === 0) return "partly-tested";
    const counted = this.standing.filter((e) => inspects(e) && this.about(e) && this.sound(e)).flatMap((e) => this.counted(e));
    const has = (parameter) => counted.includes(`urn:jejak:param:${parameter}`);
    const named = ["ID", ...this.events.flatMap(({ json }) => json["jejak:market"] ?? [])];
    const groups = ({ marketGroups = {} }) => Object.keys(marketGroups).filter((group) => marketGroups[group].some((c) => named.includes(c)));
    const open = ({ conditional = [], monitored = {} }) => [...conditional.flatMap(({ drop = [] }) => drop), ...Object.keys(monitored)];
    const full = (list) =>
      (list.all ?? []).every((one) => has(one) || open(list).includes(one)) && (list.oneOf ?? []).every((any) => any.some(has));
    // an adopted specification makes an advisory list gate, and may be all that is known of a market
    const due = ({ parameter, forms, from, until }) => !(has(parameter) || from || until || (forms?.length && !forms.includes(form)));
    const met = ({ rules }) => !rules.some((rule) => (rule.anyOf ?? [rule]).every(due));
    const adopted = this.adopted(commodity).filter((file) => file.forms.includes(form) && met(file));
    const lists = profiles.flatMap((profile) => {
      const markets = [...named, ...groups(profile)];
      return (profile.completeTests ?? []).filter((list) => list.form === form && !list.closed && markets.includes(list.market));
    });
    const complete = lists.filter(full);
    const unlisted = ({ market }) => named.includes(market) && !lists.some((list) => list.market === market);
    if (complete.some(({ advisory }) => !advisory || adopted.length > 0) || adopted.some(unlisted)) return "verified";
    return complete.length > 0 ? "tested" : "partly-tested";
  }

  // Of the parties to the goods; which were in force only the server knows.
  adopted(commodity) {
    const ends = ({ json }) => [...(json.sourceList ?? []), ...(json.destinationList ?? [])].flatMap(Object.values);
    const parties = this.standing.filter(this.about).flatMap((e) => [e.record.iss, ...ends(e)]);
    const theirs = this.registry.adopted.filter((s) => s.commodity === commodity && parties.includes(s.party));
    return theirs.flatMap((s) => this.specifications.get(s.blake3) ?? []);
  }

  // Whether any result of an inspection may count: entered in time, by a profile of the proof, and measured on site or on a sample that fits.
  counts = (e) => this.counted(e).length > 0;

  // The parameters whose results may count.
  counted(e) {
    const profile = this.profileOf(e);
    if (e.late || !profile) return [];
    const onSite = (type) => profile.parameters.some((p) => p.onSite && type === `urn:jejak:param:${p.id}`);
    const measured = reportsOf(e.json).map(({ type }) => type);
    return this.sampled(e) ? measured : measured.filter(onSite);
  }

  // Whether the sample of an inspection was drawn before it, of its lot or of all that this was made from.
  sampled(e) {
    const named = sampleOf(e.json);
    const before = (s) => {
      const dated = Date.parse(s.json.eventTime) <= Date.parse(e.json.eventTime) + 300_000;
      return dated && (s.index < e.index || this.signedFirst(s, e));
    };
    const samples = this.standing.filter((s) => s.json.bizStep === "sampling" && sampleOf(s.json) === named && before(s));
    return named !== undefined && this.whole(of(e.json)[0], (lot) => samples.some(({ json }) => of(json).includes(lot)));
  }

  // Whether a sample entered after its test was signed before it: by its key's number, or by a record that the test follows.
  signedFirst(s, e) {
    const followed = (e.json["jejak:after"] ?? []).map(id);
    const later = [e, ...followed.map((name) => this.records.get(name))].filter(Boolean);
    return followed.includes(s.id) || later.some(({ record }) => same(record.kid, s.record.kid) && s.record.seq < record.seq);
  }

  // The best state that the records allow.
  best() {
    const holds = this.holds();
    if (holds.length > 0) return holds.some(recalls) ? "recalled" : "held";
    const makes = ({ json }) => ["commissioning", "stocking"].includes(json.bizStep) && of(json, MADE).includes(this.lot);
    if (!this.standing.some(makes)) return "withdrawn";
    const own = this.inspections(this.lot);
    if (own.some((e) => this.open(e))) return "failed";
    if (!this.passed(this.lot)) {
      if (this.standing.some((e) => inspects(e) && this.about(e) && this.good(e) && !this.counts(e))) return "partly-tested";
      return own.length > 0 ? "no-verdict" : "not-inspected";
    }
    const tested = this.tested();
    if (tested !== "verified") return tested;
    const thief = (e) => this.about(e) && marked(this.registry, e);
    // signed as a failure that its values do not show
    const doubted = (e) => e.json.disposition === "non_conformant" && this.failures(e).length === 0 && !this.retested(e);
    return own.some(doubted) || this.events.some(thief) ? "findings" : "verified";
  }

  retested = (e) => this.standing.some((r) => inspects(r) && r.index > e.index && (r.json["jejak:retests"] ?? []).some((name) => id(name) === e.id));
}
