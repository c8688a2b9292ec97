// Who may sign: the chain rules about parties and keys (docs/rules.md, "Who may write"), record by record in log order. A key is
// valid from the record that admits it to the one that ends it. Not here: goods and mandates.

import { base32, concat, demand, encode, fromBase32, fromBase64, fromHex } from "./bytes.js";
import { blake3 } from "./blake3.js";
import { REGISTRY } from "./cose.js";
import { signed } from "./ed25519.js";

// Longest time between a record and the clock before it, seconds.
const EVERY = 60;
const tagged = (purpose, ...parts) => base32(blake3(concat(encode(`jejak/1/${purpose}\0`), ...parts)));

// The key within a verifier key: the last 44 characters are type and key.
const rawKey = (vkey) => base32(fromBase64(String(vkey).slice(-44)).subarray(1));

// Whether a record was logged after its key, or that of its enroller, was compromised; true if unknown.
export function marked({ keys, parties }, { record, clock }) {
  const since = [keys.get(base32(record.kid))?.since, parties.get(record.iss)?.since];
  return since.some((at) => clock + EVERY > at);
}

// For each kind of statement `s` of signer `by`: who may sign it, and its changes to the registry `all`.

// Whether region `inner` is `outer` or within it: 74.12 includes 74.12.05.2003.
const within = (inner, outer) =>
  inner && outer && inner.authority === outer.authority && `${inner.code}.`.startsWith(`${outer.code}.`);

// Whether the signer is the authority, or the region that enrolled the party.
const rules = (by, party) => party && ((party.enroller === by.uri && by.roles.includes("region")) || by.supreme);

// The GLN of a party: beside its URI, or in it.
const glnOf = (party) => party.gln ?? /^https:\/\/id\.gs1\.org\/417\/(\d{13})$/.exec(party.party)?.[1];

const FIXED = ["unit", "commodity", "form", "netContent"];

// A product or place: within a GS1 prefix of the signer, and updated by the same signer.
function owned(table, key, number, { s, by, id }) {
  const known = table.get(key);
  demand(by.prefixes.some((prefix) => number.startsWith(prefix)), "registers outside its prefix");
  demand(s.replaces === known?.id && (!known || known.owner === by.uri), "replaces another's statement");
  demand(!known || FIXED.every((name) => s[name] === known[name]), "changes a product");
  table.set(key, { ...s, id, owner: by.uri });
}

const supreme = ({ by }) => demand(by.supreme, "states what only the authority may");

const KINDS = {
  // the authority enrols anyone but another authority; a region producers and processors of its own code, without prefixes, and with
  // a GLN of a prefix that is vouched for it
  Party({ all, s, by, id }) {
    const known = all.parties.get(s.party);
    const village = s.roles.every((role) => role === "producer" || role === "processor") && !s.prefixes?.length && !s.enrols?.length;
    const region = by.roles.includes("region") && village && within(s.region, by.region);
    const self = s.party === all.authority;
    const gln = glnOf(s);
    const held = !gln || gln === (known && glnOf(known)) || [...by.prefixes, ...by.enrols].some((prefix) => gln.startsWith(prefix));
    demand(by.supreme || held, "enrols outside its prefixes");
    demand((by.supreme && (self || !s.roles.includes("authority"))) || region, "enrols whom it may not");
    demand(s.replaces === known?.id && (!known || rules(by, known)), "replaces another's statement");
    demand(!known || s.roles.includes("authority") === self, "makes or unmakes an authority");
    const fresh = { enroller: by.uri, active: true, admin: false, by: by.kid, at: all.clock, since: by.since };
    all.enter(s, id, known ?? fresh);
    if (!self || !s.successor) return;
    demand(!all.successor, "commits to a second successor");
    all.successor = s.successor;
  },
  PartyStatus({ all, s, by }) {
    const party = all.parties.get(s.party);
    demand(rules(by, party) && s.party !== all.authority, "suspends or reinstates another's party");
    party.active = s.status === "active";
  },
  // the first admin key by the enroller, later keys by the party's own admin key
  async Key({ all, s, by }) {
    const party = all.parties.get(s.party);
    demand(party, "registers a key for an unknown party");
    const first = !party.admin && (s.purpose === "admin" || s.purpose === "operator") && rules(by, party);
    demand(party.admin ? by.uri === s.party : first, "registers a key for another party");
    demand(s.purpose !== "operator" || party.roles.includes("operator"), "registers an operator key of no operator");
    const full = s.party === all.authority && s.purpose === "admin" && all.admins(s.party).length >= 2;
    demand(!full, "registers an authority key that is not the successor");
    await all.admit(s, fromBase32(s.key), by);
    party.admin ||= s.purpose === "admin";
  },
  KeyRevocation({ all, s, by }) {
    const key = all.keys.get(s.key);
    demand(key && (key.party === by.uri || rules(by, all.parties.get(key.party))), "ends another's key");
    const live = all.admins(all.authority).filter((k) => !k.ended).length;
    const last = key.party === all.authority && key.purpose === "admin" && !all.successor && live <= 1;
    demand(!last, "ends the authority's last key");
    key.ended ??= s.reason;
    if (s.compromisedSince !== undefined) {
      key.since = Math.min(key.since ?? Infinity, s.compromisedSince);
      all.mark(s.key, s.compromisedSince);
    }
    // if its last admin key ended, the enroller may register a new first one
    if (key.purpose === "admin" && all.admins(key.party).every((k) => k.ended)) all.parties.get(key.party).admin = false;
  },
  Accreditation(a) {
    const { all, s, id } = a;
    supreme(a);
    demand(all.parties.get(s.party)?.roles.includes("inspector"), "accredits a party that is not an inspector");
    const known = all.accreditations.get(s.party) ?? [];
    const rest = known.filter((old) => old.id !== s.replaces);
    demand(!s.replaces || rest.length < known.length, "replaces another's statement");
    all.accreditations.set(s.party, [...rest, { ...s, id }]);
  },
  Clock({ all, s, by }) {
    demand(by.roles.includes("operator"), "is a clock of no operator");
    demand(s.time >= all.clock, "is a clock that goes back");
    all.clock = s.time;
  },
  ClockPermit: supreme,
  ClockReset(a) {
    supreme(a);
    a.all.clock = a.s.time;
  },
  LogKeys(a) {
    const { all, s, id } = a;
    supreme(a);
    demand(s.replaces === all.logKeysRecord, "replaces another's statement");
    const [log, others] = [s.log, s.witnesses ?? []].map((list) => list.map(rawKey));
    demand(!log.some((key) => others.includes(key)), "makes the log its own witness");
    demand(![...log, ...others].some((key) => all.keys.has(key)), "gives the log a signer's key");
    Object.assign(all, { logKeys: s.log, witnesses: s.witnesses ?? [], logKeysRecord: id });
  },
  Profile: supreme,
  // without a file the version before is withdrawn
  Specification({ all, s, by, id }) {
    demand(by.roles.some((role) => /^(producer|processor|buyer)$/.test(role)), "adopts a specification that it may not");
    const known = all.adopted.find((a) => a.party === by.uri && a.commodity === s.commodity && a.id === s.id && !a.ended);
    demand(s.replaces === known?.record, "replaces another's statement");
    if (known) known.ended = true;
    if (s.blake3) all.adopted.push({ ...s, record: id, party: by.uri });
  },
  Ruleset: supreme,
  Product: (a) => owned(a.all.products, a.s.gtin, a.s.gtin.slice(1), a),
  Place: (a) => owned(a.all.places, a.s.gln, a.s.gln, a),
  Mandate() {},
};

export class Registry {
  ledger;
  authority = null;
  successor = undefined;
  clock = 0;
  logKeys = [];
  logKeysRecord = undefined;
  witnesses = [];
  // `by` is the key that enrolled it, `at` the clock then, `since` when it was compromised
  parties = new Map(); // uri: { roles, region, prefixes, enrols, gln, name, enroller, active, admin, id, by, at, since }
  keys = new Map(); // base32: { party, purpose, ended, by, at, since }
  accreditations = new Map(); // party: [statement]
  products = new Map(); // gtin: statement
  places = new Map(); // gln: statement
  adopted = []; // specifications: { ...statement, record, party, ended }
  used = new Set();

  constructor(ledger) {
    this.ledger = ledger;
  }

  // Applies the next record, and stores the ledger's clock in it.
  async apply(r) {
    const { record, json } = r;
    const kid = base32(record.kid);
    demand(record.aud === this.ledger, "of another ledger");
    r.clock = this.clock;
    if (r.index === 0) {
      this.found(r, kid);
      return;
    }
    demand(this.authority, "entry 0 is missing");
    this.once(`${kid} ${record.seq}`, "this number of this key");
    if (await this.rotated(r, kid)) return;
    const signer = this.signer(r, kid);
    if (record.contentType === REGISTRY) {
      demand(Object.hasOwn(KINDS, json.type), "is of an unknown kind");
      await KINDS[json.type]({ all: this, s: json, by: signer, id: r.id });
    } else this.once(String(json.eventID), "this eventID");
  }

  once(what, name) {
    demand(!this.used.has(what), `${name} was used before`);
    this.used.add(what);
  }

  // Entry 0: the authority's own statement; the ledger id is derived from its key and nonce.
  found({ record, json, id }, kid) {
    const own = record.contentType === REGISTRY && json.type === "Party" && json.party === record.iss && record.seq === 1;
    demand(own && json.roles.includes("authority"), "entry 0 is not the authority's own statement");
    const made = `urn:jejak:ledger:${tagged("ledger", record.kid, fromHex(json.nonce, 16))}`;
    demand(made === this.ledger, "entry 0 makes another ledger id");
    this.authority = json.party;
    this.successor = json.successor;
    this.enter(json, id, { enroller: json.party, active: true, admin: true, by: kid, at: 0 });
    this.keys.set(kid, { party: json.party, purpose: "admin", by: kid, at: 0 });
    this.once(`${kid} 1`, "entry 0");
  }

  // Sets a party; `kept` are the members that its statement does not set.
  enter(s, id, kept) {
    this.parties.set(s.party, { ...kept, id, roles: s.roles, region: s.region, prefixes: s.prefixes ?? [], name: s.name, country: s.country, gln: s.gln, enrols: s.enrols ?? [], party: s.party });
  }

  signer({ record, json }, kid) {
    const key = this.keys.get(kid);
    demand(key, "by a key that nobody registered");
    demand(key.party === record.iss, "by a key of another party");
    demand(key.ended === undefined, "by a key that was ended before");
    const party = this.parties.get(record.iss);
    demand(party?.active, "by a party that is suspended");
    const statement = record.contentType === REGISTRY;
    const clock = statement && json.type === "Clock";
    demand({ admin: !clock, event: !statement, operator: clock }[key.purpose], "by a key for something else");
    const since = this.clock >= key.since ? key.since : party.since;
    return { ...party, uri: record.iss, kid, since, supreme: party.roles.includes("authority") };
  }

  // The authority's rotation to the key it committed to: signed by that key, it ends the others.
  async rotated({ record, json }, kid) {
    const own = record.contentType === REGISTRY && json.type === "Key" && json.key === kid && json.purpose === "admin";
    if (!own || record.iss !== this.authority || json.party !== this.authority || record.seq !== 1) return false;
    if (!this.successor || tagged("successor", record.kid) !== this.successor) return false;
    await this.admit(json, record.kid, { kid });
    for (const [name, key] of this.keys) {
      if (name !== kid && key.party === this.authority && key.purpose !== "operator") key.ended ??= "replaced";
    }
    this.successor = undefined;
    this.parties.get(this.authority).admin = true;
    return true;
  }

  // Registers a key; keys and parties enrolled by a marked signer are marked.
  async admit(s, raw, by) {
    demand(!this.keys.has(s.key), "registers a key that is taken");
    demand(![...this.logKeys, ...this.witnesses].some((vkey) => rawKey(vkey) === s.key), "registers a key of the log");
    const message = concat(encode(`jejak/1/possession\0${this.ledger}\0${s.party}\0${s.purpose}\0`), raw);
    demand(await signed(raw, fromHex(s.possession, 64), message), "registers a key that nobody proved to hold");
    this.keys.set(s.key, { party: s.party, purpose: s.purpose, by: by.kid, at: this.clock, since: by.since });
  }

  // Marks what a stolen key has enrolled since then: keys, parties, and what those enrolled.
  mark(stolen, since) {
    const open = new Set([stolen]);
    for (const by of open) {
      const hit = (x) => x.by === by && x.at >= since && !(x.since <= since);
      for (const [name, key] of this.keys) {
        if (name === by || !hit(key)) continue;
        key.since = since;
        open.add(name);
      }
      for (const [uri, party] of this.parties) {
        if (uri === this.authority || !hit(party)) continue;
        party.since = since;
        for (const [name, key] of this.keys) if (key.party === uri) open.add(name);
      }
    }
  }

  admins = (party) => [...this.keys.values()].filter((key) => key.party === party && key.purpose === "admin");
}
