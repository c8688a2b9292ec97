// What a page may say at the steps of a lot's journey: titles, amounts, places and details of signed records, as src/server/pages/journey.rs
// writes them.

import { MADE, containersOf, gtinOf, id, inspects, of, recalls } from "./facts.js";
import { best, date, dayOf, drawn, isUnit, number, sentence, total } from "./format.js";
import { decimal } from "./judge.js";

// Most lots of each list, containers, and lines that a step shows.
export const OF_A_STEP = 20;
const GAINS = ["reweigh-gain", "fattening"];
const OF_TYPE = { po: "order", poc: "order-confirmation", inv: "invoice", bol: "bill-of-lading", desadv: "dispatch-advice", recadv: "receiving-advice", rma: "return", cert: "certificate", prodorder: "production-order" };
const lotOf = (uri) => decodeURIComponent(String(uri).split("/10/")[1] ?? "");
// The base unit of a product's amounts.
const BASE = { gram: "GRM", millilitre: "MLT", piece: "H87" };
const tail = (uri) => String(uri).split("/").at(-1);

// An id such as `steam-distillation` as words.
const plainWords = (code) => {
  const text = code.split(/[:/]/).at(-1).replace(/[-_]/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export class Steps {
  // `all`: the comparison that asks
  constructor(all) {
    this.all = all;
    this.words = all.words;
  }

  say = (key, values) => sentence(this.words, key, values);
  pair = (label, value) => this.say("pair", { label: this.words[label], value });
  party = (uri) => best(this.all.registry.parties.get(uri)?.name ?? { en: uri }, this.all.lang);
  name = (names) => best(names, this.all.lang);

  // A coded value: by a profile of the commodity, the words of all, another profile, or from the code itself. A server whose profiles are
  // others has the words of the code, which are right too.
  term(kind, code = "") {
    if (code.includes(" ")) return [`\u201c${code}\u201d`];
    const key = `${kind}-${code}`;
    const named = this.all.profiles.flatMap(({ terms }) => (terms?.[key] ? [this.name(terms[key])] : []));
    return [...named, ...(this.words[key] ? [this.words[key]] : []), plainWords(code)];
  }

  process(code) {
    const own = this.all.profiles.flatMap(({ processes }) => (processes ?? []).filter(({ id: name }) => name === code));
    const done = own.flatMap((one) => (one.done ? [this.name(one.done)] : []));
    const known = this.words[`process-${code}`];
    return [...done, ...(known ? [known] : []), ...own.map(({ names }) => this.name(names)), plainWords(code)];
  }

  documents = ({ json }) =>
    (json.bizTransactionList ?? []).map(({ type, bizTransaction }) => {
      const more = (json["jejak:documents"] ?? []).find((one) => one["jejak:document"] === bizTransaction);
      return { name: bizTransaction, kind: OF_TYPE[type] ?? more?.["jejak:kind"], more };
    });

  // The title of a step.
  titles(event) {
    const { json, record } = event;
    const w = this.words;
    const to = (key, party) => (party && party !== record.iss ? [this.say(key, { party: this.party(party) })] : []);
    if (json.errorDeclaration) return [w["act-correct"]];
    if (json.type === "TransformationEvent") return json["jejak:process"] ? this.process(json["jejak:process"]) : [w["act-process"]];
    if (json.type === "AggregationEvent") return [w[json.action === "DELETE" ? "act-unpack" : "act-pack"]];
    if (json.type === "TransactionEvent") {
      if (json["jejak:rejects"]) return [w["act-rejection"]];
      if (json["jejak:transfer"]) return [w["act-transfer"]];
      const kind = this.documents(event).find((document) => document.kind)?.kind;
      return [w[kind ? `document-kind-${kind}` : "act-trade"]];
    }
    const end = (list, member) => list?.find(({ type }) => type === "possessing_party")?.[member];
    const shipment = this.all.records.get(id(json["jejak:shipment"]));
    const from = shipment && (end(shipment.json.sourceList, "source") ?? shipment.record.iss);
    const hold = json["jejak:lifts"] ? "act-lift" : recalls(event) ? "act-recall" : "act-on-hold";
    const titles = {
      commissioning: () => this.all.harvestWords(),
      stocking: () => [w["act-adjust"]],
      destroying: () => [w["act-adjust"]],
      decommissioning: () => [w["act-adjust"]],
      sampling: () => [w["act-sample"]],
      inspecting: () => (inspects(event) ? this.tested(event) : [w["act-monitor"]]),
      encoding: () => [w["act-label"]],
      shipping: () => [...to("act-ship-to", end(json.destinationList, "destination")), w["act-ship"]],
      receiving: () => [...to("act-receive-from", from), w["act-receive"], w["act-deliver-outside"]],
      void_shipping: () => [w["act-void-shipment"]],
      holding: () => [w[hold], w["act-hold"]],
    };
    if (Object.hasOwn(titles, json.bizStep)) return titles[json.bizStep]();
    if (json["jejak:handover"]) return [w["act-handover"]];
    if (json["jejak:visit"]) return [w["act-visit"]];
    return [w[`step-${String(json.bizStep).replace(/_/g, "-")}`] ?? w["act-observe"]];
  }

  tested(event) {
    const labels = this.all.own(event) ? ["own-check"] : ["inspection", "own-check"];
    const results = this.all.results(event).map((key) => this.words[`result-${key}`]);
    const titles = labels.flatMap((label) => results.map((result) => this.pair(label, result)));
    // only of a test that the page does not list it says no result
    return this.all.listed.includes(event.id) ? titles : [this.words["act-inspect"]];
  }

  // Amounts of a record's lots, each with its lot, as one text in each form that it may have.
  moved = (event) => this.pieces().map((piece) => this.amounts(event, piece).join(" ")).filter(Boolean);

  amounts({ json }, piece) {
    const side = (list, first) => {
      const counted = (json[list] ?? []).filter(({ epcClass, quantity, uom }) => gtinOf(epcClass) && quantity !== undefined && isUnit(uom));
      return counted.slice(0, OF_A_STEP).map(({ epcClass, quantity, uom }, i) => {
        const shown = total(this.words, [[decimal(String(quantity)), uom]], piece);
        return `${i === 0 ? first : "+ "}${shown} ${lotOf(epcClass)}`;
      });
    };
    const adjusts = ["destroying", "decommissioning", "stocking"].includes(json.bizStep);
    const first = adjusts ? (GAINS.includes(json["jejak:reason"]) ? "+" : "\u2212") : "";
    if (json.errorDeclaration) return [];
    if (json.type === "TransformationEvent") return [...side("inputQuantityList", ""), ...side("outputQuantityList", "→ ")];
    return side(json.type === "AggregationEvent" ? "childQuantityList" : "quantityList", first);
  }

  // The words that counted pieces may have: a profile that is not in force, or not of this form, may have others.
  pieces() {
    const own = this.all.ofCommodity().flatMap(({ piece }) => (piece ? [this.name(piece)] : []));
    return [...new Set([...own, this.words["unit-piece"]])];
  }

  // How much was made of the lot in all; nothing if all records that made it were voided.
  made() {
    const { lot } = this.all;
    const makes = this.all.standing.filter(({ json }) => ["commissioning", "stocking"].includes(json.bizStep));
    const own = makes.flatMap(({ json }) => MADE.flatMap((list) => json[list] ?? [])).filter(({ epcClass, quantity }) => epcClass === lot && quantity !== undefined);
    const amounts = own.map(({ quantity, uom }) => [decimal(String(quantity)), uom]);
    const nothing = [[decimal("0"), BASE[this.all.product()?.unit]]];
    return this.pieces().map((piece) => total(this.words, amounts.length > 0 ? amounts : nothing, piece));
  }

  region(name) {
    const [, kind, own] = /^(Kabupaten|Kota|Provinsi) (.+)$/.exec(name) ?? [];
    return kind ? this.say(`region-${kind.toLowerCase()}`, { name: own }) : name;
  }

  // A place with its region, unless its name has that.
  where(place) {
    if (!place) return [];
    const name = this.name(place.name);
    const region = place.region && this.region(place.region.name);
    return [region && !name.includes(region) ? this.say("comma", { first: name, second: region }) : name];
  }

  // A reason by its code, or in the words of its party.
  reason(text, { record }) {
    return [...this.term("reason", text), this.say("as-written", { text: `\u201c${text}\u201d`, party: this.party(record.iss) })];
  }

  // What a page says under a hold or a test of the first screen: why, and of which lot above this one.
  stated(text) {
    const near = this.all.standing.filter((event) => this.all.nearby(event));
    const holds = near.filter(({ json }) => json.bizStep === "holding" && !json["jejak:lifts"]);
    const reasons = holds.flatMap((hold) => (hold.json["jejak:reason"] ? this.reason(hold.json["jejak:reason"], hold) : []));
    const above = holds.flatMap(({ json }) => of(json)).map((lot) => this.say("hold-inherited", { lot: lotOf(lot) }));
    const passed = near.filter((event) => inspects(event) && this.all.results(event).includes("pass"));
    const tested = passed.map((event) =>
      this.say("source-inspected", { lot: lotOf(of(event.json)[0]), result: this.say("inspected-pass", { when: dayOf(this.words, event.json) }) }),
    );
    return [...reasons, ...above, ...tested, ...this.words["holds-more"].map((one) => one.replace("{ $n }", text.replace(/\D/g, "")))];
  }

  // For whom a record was signed: a party that it names.
  others = ({ json, record }) =>
    [...(json.sourceList ?? []), ...(json.destinationList ?? [])]
      .flatMap(Object.values)
      .filter((uri) => this.all.registry.parties.has(uri) && uri !== record.iss)
      .map((owner) => this.say("on-behalf", { owner: this.party(owner) }));

  // What else a step says of its record: the forms that each line may have.
  details(event) {
    const { json } = event;
    const { "jejak:visit": visit, "jejak:leg": leg, "jejak:handover": handover } = json;
    const named = (uri) => uri && [this.party(uri)];
    const coded = (kind, code) => code && this.term(kind, code);
    const place = (uri) => uri && [tail(uri)];
    const reason = (text) => text && this.reason(text, event);
    const plain = (text) => text !== undefined && [String(text)];
    const added = (json["jejak:additives"] ?? []).map((one) => ["additive", this.additives(one)]);
    const lines = [
      ["reason", reason(json["jejak:reason"])],
      ["market", json["jejak:market"] && [this.words[`country-${json["jejak:market"]}`] ?? json["jejak:market"]]],
      ["milestone", coded("milestone", json["jejak:milestone"])],
      ...added,
      ["serials", json["jejak:serials"] && [number(this.words, String(json["jejak:serials"]["jejak:count"]))]],
      ["sample", plain(json["jejak:sample"]?.["jejak:id"])],
      ["transfer", named(json["jejak:transfer"] && json.destinationList?.find(({ type }) => type === "owning_party")?.destination)],
      ["commitment", plain(json["jejak:commitment"])],
      ["catch-certificate", plain(json.ilmd?.["jejak:catchCertificate"])],
      ["visit-purpose", coded("visit-purpose", visit?.["jejak:purpose"])],
      ["visit", coded("visit", visit?.["jejak:outcome"])],
      ["visit-advice", reason(visit?.["jejak:advice"])],
      ["leg", coded("leg", leg?.["jejak:mode"])],
      ["vehicle", plain(leg?.["jejak:vehicle"])],
      ["leg-from", place(leg?.["jejak:from"])],
      ["leg-to", place(leg?.["jejak:to"])],
      ["handover-from", named(handover?.["jejak:from"])],
      ["handover-to", named(handover?.["jejak:to"])],
      ["condition", coded("condition", handover?.["jejak:condition"])],
      ["seal", coded("seal", leg?.["jejak:seal"] ?? handover?.["jejak:seal"])],
    ];
    const known = lines.filter(([, values]) => values).map(([key, values]) => values.map((value) => this.pair(`fact-${key}`, value)));
    const trade = this.documents(event).map(({ name, kind, more }) => {
      const day = more?.["jejak:date"] && ` · ${date(this.words, more["jejak:date"].split("-").map(Number))}`;
      return [this.pair(kind ? `document-kind-${kind}` : "document-kind", `${more?.["jejak:number"] ?? name}${day ?? ""}`)];
    });
    // a document of another kind is none of trade
    const shown = trade.filter((_, i) => this.documents(event)[i].kind || json.type === "TransactionEvent");
    return [...known, ...shown];
  }

  additives({ "jejak:substance": substance, "jejak:value": value, "jejak:uom": uom }) {
    const named = this.all.profiles.flatMap(({ processes }) => (processes ?? []).flatMap(({ additives }) => (additives ?? []).filter((one) => one.id === substance)));
    const shown = this.pieces().map((piece) => total(this.words, [[decimal(value), uom]], piece));
    return [...named.map(({ names }) => this.name(names)), plainWords(substance)].flatMap((name) => shown.map((one) => `${one} ${name}`));
  }

  containers = ({ json }) => containersOf(json).map((uri) => `SSCC ${tail(uri)}`);

  // The name of a parameter, and of a set of limits.
  parameter(uri) {
    const own = this.all.profiles.flatMap(({ parameters }) => (parameters ?? []).filter((p) => uri === `urn:jejak:param:${p.id}`));
    return [...own.map(({ names }) => this.name(names)), plainWords(uri)];
  }

  standard(event) {
    const { profile } = this.all.judged(event) ?? {};
    const named = event.json["jejak:profile"]?.["jejak:requirements"] ?? [];
    // another version of the profile may have another name for it
    const names = (one) => {
      const set = this.all.setOf(profile, one);
      const sets = this.all.profiles.flatMap(({ requirements }) => (requirements ?? []).filter(({ id: name }) => name === one));
      const known = sets.map((own) => (own.names ? this.name(own.names) : own.standard));
      return new Set([...(set?.file ? [this.adopted(one, set.file)] : []), ...known, one.slice(one.indexOf("/") + 1).replace("-", " ")]);
    };
    // a class of a standard names the standard too
    const own = named.filter((one) => !named.some((other) => other.startsWith(`${one}/`))).map((one) => [...names(one)]);
    if (own.length === 0) return [];
    const lists = own.reduce((all, more) => all.flatMap((first) => more.map((second) => this.say("list", { first, second }))));
    return lists.map((list) => this.pair("standard", list));
  }

  adopted(one, { id: name, names, version }) {
    const { party } = this.all.registry.adopted.find(({ record }) => one === `SPEC/${record}`);
    return this.say("specification-of", { name: names ? this.name(names) : name, version, party: this.party(party) });
  }

  // Where the lot is from: names and regions of the places of its harvests, and countries, in any order.
  origins(text) {
    const { parties, places } = this.all.registry;
    const harvests = this.all.harvests();
    const grounds = harvests.flatMap(({ json }) => placesOf(json)).map((gln) => places.get(gln)).filter(Boolean);
    const makers = [...harvests.map(({ record }) => record.iss), ...harvests.flatMap(({ json }) => (json.sourceList ?? []).map(({ source }) => source))];
    const all = [...grounds, ...makers.map((uri) => parties.get(uri)).filter(Boolean)];
    const country = ({ country: code }) => (code ? [this.words[`country-${code}`] ?? code] : []);
    const known = all.flatMap((one) => [this.name(one.name), ...(one.region ? [this.region(one.region.name)] : []), ...country(one)].map(drawn));
    const counted = [...this.words["origin-more"], ...this.words["origins-rest"]].map((one) => one.replace("{ $n }", "#"));
    const without = (from, list) => list.sort((a, b) => b.length - a.length).reduce((rest, one) => rest.replaceAll(one, ""), from);
    // names first: one may hold a number
    const rest = without(without(text, known).replace(/[0-9]+/g, "#"), [...counted, this.words["origin-unknown"]]);
    return /^[\s,·，、]*$/.test(rest) ? [text] : [];
  }
}

export const placesOf = (json) =>
  [json.readPoint, json.bizLocation].map((p) => /^https:\/\/id\.gs1\.org\/414\/([0-9]{13})$/.exec(p?.id)?.[1]);
