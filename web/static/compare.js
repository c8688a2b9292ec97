// Compares the page with the signed records: it shows every record of the lot, and values, results, documents and facts are as signed; what
// its lists leave out is counted; the lot's state is not better than the records allow (facts.js).

import { blake3 } from "./blake3.js";
import { base32, demand, encode } from "./bytes.js";
import { DRAWINGS } from "./drawings.js";
import { Facts, MADE, gtinOf, inspects, of, recalls, reportsOf } from "./facts.js";
import { best, bytes, dayOf, drawn, measured, moment, number, range, sentence, unix } from "./format.js";
import { compare, decimal, measuredOf, wordOf } from "./judge.js";
import { marked } from "./registry.js";
import { OF_A_STEP, Steps, placesOf } from "./steps.js";

// What is the same in every language.
const NAMES = ["GTIN", "Jejak", "ID", "EN", "中文"];
// From good to worst.
const STATES = [
  "verified", "findings", "tested", "partly-tested", "no-verdict", "not-inspected", "copied", "unchecked", "failed", "withdrawn", "held",
  "recalled",
];
// How many records a page shows at least before it leaves some out: of the first, of the last, tests and holds that stand, own checks.
const [FIRST, LAST, OF_A_KIND, OWN_CHECKS] = [30, 70, 50, 20];
// A text of a record as a page shows it: without the characters that set its direction.
const shownTitle = (text) => drawn(text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ""));
// Whether a page shows one of the forms that a text may have.
const has = (forms, text) => forms.some((form) => form !== undefined && drawn(form) === text);
// A long text of every page, or a drawing, as the check knows it: 60 bits of its hash.
const short = (text) => base32(blake3(encode(text))).slice(0, 12);
const equal = (a, b) => a.length === b.length && a.every((one, i) => one === b[i]);

// Among the lines of a step that are cut, these may be none that it shows: its process, its disposition, and what it rejects.
const UNSHOWN = 3;
// What a value with its limit looks like, and its word: a limit for information gives no pass and no failure.
const LOOKS = { pass: ["pass", "verdict-pass"], fail: ["fail", "verdict-fail"], inconclusive: ["inconclusive", "verdict-inconclusive"], "not-evaluated": ["not-evaluated", "verdict-not-evaluated"] };
const ADVISED = { ...LOOKS, pass: ["not-evaluated", "advisory-within"], fail: ["inconclusive", "advisory-beyond"] };

const read = (text) => parseFloat(String(text).replace(/^[<>]+/, ""));
// Whether a value is drawn on its side of each limit, and the good zone between them. The mark is wide, and never cut.
function beside({ at, ticks, zone: [from, width] }, value, { min, max } = {}) {
  const limits = [min, max].map(read).filter(isFinite);
  const ends = [isFinite(read(min)) ? ticks[0] : 0, isFinite(read(max)) ? ticks.at(-1) : 300];
  const near = (a, b, by) => Math.abs(a - b) < by;
  const fits = limits.every((limit, i) => near(at, ticks[i], 8) || at > ticks[i] === read(value) > limit);
  return at === undefined || (ticks.length === limits.length && fits && near(from, ends[0], 1) && near(from + width, ends[1], 1));
}

export class Comparison extends Facts {
  steps = new Steps(this);
  sentence = (key, when) => sentence(this.words, key, { when });

  // Every record shown is in the proof, and every event of the proof about the lot or its ancestors is shown, with its signer and time and
  // with what became of it; all but as many as the page says, and never a hold that stands.
  shown(steps, tests, facts, left = 0) {
    const ids = [...steps, ...tests.map(({ record }) => ({ id: record }))].map((step) => step.id);
    const missing = ids.find((name) => !this.records.has(name));
    demand(!missing, `record ${missing} is not in the proof`);
    const seen = [...new Set(ids)].map((name) => this.records.get(name));
    const hidden = this.events.filter((event) => (this.about(event) || this.contains(event)) && !seen.includes(event));
    const missed = hidden.length > left ? hidden[0] : hidden.find((event) => !this.mayHide(event, seen, tests));
    demand(!missed, `the page does not show record ${missed?.index} about this lot`);
    const most = this.events.filter((event) => this.nearby(event) && !seen.includes(event)).length;
    demand(left <= most, `the page leaves out ${left} records, the proof has ${most} more`);
    for (const { id: name, voided = false, tags = [] } of steps) {
      const event = this.records.get(name);
      const was = this.voided.has(name);
      const wanted = [...(was ? [this.words.voided] : []), ...(marked(this.registry, event) ? [this.words.marked] : [])];
      demand(voided === was && equal(tags, wanted), `record ${event.index} is not marked as ${wanted.join(", ") || "standing"}`);
    }
    const order = steps.map(({ id: name }) => this.records.get(name).index);
    demand(order.every((index, i) => !(index <= order[i - 1])), "steps out of order");
    this.listed = tests.map(({ record }) => record);
    for (const name of ids) this.complete(this.records.get(name), facts.filter(({ record }) => record === name));
    const harvest = this.harvests().some((event) => this.standing.includes(event) && this.about(event));
    const needed = ["product", "lot", "amount", "maker", "inspected", "recall", ...(harvest ? ["harvest"] : []), ...(this.registry.clock > 0 ? ["clock"] : [])];
    const first = needed.find((fact) => !facts.some((f) => f.fact === fact));
    demand(!first, `the page does not show: ${first}`);
  }

  // A step has its title, signer, time, amounts, place and what else its record states; a test what it was made by.
  complete(event, facts) {
    const lines = facts.filter(({ fact }) => fact === "detail").map(({ text }) => text);
    const due = this.steps.details(event);
    const lacks = due.length > OF_A_STEP - UNSHOWN ? undefined : due.find((forms) => !lines.some((line) => has(forms, line)));
    demand(!lacks, `record ${event.index} states: ${lacks}`);
    const sent = event.json.bizStep === "shipping" && this.steps.containers(event).length > 0;
    const listed = this.listed.includes(event.id);
    const parts = {
      title: true, signer: true, time: true, moved: !sent && this.steps.moved(event)[0], where: this.placeOf(event),
      accreditation: listed && event.accredited, standard: listed && this.steps.standard(event)[0],
    };
    const first = Object.keys(parts).find((part) => parts[part] && !facts.some(({ fact }) => fact === part));
    demand(!first, `record ${event.index} is shown without: ${first}`);
  }

  placeOf = ({ json }) => this.registry.places.get(placesOf(json).find((gln) => this.registry.places.has(gln)));

  // A page may leave out records in the middle; of standing holds and tests only beyond 50, of own checks beyond 20, and no open failure.
  mayHide(event, seen, tests) {
    const before = seen.filter(({ index }) => index < event.index).length;
    const standing = this.standing.filter(inspects);
    const beyond = (list) => !list.includes(event) || seen.filter((one) => list.includes(one)).length >= OF_A_KIND;
    const own = tests.filter((test) => test.tags?.length > 0).map(({ record }) => this.records.get(record));
    const check = own.length >= OWN_CHECKS && own.some(({ record }) => record.iss === event.record.iss);
    const open = standing.includes(event) && this.open(event);
    return before >= FIRST && seen.length - before >= LAST && beyond(this.holds()) && (check || (!open && beyond(standing)));
  }

  // Each test shows all results in its record, judged as here, and none that stands is left out, but for as many as the page says.
  tests(tests, left = 0) {
    const near = this.events.filter((e) => inspects(e) && this.nearby(e) && !e.json.errorDeclaration);
    const lacks = near.filter((e) => !tests.some(({ record }) => record === e.id));
    const missed = lacks.filter((e) => this.standing.includes(e) && this.about(e));
    demand(missed.length <= left, `the page does not list test ${missed[0]?.index}`);
    demand(left <= lacks.length && (left === 0 || tests.length >= OWN_CHECKS), `the page leaves out ${left} tests, the proof has ${lacks.length} more`);
    for (const test of tests) {
      const event = this.records.get(test.record);
      demand(event && near.includes(event), `record ${test.record} is no test of this lot`);
      demand(test.when === dayOf(this.words, event.json), `test ${event.index} was not signed on ${test.when}`);
      const said = (key) => (test.notes ?? []).some((note) => note.includes(this.words[key]));
      demand(said("inspection-voided") === this.voided.has(event.id), `whether test ${event.index} was voided`);
      demand(said("marked-signed") === marked(this.registry, event), `whether the key of test ${event.index} was stolen`);
      const own = (test.tags ?? []).length > 0;
      demand(!own || equal(test.tags, [this.words["own-check"]]), `test ${event.index} is called ${test.tags}`);
      demand(own || !this.own(event), `test ${event.index} was made by a party to the goods`);
      this.values(test, event);
      const called = this.results(event).find((key) => this.words[`verdict-${key}`] === test.result);
      demand(called, `the result of test ${event.index} is not ${test.result}`);
      demand(!test.look?.includes("pass") || called === "pass", `test ${event.index} looks like one that passed`);
    }
  }

  // The values of a test, each with its limit and verdict.
  values({ values }, event) {
    const judged = this.judged(event);
    const reports = reportsOf(event.json).map((r) => ({ r, ...measuredOf(r) }));
    const rows = judged ? judged.results.map((one) => ({ ...reports[one.at], one })) : reports;
    demand(values.length === rows.length || !judged, `the page shows ${values.length} values of test ${event.index}`);
    // a JSON number may have other zeros
    const equals = (a, b) => ((x, y) => x !== null && y !== null && compare(x, y) === 0)(decimal(a), decimal(b));
    const matches = ({ r, value: raw, uncertainty, one }, { parameter, name, value, text, spread, look, judgement, picture }) =>
      r.type === parameter &&
      (name === undefined || has(this.steps.parameter(parameter), name)) &&
      (value === raw || (r.stringValue === undefined && r.value !== undefined && equals(value, raw))) &&
      has([...this.worded(parameter, value), measured(this.words, value, r.uom)], text) &&
      spread === (uncertainty === undefined ? undefined : `±\u00a0${measured(this.words, String(uncertainty), r.uom)}`) &&
      (!one || (this.limited(r, one).some(([looks, said]) => look === looks && has([said], judgement)) && (!picture || beside(picture, raw, one.limit))));
    for (const v of values) demand(rows.some((s) => matches(s, v)), `${v.parameter} was not signed as ${v.text}`);
    for (const s of rows) demand(values.some((v) => matches(s, v)), `the page does not show ${s.parameter} ${s.value}`);
  }

  // How a value under a limit may look, and what may stand beside it: verdict, limit and method.
  limited(r, { verdict, limit, advisory, sized }) {
    const { method } = { method: r["jejak:method"] };
    const first = method?.split(/\s+/).find(Boolean) ?? "";
    // a citation of a standard stands as it is, words are quoted
    const cites = /[0-9]/.test(first) || (first.match(/[A-Z]/g) ?? []).length > 1;
    const bounds = limit && this.bounds(limit, r.uom);
    const rest = [
      ...(bounds ? [sentence(this.words, "pair", { label: this.words.limit, value: bounds })] : []),
      ...(advisory ? [this.words.advisory] : []),
      ...(method ? [cites ? method : `\u201c${method}\u201d`] : []),
    ];
    const looks = advisory ? ADVISED : LOOKS;
    // under a plan that goes by the size of the lot only the server knows the verdict
    const found = sized ? Object.values(looks) : [looks[verdict]];
    return found.map(([look, word]) => [look, [this.words[word], ...rest].join(" · ")]);
  }

  // A limit in words.
  bounds({ min, max, minInclusive = true, maxInclusive = true }, uom) {
    const side = (text, inclusive, at, beyond) => sentence(this.words, inclusive ? at : beyond, { limit: measured(this.words, text, uom) });
    if (min !== undefined && max !== undefined && minInclusive && maxInclusive) {
      return sentence(this.words, "limit-between", { min: number(this.words, min), max: measured(this.words, max, uom) });
    }
    const sides = [
      ...(min === undefined ? [] : [side(min, minInclusive, "limit-min", "limit-above")]),
      ...(max === undefined ? [] : [side(max, maxInclusive, "limit-max", "limit-below")]),
    ];
    return sides.length > 1 ? sentence(this.words, "comma", { first: sides[0], second: sides[1] }) : sides[0];
  }

  // Each document of the page is signed as it says, and the page leaves out none of those that its records name, but for as many as it says.
  documents(documents, steps, left = 0) {
    const evidence = (events) => events.flatMap(({ json }) => json["jejak:evidence"] ?? []);
    const signed = evidence(this.events.filter(this.nearby));
    const is = (one, { hash, title, size, kind }) =>
      one["jejak:blake3"] === hash && shownTitle(one["jejak:title"]) === title && bytes(this.words, one["jejak:bytes"]) === size &&
      (kind === undefined || has(this.steps.term("document", one["jejak:documentType"]), kind));
    for (const d of documents) demand(signed.some((one) => is(one, d)), `${d.title} was not signed so`);
    // those of records that are not shown are elsewhere
    const due = evidence(steps.map(({ id: name }) => this.records.get(name)));
    const shown = documents.map(({ hash }) => hash);
    const lacks = new Set(due.map((one) => one["jejak:blake3"]).filter((hash) => !shown.includes(hash)));
    demand(lacks.size <= left, `the page does not show the document ${[...lacks][0]}`);
    demand(left <= due.length - documents.length, `the page leaves out ${left} documents`);
  }

  // A measured word as the profiles of the proof write it for this reader.
  worded(parameter, value) {
    return this.profiles.flatMap((profile) => {
      const word = wordOf(profile, parameter.replace("urn:jejak:param:", ""), value);
      return word ? [best(word.names, this.lang)] : [];
    });
  }

  // The band: its state, word and look, and the states beside it.
  word({ state, word, look, also = [] }) {
    const beside = (one) => (one === "findings" ? this.words["also-findings"] : this.words[`state-${one}`]);
    demand(also.every((one) => STATES.indexOf(one.state) > 0 && one.word === beside(one.state)), "the page shows another state beside");
    demand(STATES.includes(state) && word === this.words[`state-${state}`], `the page shows ${word} for ${state}`);
    demand(look === `band ${state} #s-${state}`, `the page shows ${state} as ${look}`);
    const best = this.best();
    demand(STATES.indexOf(state) >= STATES.indexOf(best), `the page says ${state}, the records say ${best}`);
  }

  // One fact of the page, { fact, of, text }; `record` is the one whose step or test it stands in, `about` the one of its line of the first
  // screen. What an event states stands nowhere else: beside other words it would say something else.
  fact({ fact, of: what, text, record, about, tone }) {
    const { parties, places, products } = this.registry;
    const event = this.records.get(what);
    const name = (entity) => [entity && best(entity.name, this.lang)];
    const place = () => this.placeOf(event);
    const facts = {
      product: () => (gtinOf(this.lot) === what ? name(products.get(what)) : []),
      lot: () => (gtinOf(this.lot) === what ? [decodeURIComponent(this.lot.split("/10/")[1])] : []),
      maker: () => (this.made().some((party) => party === what) ? name(parties.get(what)) : []),
      amount: () => this.steps.made(),
      origin: () => (this.harvests().some(({ json }) => placesOf(json).includes(what)) ? name(places.get(what)) : []),
      origins: () => this.steps.origins(text),
      stated: () => this.steps.stated(text),
      harvest: () => this.harvested(what),
      inspected: () => (what === "" ? this.untested() : this.inspected(event, tone)),
      recall: () => (what === "" ? this.unrecalled() : this.recalled(event, tone)),
      // no older than the clock of the proof
      clock: () => (Number(what) >= this.registry.clock ? [sentence(this.words, "as-of-when", { when: unix(this.words, Number(what)) })] : []),
      gtin: () => [gtinOf(this.lot)],
      uri: () => [this.lot, decodeURIComponent(this.lot)],
      ledger: () => [this.registry.ledger],
      "log-key": () => this.registry.logKeys,
      command: () => (/^jejak verify --trust trust\.toml https?:\/\/[^\s;&|\x60$()<>]+$/.test(text) && text.endsWith(this.lot.replace("https://id.gs1.org", "")) ? [text] : []),
    };
    const of = {
      place: () => name(place()),
      signer: () => name(parties.get(event.record.iss)),
      time: () => [moment(this.words, event.json, place()?.country)],
      title: () => this.steps.titles(event),
      for: () => this.steps.others(event),
      where: () => this.steps.where(place()),
      moved: () => this.steps.moved(event),
      containers: () => [this.steps.containers(event).slice(0, OF_A_STEP).join(" ")],
      detail: () => [...this.steps.details(event).flat(), ...this.more(text)],
      accreditation: () => (event.bodies ?? []).map((body) => sentence(this.words, "pair", { label: this.words.accredited, value: body })),
      standard: () => this.steps.standard(event),
    };
    const known = event && (record || Object.hasOwn(of, fact)) ? of : facts;
    demand(known === facts || (record ?? about) === what, `${fact} of record ${event?.index} stands apart from it`);
    demand(Object.hasOwn(known, fact) && has(known[fact](), text), `${fact} was not signed as ${text}`);
  }

  // That a list goes on.
  more = (text) => (this.words["step-more"].includes(text.replace(/[0-9]+/, "{ $n }")) ? [text] : []);

  // Texts of the page that are nothing that was compared: only what every page says. What rests on trust is said on each.
  labels(texts, { tests, documents = [], band }) {
    const parts = (sentence) => sentence.split(/\{ \$[a-z-]+ \}/);
    const bare = (text) => text.replace(/[0-9][0-9.,]*/g, "#").trim();
    const w = this.words;
    const checks = [w["tally-checks"], w["tally-checks-open"]].map((one) => one.replace(/\{ \$[a-z]+ \}/g, "#"));
    const tally = [...checks, ...[w["tally-genuine"], w["tally-genuine-bad"]].flatMap((one) => checks.map((check) => one.replace("{ $checks }", check)))];
    const counted = ["steps-more", "tests-more", "documents-more"].flatMap((key) => w[key]).map((one) => one.replace("{ $n }", "#"));
    const said = band.tally === undefined || tally.map(bare).includes(bare(band.tally));
    const none = [...(tests.length > 0 ? [] : [w["tests-none"]]), ...(documents.length > 0 ? [] : [w["documents-none"]])];
    const known = new Set([...w.labels.flatMap(parts), ...counted, ...none, w["marked-signed"], ...NAMES].map(bare));
    const sentences = w.sentences.split(" ");
    const others = texts.filter((text) => !known.has(bare(text)));
    const shorts = others.map(short);
    const other = others.find((_, i) => !sentences.includes(shorts[i]));
    demand(said && other === undefined, `the page also says: ${other ?? band.tally}`);
    demand(sentences.slice(0, 2).every((one) => shorts.includes(one)), "the page does not say what its proof rests on");
  }

  // Every drawing is one of ours, or of a profile of the commodity.
  drawings(drawings) {
    const symbol = ({ tint, line }) => `<symbol class="p" viewBox="0 0 64 64"><path class="tint" d="${tint}"></path><path d="${line}"></path></symbol>`;
    const own = this.ofCommodity().flatMap(({ drawing }) => (drawing ? [symbol(drawing)] : []));
    const other = drawings.find((one) => !DRAWINGS.includes(short(one)) && !own.includes(one.replace(/ id="p-[0-9]+"/, "")));
    demand(other === undefined, `the page also draws: ${other}`);
  }

  // What only the server knows says so, in its place.
  marks(marks) {
    demand(marks.every((mark) => mark === this.words["by-server"]), "what the server computed is not marked so");
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
    const done = this.ofCommodity().flatMap(({ harvest }) => (harvest ? [best(harvest.done, this.lang)] : []));
    return [...done, this.words["act-harvest"]];
  }

  // That nothing was tested: no test that stands and that no later one, or a process, may have cleared; or none by which the lot passes.
  untested() {
    const own = this.inspections(this.lot);
    const open = own.some((e) => this.open(e));
    const tests = this.standing.filter((e) => inspects(e) && this.about(e));
    if (!open && tests.every((e) => this.failures(e).length > 0)) return [this.words["not-inspected"]];
    return open || this.passed(this.lot) ? [] : [this.words["not-inspected-itself"]];
  }

  // A test that stands; a failure of the lot that is open comes before all others. Only what passed is green, and what failed is red.
  inspected(event, tone) {
    if (!event || !inspects(event) || !this.standing.includes(event) || !this.nearby(event)) return [];
    if (!this.open(event) && this.inspections(this.lot).some((e) => this.open(e))) return [];
    const day = dayOf(this.words, event.json);
    const found = this.results(event).filter((key) => key === "pass" || (key === "fail" ? /^bad$/ : /^(warn|quiet|bad)$/).test(tone));
    return found.map((key) => this.sentence(`inspected-${key.replace("not-evaluated", "unjudged")}`, day));
  }

  unrecalled = () => (this.holds().length > 0 ? [] : [this.words["recall-none"], this.words["recall-lifted"]]);

  // A hold that stands, a recall before all others; in red.
  recalled(event, tone) {
    const stands = tone === "bad" && event && event.json.bizStep === "holding" && !event.json["jejak:lifts"] && this.standing.includes(event) && this.nearby(event);
    if (!stands || (!recalls(event) && this.holds().some(recalls))) return [];
    return [this.sentence(recalls(event) ? "recalled" : "on-hold", dayOf(this.words, event.json))];
  }
}
