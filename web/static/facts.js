// Compares the page with the signed records: it shows every record of the lot, values and facts are as signed, and the lot's state
// is not better than the records allow. It may be worse: amounts, limits and rules about goods are not checked here.

import { demand } from "./bytes.js";
import { EVENT } from "./cose.js";
import { best, dayOf, measured, moment, range, sentence } from "./format.js";
import { marked } from "./registry.js";

// From good to worst.
const STATES = ["verified", "findings", "no-verdict", "not-inspected", "copied", "unchecked", "failed", "withdrawn", "held"];
const LISTS = ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"];
const MADE = ["quantityList", "outputQuantityList"];
const of = (json, lists = LISTS) => lists.flatMap((list) => json[list] ?? []).map((element) => element.epcClass);
const id = (uri) => String(uri).replace("urn:jejak:record:", "");
const gtinOf = (lot) => /^https:\/\/id\.gs1\.org\/01\/([0-9]{14})\/10\//.exec(lot)?.[1];
const placesOf = (json) =>
  [json.readPoint, json.bizLocation].map((p) => /^https:\/\/id\.gs1\.org\/414\/([0-9]{13})$/.exec(p?.id)?.[1]);
const inspects = ({ json }) => json.bizStep === "inspecting";
// The results that the page may show for a signed disposition.
const SIGNED = { conformant: "pass", non_conformant: "fail" };
const results = (json) => [SIGNED[json.disposition], "inconclusive", "not-evaluated"].filter(Boolean);

// Whether an inspection's signer is accredited for the product at the event's time, as of now in the log.
export function accredited({ accreditations, products }, { record, json }) {
  const at = Date.parse(json.eventTime) / 1000;
  const covers = (scope) => scope === "*" || scope === products.get(gtinOf(of(json)[0]))?.commodity;
  return (accreditations.get(record.iss) ?? []).some((a) => a.from <= at && at < a.until && a.scope.some(covers));
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

export class Facts {
  results = new Map(); // record: the result that the page shows

  constructor(records, registry, lot, lang, words, profiles = []) {
    const events = records.filter(({ record }) => record.contentType === EVENT);
    const byId = new Map(records.map((r) => [r.id, r]));
    // only its signer may void an inspection or a hold
    const ownOnly = ({ json }) => inspects({ json }) || json.bizStep === "holding";
    const voids = ({ record, json }) => {
      const first = byId.get(id(json["jejak:voids"]));
      return json.errorDeclaration && first && (!ownOnly(first) || first.record.iss === record.iss) ? [first.id] : [];
    };
    const voided = new Set(events.flatMap(voids));
    const standing = events.filter((event) => !event.json.errorDeclaration && !voided.has(event.id));
    Object.assign(this, { records: byId, events, standing, registry, lot, lang, words, profiles });
    this.family = family(lot, standing);
    // a voided lineage may still be shown
    this.wide = family(lot, events);
  }

  about = ({ json }) => of(json).some((name) => this.family.has(name));
  nearby = ({ json }) => of(json).some((name) => this.wide.has(name));
  sentence = (key, when) => sentence(this.words, key, { when });

  // Every record shown is in the proof, and every event of the proof about the lot or its ancestors is shown, with its signer
  // and time; all but as many as the page says, and never a hold that stands.
  shown(ids, facts, left = 0) {
    const missing = ids.find((name) => !this.records.has(name));
    demand(!missing, `record ${missing} is not in the proof`);
    const seen = [...new Set(ids)].map((name) => this.records.get(name));
    const hidden = this.events.filter((event) => this.about(event) && !seen.includes(event));
    const missed = hidden.length > left ? hidden[0] : hidden.find((event) => !this.mayHide(event, seen));
    demand(!missed, `the page does not show record ${missed?.index} about this lot`);
    const stated = new Set(facts.map(({ fact, of }) => `${fact} ${of}`));
    for (const name of ids) demand(stated.has(`signer ${name}`) && stated.has(`time ${name}`), `no signer or time for ${name}`);
    const first = ["product", "maker", "inspected", "recall"].find((fact) => !facts.some((f) => f.fact === fact));
    demand(!first, `the page does not show: ${first}`);
  }

  // A page that shows `seen` may leave out records in the middle; of standing holds and tests only beyond 50, and no open failure.
  mayHide(event, seen) {
    const before = seen.filter(({ index }) => index < event.index).length;
    const beyond = (list) => !list.includes(event) || seen.filter((one) => list.includes(one)).length >= 50;
    const tests = this.standing.filter(inspects);
    const open = tests.includes(event) && this.open(event);
    return before >= 30 && seen.length - before >= 70 && !open && beyond(this.holds()) && beyond(tests);
  }

  // Each test shows all results in its record.
  tests(tests) {
    for (const { record, result, values } of tests) {
      const json = this.records.get(record)?.json ?? {};
      const reports = (json.sensorElementList ?? []).flatMap((element) => element.sensorReport);
      const stated = reports.map((r) => ({ r, raw: r.stringValue ?? r.value ?? (r.booleanValue ? "yes" : "no") }));
      // `stringValue` takes precedence; a JSON number may have other zeros
      const same = ({ r, raw }, { parameter, value, text, spread }) =>
        r.type === parameter &&
        (typeof raw === "number" ? Number(value) === raw : value === raw) &&
        text === (this.words[`value-${value}`] ?? measured(this.words, value, r.uom)) &&
        (!spread || spread === `±\u00a0${measured(this.words, String(r["jejak:uncertainty"]), r.uom)}`);
      for (const v of values) demand(stated.some((s) => same(s, v)), `${v.parameter} was not signed as ${v.text}`);
      for (const s of stated) demand(values.some((v) => same(s, v)), `the page does not show ${s.r.type} ${s.raw}`);
      const called = results(json).find((key) => this.words[`verdict-${key}`] === result);
      demand(called, `the result was not signed as ${result}`);
      this.results.set(record, called);
    }
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

  // Whether an inspection failed, and no later test names it.
  open({ id: name, index, json }) {
    const retests = (e) => inspects(e) && e.index > index && (e.json["jejak:retests"] ?? []).some((r) => id(r) === name);
    return json.disposition === "non_conformant" && !this.standing.some(retests);
  }

  // The shown results of the lot's own inspections that failed.
  failed() {
    const failed = this.inspections(this.lot).filter((e) => this.open(e));
    return failed.map((e) => this.results.get(e.id) ?? "fail");
  }

  // Whether a lot passed: itself, or all its inputs, if they have the same commodity and form.
  passed(lot, above = []) {
    const good = (e) => e.json.disposition === "conformant" && e.accredited && !marked(this.registry, e);
    if (this.inspections(lot).some(good)) return true;
    const made = this.standing.filter(({ json }) => of(json, ["outputQuantityList"]).includes(lot));
    const parents = made.flatMap(({ json }) => of(json, ["inputQuantityList"]));
    const kind = (name) => ((p) => `${p?.commodity} ${p?.form}`)(this.registry.products.get(gtinOf(name)));
    const clean = (p) => kind(p) === kind(lot) && !above.includes(p) && this.passed(p, [...above, lot]);
    return parents.length > 0 && parents.every(clean);
  }

  // The best state that the records allow.
  best() {
    if (this.holds().length > 0) return "held";
    const makes = ({ json }) => ["commissioning", "stocking"].includes(json.bizStep) && of(json, MADE).includes(this.lot);
    if (!this.standing.some(makes)) return "withdrawn";
    const failed = this.failed();
    if (failed.includes("fail")) return "failed";
    if (!this.passed(this.lot)) return this.inspections(this.lot).length > 0 ? "no-verdict" : "not-inspected";
    const thief = (e) => this.about(e) && marked(this.registry, e);
    return failed.length > 0 || this.events.some(thief) ? "findings" : "verified";
  }

  // The band: its state, word and look.
  word({ state, word, look }) {
    demand(STATES.includes(state) && word === this.words[`state-${state}`], `the page shows ${word} for ${state}`);
    demand(look === `band ${state} #s-${state}`, `the page shows ${state} as ${look}`);
    const best = this.best();
    demand(STATES.indexOf(state) >= STATES.indexOf(best), `the page says ${state}, the records say ${best}`);
  }

  // One fact of the page, { fact, of, text }.
  fact({ fact, of: what, text }) {
    const { parties, places, products } = this.registry;
    const event = this.records.get(what);
    const name = (entity) => [entity && best(entity.name, this.lang).trim()];
    const place = () => places.get(placesOf(event.json).find((gln) => places.has(gln)));
    const facts = {
      product: () => (gtinOf(this.lot) === what ? name(products.get(what)) : []),
      maker: () => (this.made().some((party) => party === what) ? name(parties.get(what)) : []),
      origin: () => (this.harvests().some(({ json }) => placesOf(json).includes(what)) ? name(places.get(what)) : []),
      place: () => name(place()),
      signer: () => name(parties.get(event.record.iss)),
      time: () => [moment(this.words, event.json, place()?.country)],
      harvest: () => this.harvested(what),
      inspected: () => this.inspected(event),
      recall: () => this.recalled(event),
    };
    demand(Object.hasOwn(facts, fact) && facts[fact]().includes(text), `${fact} was not signed as ${text}`);
  }

  // The makers of the lot: the possessing party of the event, else its signer.
  made() {
    const made = ({ json }) => json.bizStep === "commissioning" && of(json, MADE).includes(this.lot);
    const holder = (json) => json.sourceList?.find(({ type }) => type === "possessing_party")?.source;
    return this.events.filter(made).map(({ json, record }) => holder(json) ?? record.iss);
  }

  harvests = () => this.events.filter((event) => event.json.ilmd?.["jejak:harvestStart"] && this.nearby(event));

  // Days that were signed, and that include every harvest not voided.
  harvested(days) {
    const [first, last] = days.split(" ");
    const daysOf = (events) => events.flatMap(({ json }) => [json.ilmd["jejak:harvestStart"], json.ilmd["jejak:harvestEnd"]]);
    const all = daysOf(this.harvests());
    const standing = daysOf(this.harvests().filter((event) => this.standing.includes(event) && this.about(event)));
    const whole = all.includes(first) && all.includes(last) && standing.every((day) => first <= day && day <= last);
    const when = range(this.words, first, last);
    return whole ? this.harvestWords().map((done) => sentence(this.words, "harvested", { done, when })) : [];
  }

  // The words for a harvest: of a profile of the commodity, or the general one.
  harvestWords() {
    const { commodity } = this.registry.products.get(gtinOf(this.lot)) ?? {};
    const own = this.profiles.filter(({ id: name }) => name === commodity || name.startsWith(`${commodity}/`));
    const done = own.flatMap(({ harvest }) => (harvest ? [best(harvest.done, this.lang)] : []));
    return [...done, this.words["act-harvest"]];
  }

  inspected(event) {
    if (!event) return [this.words["not-inspected"], this.words["not-inspected-itself"]];
    if (!inspects(event) || !this.standing.includes(event) || !this.nearby(event)) return [];
    const day = dayOf(this.words, event.json);
    return results(event.json).map((key) => this.sentence(`inspected-${key.replace("not-evaluated", "unjudged")}`, day));
  }

  recalled(event) {
    if (!event) return this.holds().length > 0 ? [] : [this.words["recall-none"], this.words["recall-lifted"]];
    const recall = event.json.persistentDisposition?.set?.includes("recalled");
    return event.json.bizStep === "holding" ? [this.sentence(recall ? "recalled" : "on-hold", dayOf(this.words, event.json))] : [];
  }
}
