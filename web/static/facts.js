// Compares the page with the signed records: it shows every record of the lot, values and facts are as signed, and the lot's state
// is not better than the records allow. It may be worse: amounts, limits and rules about goods are not checked here.

import { demand, same } from "./bytes.js";
import { EVENT } from "./cose.js";
import { best, bytes, dayOf, measured, moment, range, sentence } from "./format.js";
import { marked } from "./registry.js";

// From good to worst.
const STATES = [
  "verified", "findings", "tested", "partly-tested", "no-verdict", "not-inspected", "copied", "unchecked", "failed", "withdrawn", "held",
  "recalled",
];
const LISTS = ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"];
const MADE = ["quantityList", "outputQuantityList"];
const of = (json, lists = LISTS) => lists.flatMap((list) => json[list] ?? []).map((element) => element.epcClass);
const id = (uri) => String(uri).replace("urn:jejak:record:", "");
const gtinOf = (lot) => /^https:\/\/id\.gs1\.org\/01\/([0-9]{14})\/10\//.exec(lot)?.[1];
const placesOf = (json) =>
  [json.readPoint, json.bizLocation].map((p) => /^https:\/\/id\.gs1\.org\/414\/([0-9]{13})$/.exec(p?.id)?.[1]);
const SAMPLE = "urn:jejak:sample:";
const sampleOf = (json) =>
  json["jejak:sample"]?.["jejak:id"] ??
  (json.bizTransactionList ?? []).map((document) => document.bizTransaction).find((name) => name.startsWith(SAMPLE))?.slice(SAMPLE.length);
const recalls = ({ json }) => json.persistentDisposition?.set?.includes("recalled");
const inspects = ({ json }) => json.bizStep === "inspecting";
// The results that the page may show for a signed disposition.
const SIGNED = { conformant: "pass", non_conformant: "fail" };
const results = (json) => [SIGNED[json.disposition], "inconclusive", "not-evaluated"].filter(Boolean);

// Whether two words are one but for case and what stands between their parts, as in `quality/words.rs`.
const folded = (text) => text.toLowerCase().split(/[\s_-]+/).filter(Boolean).join(" ");
const alike = (a, b) => folded(a) === folded(b);

// Grace to enter a test after the end of its accreditation: 14 days, in seconds.
const GRACE = 14 * 24 * 60 * 60;

// A text of a record as a page shows it: without the characters that set its direction.
const shownTitle = (text) => text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "").trim();

// Whether an inspection's signer is accredited for the product at the event's time, as of now in the log; and whether all its
// accreditations had ended long before the inspection was entered.
export function accredited({ accreditations, products }, { record, json, clock }) {
  const at = Date.parse(json.eventTime) / 1000;
  const covers = (scope) => scope === "*" || scope === products.get(gtinOf(of(json)[0]))?.commodity;
  const held = (accreditations.get(record.iss) ?? []).filter((a) => a.scope.some(covers));
  const late = held.every((a) => clock >= a.until + GRACE);
  return { accredited: held.some((a) => a.from <= at && at < a.until), late };
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

  constructor(records, registry, lot, lang, words, profiles = [], specifications = new Map()) {
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
    Object.assign(this, { records: byId, events, standing, registry, lot, lang, words, profiles, specifications });
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
    const first = ["product", "lot", "maker", "inspected", "recall"].find((fact) => !facts.some((f) => f.fact === fact));
    demand(!first, `the page does not show: ${first}`);
  }

  // A page may leave out records in the middle; of standing holds and tests only beyond 50, and no open failure.
  mayHide(event, seen) {
    const before = seen.filter(({ index }) => index < event.index).length;
    const beyond = (list) => !list.includes(event) || seen.filter((one) => list.includes(one)).length >= 50;
    const tests = this.standing.filter(inspects);
    const open = tests.includes(event) && this.open(event);
    return before >= 30 && seen.length - before >= 70 && !open && beyond(this.holds()) && beyond(tests);
  }

  // Each test shows all results in its record, and none that stands is left out.
  tests(tests, partly) {
    const lacks = this.standing.find((e) => inspects(e) && this.about(e) && !tests.some(({ record }) => record === e.id));
    demand(partly || !lacks, `the page does not list test ${lacks?.index}`);
    for (const { record, result, values } of tests) {
      const json = this.records.get(record)?.json ?? {};
      const reports = (json.sensorElementList ?? []).flatMap((element) => element.sensorReport);
      const stated = reports.map((r) => ({ r, raw: r.stringValue ?? r.value ?? (r.booleanValue ? "yes" : "no") }));
      // `stringValue` takes precedence; a JSON number may have other zeros
      const matches = ({ r, raw }, { parameter, value, text, spread }) =>
        r.type === parameter &&
        (typeof raw === "number" ? Number(value) === raw : value === raw) &&
        [...this.worded(parameter, value), measured(this.words, value, r.uom)].includes(text) &&
        (!spread || spread === `±\u00a0${measured(this.words, String(r["jejak:uncertainty"]), r.uom)}`);
      for (const v of values) demand(stated.some((s) => matches(s, v)), `${v.parameter} was not signed as ${v.text}`);
      for (const s of stated) demand(values.some((v) => matches(s, v)), `the page does not show ${s.r.type} ${s.raw}`);
      const called = results(json).find((key) => this.words[`verdict-${key}`] === result);
      demand(called, `the result was not signed as ${result}`);
      this.results.set(record, called);
    }
  }

  // Each document of the page is signed as it says, and the page leaves out none of those that its records name.
  documents(documents, partly) {
    const signed = this.events.filter(this.nearby).flatMap(({ json }) => json["jejak:evidence"] ?? []);
    const is = (one, { hash, title, size }) =>
      one["jejak:blake3"] === hash && shownTitle(one["jejak:title"]) === title && bytes(this.words, one["jejak:bytes"]) === size;
    for (const d of documents) demand(signed.some((one) => is(one, d)), `${d.title} was not signed so`);
    const lacks = signed.find((one) => !documents.some(({ hash }) => hash === one["jejak:blake3"]));
    demand(partly || !lacks, `the page does not show the document ${lacks?.["jejak:title"]}`);
  }

  // A measured word as the profiles of the proof write it for this reader.
  worded(parameter, value) {
    const known = (word) => [word.id, ...Object.values(word.names), ...(word.also ?? [])].some((text) => alike(text, value));
    return this.profiles.flatMap(({ parameters, wordLists }) => {
      const list = parameters?.find(({ id: name }) => parameter === `urn:jejak:param:${name}`)?.words;
      const word = wordLists?.[list]?.find(known);
      return word ? [best(word.names, this.lang)] : [];
    });
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

  good = (e) => e.json.disposition === "conformant" && e.accredited && !marked(this.registry, e);

  // Whether a lot itself is so, or all that it was made from, if they have the same commodity and form.
  whole(lot, is, above = []) {
    if (is(lot)) return true;
    const made = this.standing.filter(({ json }) => of(json, ["outputQuantityList"]).includes(lot));
    const parents = made.flatMap(({ json }) => of(json, ["inputQuantityList"]));
    const kind = (name) => ((p) => `${p?.commodity} ${p?.form}`)(this.registry.products.get(gtinOf(name)));
    const clean = (p) => kind(p) === kind(lot) && !above.includes(p) && this.whole(p, is, [...above, lot]);
    return parents.length > 0 && parents.every(clean);
  }

  passed = (lot) => this.whole(lot, (name) => this.inspections(name).some((e) => this.good(e) && this.counts(e)));

  // The best state that the tests allow: can they be all that a market named in the records, or Indonesia, asks for? Only the server
  // knows conditions and monitoring.
  tested() {
    const { commodity, form } = this.registry.products.get(gtinOf(this.lot)) ?? {};
    const profiles = this.profiles.filter(({ id: name }) => name === commodity || name.startsWith(`${commodity}/`));
    if (profiles.length === 0) return "verified";
    const counted = this.standing.filter((e) => inspects(e) && this.about(e) && this.good(e)).flatMap((e) => this.counted(e));
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

  // Whether any result of an inspection may count: entered in time, and measured on site or on a sample that fits. Without its profile
  // only the server knows.
  counts = (e) => this.counted(e).length > 0;

  // The parameters whose results may count.
  counted(e) {
    const { "jejak:id": name, "jejak:version": version } = e.json["jejak:profile"] ?? {};
    const profile = this.profiles.find((p) => p.id === name && p.version === version);
    const onSite = (type) => profile.parameters.some((p) => p.onSite && type === `urn:jejak:param:${p.id}`);
    const measured = (e.json.sensorElementList ?? []).flatMap((element) => element.sensorReport).map(({ type }) => type);
    if (e.late) return [];
    return !profile || this.sampled(e) ? measured : measured.filter(onSite);
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
    const failed = this.failed();
    if (failed.includes("fail")) return "failed";
    if (!this.passed(this.lot)) {
      if (this.standing.some((e) => inspects(e) && this.about(e) && this.good(e) && !this.counts(e))) return "partly-tested";
      return this.inspections(this.lot).length > 0 ? "no-verdict" : "not-inspected";
    }
    const tested = this.tested();
    if (tested !== "verified") return tested;
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
      lot: () => (gtinOf(this.lot) === what ? [decodeURIComponent(this.lot.split("/10/")[1])] : []),
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
    return event.json.bizStep === "holding" ? [this.sentence(recalls(event) ? "recalled" : "on-hold", dayOf(this.words, event.json))] : [];
  }
}
