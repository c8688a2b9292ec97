//! The registry rules, accepted and refused cases, through `chain::apply`.

use ed25519_dalek::SigningKey;
use jejak::chain::lookalike::MOST_BEARERS;
use jejak::chain::{Context, MemState, NoProfiles, Overlay, Refusal, Rejection, Rule, apply};
use jejak::record::registry::{
    Accreditation, Clock, ClockPermit, ClockReset, Key, KeyRevocation, LogKeys, Mandate, Names, Party, PartyStatus,
    Product, Purpose, Region, Role, Ruleset, Standing, Statement,
};
use jejak::record::{ContentType, PublicKey, Record, RecordId, SignerClaims, key, ledger_id, sign};

const AUTHORITY: &str = "urn:jejak:party:authority";
const REGION: &str = "urn:jejak:party:donggala";
const VILLAGE: &str = "urn:jejak:party:nilam-sojol";

struct World {
    state: MemState,
    ledger: String,
    index: u64,
    seqs: std::collections::BTreeMap<[u8; 32], u64>,
}

fn key_of(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> PublicKey {
    PublicKey(key_of(seed).verifying_key().to_bytes())
}

fn party(uri: &str, roles: &[Role], region: Option<&str>) -> Party {
    let region = region.map(|code| Region {
        authority: "kemendagri".into(),
        edition: "2025".into(),
        code: code.into(),
        name: "x".into(),
    });
    Party { region, ..Party::new(uri, Names::english(uri), roles, "ID") }
}

impl World {
    /// Authority signs with key 1; its successor is key 9.
    fn founded() -> World {
        let nonce = [3u8; 16];
        let mut world =
            World { state: MemState::new(), ledger: ledger_id(&public(1), &nonce), index: 0, seqs: Default::default() };
        let mut founder = party(AUTHORITY, &[Role::Authority], None);
        founder.nonce = Some(data_encoding::HEXLOWER.encode(&nonce));
        founder.successor = Some(key::successor_commitment(&public(9)));
        founder.prefixes = vec!["9521321".into()];
        world.ok(1, AUTHORITY, Statement::Party(founder));
        world.ok(1, AUTHORITY, Statement::Ruleset(Ruleset { version: 1 }));
        world
    }

    /// With a region (key 2) and a village it enrolled (key 3).
    fn with_village() -> World {
        let mut w = World::founded();
        w.ok(1, AUTHORITY, Statement::Party(party(REGION, &[Role::Region], Some("72.03"))));
        let key = w.key(REGION, 2, Purpose::Admin);
        w.ok(1, AUTHORITY, key);
        w.ok(2, REGION, Statement::Party(party(VILLAGE, &[Role::Producer], Some("72.03.05"))));
        let key = w.key(VILLAGE, 3, Purpose::Admin);
        w.ok(2, REGION, key);
        w
    }

    fn key(&self, party: &str, seed: u8, purpose: Purpose) -> Statement {
        Statement::Key(Key {
            party: party.into(),
            key: public(seed),
            purpose,
            possession: jejak::record::prove_possession(&key_of(seed), &self.ledger, party, purpose),
            label: None,
        })
    }

    fn bytes(&self, seed: u8, iss: &str, statement: &Statement, seq: u64) -> Vec<u8> {
        let claims = SignerClaims { iss, aud: &self.ledger, iat: 1, seq };
        sign(&key_of(seed), &claims, ContentType::Registry, statement.to_json().unwrap().as_bytes()).unwrap()
    }

    fn submit(&mut self, bytes: &[u8]) -> Result<RecordId, Rejection> {
        let record = Record::decode(bytes).unwrap();
        record.verify().unwrap();
        let before = self.state.clone();
        let mut overlay = Overlay::new(&before);
        overlay.mark();
        match apply(&mut overlay, self.index, &record, &Context::replay(&NoProfiles)) {
            Ok(_) => {
                self.state.commit(overlay.into_changes()).unwrap();
                self.index += 1;
                Ok(record.id)
            }
            Err(Refusal::Rejected(rejection)) => {
                assert!(overlay.into_changes().is_empty(), "a refused record writes nothing");
                Err(rejection)
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn send(&mut self, seed: u8, iss: &str, statement: Statement) -> Result<RecordId, Rejection> {
        let key = key_of(seed).verifying_key().to_bytes();
        let seq = self.seqs.get(&key).copied().unwrap_or(0) + 1;
        let bytes = self.bytes(seed, iss, &statement, seq);
        let sent = self.submit(&bytes);
        if sent.is_ok() {
            self.seqs.insert(key, seq);
        }
        sent
    }

    fn ok(&mut self, seed: u8, iss: &str, statement: Statement) -> RecordId {
        self.send(seed, iss, statement).unwrap_or_else(|e| panic!("{e}"))
    }

    fn refused(&mut self, rule: Rule, seed: u8, iss: &str, statement: Statement) {
        let got = self.send(seed, iss, statement).expect_err(rule.id());
        assert_eq!(got.rule, rule, "{got}");
    }
}

#[test]
fn region_enrols_only_parties_of_its_area() {
    let mut w = World::with_village();
    let elsewhere = party("urn:jejak:party:elsewhere", &[Role::Producer], Some("72.10"));
    w.refused(Rule::EnrolmentNotAllowed, 2, REGION, Statement::Party(elsewhere));
    // a code has one form: another spelling is no statement at all, and no record that the rules would see
    for code in ["72.031", "72.03.", "72.03..05", "72.3", "7203", " 72.03", "72.03.05.001", "72.03.05.0001.1"] {
        let lookalike = party("urn:jejak:party:lookalike", &[Role::Producer], Some(code));
        let json = serde_json::to_vec(&Statement::Party(lookalike)).unwrap();
        let why = Statement::from_json(&json).unwrap_err().to_string();
        assert!(why.contains("region.code"), "{code}: {why}");
    }
    let inspector = party("urn:jejak:party:inspector", &[Role::Inspector], Some("72.03"));
    w.refused(Rule::EnrolmentNotAllowed, 2, REGION, Statement::Party(inspector));
    let mut vouched = party("urn:jejak:party:vouched", &[Role::Producer], Some("72.03"));
    vouched.prefixes = vec!["8991".into()];
    w.refused(Rule::EnrolmentNotAllowed, 2, REGION, Statement::Party(vouched));
    let by_village = party("urn:jejak:party:friend", &[Role::Producer], Some("72.03.05"));
    w.refused(Rule::EnrolmentNotAllowed, 3, VILLAGE, Statement::Party(by_village));
    w.refused(Rule::ReplacesNotCurrent, 2, REGION, Statement::Party(party(VILLAGE, &[Role::Producer], Some("72.03"))));
}

const GLN: &str = "8991234000015";

fn with_gln(mut of: Party, gln: &str) -> Statement {
    of.gln = Some(gln.parse().unwrap());
    Statement::Party(of)
}

#[test]
fn region_enrols_no_party_under_a_foreign_gln() {
    let rule = Rule::EnrolmentOutsidePrefix;
    assert_eq!(rule.id(), "enrolment-outside-prefix");
    let mut w = World::with_village();
    let uri = format!("https://id.gs1.org/417/{GLN}");
    let village = |uri: &str| party(uri, &[Role::Producer], Some("72.03.05"));
    // in the URI, beside another URI, and in an update
    w.refused(rule, 2, REGION, Statement::Party(village(&uri)));
    w.refused(rule, 2, REGION, with_gln(village("urn:jejak:party:borrower"), GLN));
    let update = |w: &World, uri: &str| Party { replaces: Some(row(w, uri).record), ..village(uri) };
    let later = update(&w, VILLAGE);
    w.refused(rule, 2, REGION, with_gln(later, GLN));
    // only the authority says within which prefixes a region enrols, and only a region has any
    let mut grant = party(REGION, &[Role::Region], Some("72.03"));
    grant.enrols = vec!["89912".into()];
    grant.replaces = Some(row(&w, REGION).record);
    w.refused(Rule::EnrolmentNotAllowed, 2, REGION, Statement::Party(grant.clone()));
    assert!(Statement::Party(Party { roles: vec![Role::Buyer], ..grant.clone() }).to_json().is_err());
    w.ok(1, AUTHORITY, Statement::Party(grant));
    w.ok(2, REGION, Statement::Party(village(&uri)));
    assert!(row(&w, &uri).gln_vouched);
    w.refused(rule, 2, REGION, with_gln(village("urn:jejak:party:borrower"), "9521321000124"));
    // to enrol in a prefix is not to own it
    w.refused(Rule::GlnOutsidePrefix, 2, REGION, place(GLN, None));
    // a GLN beside the URI is the one in it
    assert!(with_gln(village(&uri), "9521321000124").to_json().is_err());
}

#[test]
fn gln_that_only_the_authority_states_is_shown_as_not_verified() {
    let mut w = World::with_village();
    let verified = |w: &World, uri: &str| {
        let view = jejak::query::party_view(&w.state, uri).unwrap();
        (view.gln.map(|gln| gln.to_string()), view.gln_verified)
    };
    assert_eq!(verified(&w, VILLAGE), (None, None));
    let foreign = party("urn:jejak:party:foreign", &[Role::Buyer], None);
    let id = w.ok(1, AUTHORITY, with_gln(foreign.clone(), GLN));
    assert_eq!(verified(&w, "urn:jejak:party:foreign"), (Some(GLN.into()), Some(false)));
    // until the authority vouches for its prefix
    let vouched = Party { prefixes: vec!["8991234".into()], replaces: Some(id), ..foreign };
    w.ok(1, AUTHORITY, with_gln(vouched, GLN));
    assert_eq!(verified(&w, "urn:jejak:party:foreign"), (Some(GLN.into()), Some(true)));
    // the region that the authority let enrol there vouches too, also when another updates the party
    let region = jejak::chain::authority::party(&w.state, REGION).unwrap().unwrap().record;
    let grant =
        Party { enrols: vec!["9521".into()], replaces: Some(region), ..party(REGION, &[Role::Region], Some("72.03")) };
    w.ok(1, AUTHORITY, Statement::Party(grant));
    let uri = "https://id.gs1.org/417/9521321000117";
    let id = w.ok(2, REGION, Statement::Party(party(uri, &[Role::Producer], Some("72.03.05"))));
    let update = Party { replaces: Some(id), ..party(uri, &[Role::Producer], Some("72.03.05")) };
    w.ok(1, AUTHORITY, Statement::Party(update));
    assert_eq!(verified(&w, uri), (Some("9521321000117".into()), Some(true)));
}

const LAB: &str = "urn:jejak:party:laboratory";

fn named(mut of: Party, name: &str) -> Party {
    of.name = Names::english(name);
    of
}

fn row(w: &World, uri: &str) -> jejak::chain::rows::PartyRow {
    jejak::chain::authority::party(&w.state, uri).unwrap().unwrap()
}

/// An accredited laboratory, a region's office and a village, each with a name.
fn with_names() -> World {
    let mut w = World::with_village();
    w.ok(1, AUTHORITY, Statement::Party(named(party(LAB, &[Role::Inspector], None), "Laboratorium Uji Nusantara")));
    let office = Party { replaces: Some(row(&w, REGION).record), ..party(REGION, &[Role::Region], Some("72.03")) };
    w.ok(1, AUTHORITY, Statement::Party(named(office, "Dinas Perikanan Donggala")));
    let village =
        Party { replaces: Some(row(&w, VILLAGE).record), ..party(VILLAGE, &[Role::Producer], Some("72.03.05")) };
    w.ok(2, REGION, Statement::Party(named(village, "BUM Desa Maju")));
    w
}

#[test]
fn region_enrols_no_village_called_like_an_office_or_laboratory() {
    assert_eq!(Rule::NameOfAnOffice.id(), "name-of-an-office");
    let mut w = with_names();
    let one = party("urn:jejak:party:one", &[Role::Producer], Some("72.03.05"));
    for name in [
        "Laboratorium Uji Nusantara",
        "LABORATORIUM UJI NUSANTARA",
        "Lаbоrаtоrium Uji Nusаntаrа",
        "Iaboratorium-Uji Nusantara.",
        "Dinas Perikanan Donggala",
        "Dinas Perikanan Dongga1a",
        AUTHORITY,
    ] {
        w.refused(Rule::NameOfAnOffice, 2, REGION, Statement::Party(named(one.clone(), name)));
        // by any party
        w.refused(Rule::NameOfAnOffice, 1, AUTHORITY, Statement::Party(named(one.clone(), name)));
    }
    // in any language of the statement
    let mut other = named(one.clone(), "BUM Desa Satu");
    other.name = other.name.with("id".parse().unwrap(), "laboratorium uji nusantara");
    w.refused(Rule::NameOfAnOffice, 2, REGION, Statement::Party(other));
    // and by a change of name
    let later =
        Party { replaces: Some(row(&w, VILLAGE).record), ..party(VILLAGE, &[Role::Producer], Some("72.03.05")) };
    w.refused(Rule::NameOfAnOffice, 2, REGION, Statement::Party(named(later, "Laboratorium Uji Nusantara")));
    // a name that the laboratory gave up is free
    let renamed = Party { replaces: Some(row(&w, LAB).record), ..party(LAB, &[Role::Inspector], None) };
    w.ok(1, AUTHORITY, Statement::Party(named(renamed, "Laboratorium Uji Timur")));
    w.ok(2, REGION, Statement::Party(named(one, "Laboratorium Uji Nusantara")));
}

#[test]
fn villages_of_one_name_are_admitted_and_the_later_is_marked() {
    assert_eq!(Rule::NameLooksAlike.id(), "name-looks-alike");
    let mut w = with_names();
    let uri = "urn:jejak:party:other";
    let other = named(party(uri, &[Role::Producer], Some("72.03.06")), "Bum-Desa MAJU");
    let id = w.ok(2, REGION, Statement::Party(other.clone()));
    let finding: jejak::chain::rows::RecordRow =
        jejak::chain::state::get(&w.state, jejak::chain::Table::Record, id.as_bytes()).unwrap().unwrap();
    assert_eq!(finding.findings, 1);
    let like = |w: &World, uri: &str| jejak::query::party_view(&w.state, uri).unwrap().looks_like;
    assert_eq!((like(&w, uri).as_deref(), like(&w, VILLAGE)), (Some(VILLAGE), None));
    // who bore a name before an office did keeps it, and the office has the notice
    let lab = named(party("urn:jejak:party:lab-2", &[Role::Inspector], None), "BUM Desa Maju");
    w.ok(1, AUTHORITY, Statement::Party(lab));
    assert_eq!(like(&w, "urn:jejak:party:lab-2").as_deref(), Some(VILLAGE));
    let same = Party { replaces: Some(row(&w, VILLAGE).record), ..party(VILLAGE, &[Role::Producer], Some("72.03.05")) };
    w.ok(2, REGION, Statement::Party(named(same, "BUM Desa Maju")));
    assert_eq!(like(&w, VILLAGE), None);
    // the first gives its name up: the other is no longer marked once it is stated again
    let gone = Party { replaces: Some(row(&w, VILLAGE).record), ..party(VILLAGE, &[Role::Producer], Some("72.03.05")) };
    w.ok(2, REGION, Statement::Party(named(gone, "BUM Desa Lain")));
    w.ok(2, REGION, Statement::Party(Party { replaces: Some(id), ..other }));
    assert_eq!(like(&w, uri), None);
}

#[test]
fn a_name_costs_its_own_rows_however_many_parties_bear_it() {
    let mut w = World::with_village();
    let mut rows = Vec::new();
    for n in 0..40 {
        let uri = format!("urn:jejak:party:village-{n}");
        let statement = Statement::Party(named(party(&uri, &[Role::Producer], Some("72.03.05")), "BUM Desa Maju"));
        let seq = w.seqs[&public(2).0] + 1;
        let record = Record::decode(&w.bytes(2, REGION, &statement, seq)).unwrap();
        let mut overlay = Overlay::new(&w.state);
        overlay.mark();
        apply(&mut overlay, w.index, &record, &Context::replay(&NoProfiles)).unwrap();
        let changes = overlay.into_changes();
        let table = |table| changes.iter().filter(|change| change.table == table).count();
        rows.push((table(jejak::chain::Table::Name), table(jejak::chain::Table::Party), changes.len()));
        w.state.commit(changes).unwrap();
        w.index += 1;
        w.seqs.insert(public(2).0, seq);
    }
    assert_eq!((rows[0].0, rows[0].1), (1, 1), "the first bears the name");
    // those that are listed, and the one that makes the list too short, write its row and the finding
    let (listed, others) = rows[1..].split_at(MOST_BEARERS);
    assert!(listed.iter().all(|row| (row.0, row.1) == (1, 1) && row.2 <= rows[0].2 + 1), "{rows:?}");
    assert!(others.iter().all(|row| (row.0, row.1) == (0, 1) && row.2 <= rows[0].2), "{rows:?}");
    let sizes = w.state.rows().filter(|((table, _), _)| *table == jejak::chain::Table::Name).map(|(_, row)| row.len());
    assert!(sizes.max().unwrap() <= 8 + MOST_BEARERS * 32, "a row does not grow with the parties");
}

#[test]
fn name_that_its_first_bearer_gives_up_is_still_taken_by_the_others() {
    let mut w = with_names();
    let like = |w: &World, uri: &str| jejak::query::party_view(&w.state, uri).unwrap().looks_like;
    let uri = |n: usize| format!("urn:jejak:party:village-{n:02}");
    let of = |w: &World, uri: &str, roles: &[Role], name: &str| {
        let replaces = jejak::chain::authority::party(&w.state, uri).unwrap().map(|row| row.record);
        Statement::Party(Party { replaces, ..named(party(uri, roles, Some("72.03.05")), name) })
    };
    let state = |w: &mut World, uri: &str, roles: &[Role], name: &str| {
        let statement = of(w, uri, roles, name);
        w.ok(1, AUTHORITY, statement);
    };
    let producer = &[Role::Producer];
    for n in [40, 41] {
        state(&mut w, &uri(n), producer, "BUM Desa Baru");
    }
    state(&mut w, &uri(40), producer, "BUM Desa Lama");
    state(&mut w, &uri(42), producer, "BUM Desa Baru");
    assert_eq!(like(&w, &uri(42)), Some(uri(41)));
    // more than are listed; then all that are listed are called otherwise
    for n in 0..MOST_BEARERS + 4 {
        state(&mut w, &uri(n), producer, "BUM Desa Indah");
    }
    for n in 0..MOST_BEARERS {
        state(&mut w, &uri(n), producer, "BUM Desa Lain");
    }
    state(&mut w, &uri(50), producer, "BUM Desa Indah");
    assert!(like(&w, &uri(50)).is_some());
    // of two offices that bore the name before they were, the one that stays keeps it
    for n in [70, 71] {
        state(&mut w, &uri(n), producer, "BUM Desa Jaya");
    }
    for n in [70, 71] {
        state(&mut w, &uri(n), &[Role::Inspector], "BUM Desa Jaya");
    }
    state(&mut w, &uri(70), &[Role::Inspector], "Laboratorium Jaya");
    let one = of(&w, &uri(72), producer, "BUM Desa Jaya");
    w.refused(Rule::NameOfAnOffice, 1, AUTHORITY, one);
    // an office is listed however many villages bear its name
    for n in 0..MOST_BEARERS + 1 {
        state(&mut w, &uri(80 + n), producer, "BUM Desa Makmur");
    }
    state(&mut w, &uri(80 + MOST_BEARERS), &[Role::Inspector], "BUM Desa Makmur");
    let one = of(&w, &uri(99), producer, "BUM Desa Makmur");
    w.refused(Rule::NameOfAnOffice, 1, AUTHORITY, one);
}

#[test]
fn key_belongs_to_one_party_for_ever() {
    let mut w = World::with_village();
    let second = w.key(VILLAGE, 4, Purpose::Event);
    w.refused(Rule::KeyByWhom, 2, REGION, second.clone());
    w.ok(3, VILLAGE, second.clone());
    w.refused(Rule::KeyTaken, 3, VILLAGE, second);
    let stolen = w.key(VILLAGE, 2, Purpose::Event);
    w.refused(Rule::KeyTaken, 3, VILLAGE, stolen);
    let Statement::Key(mut unproven) = w.key(VILLAGE, 5, Purpose::Event) else { unreachable!() };
    unproven.possession = jejak::record::prove_possession(&key_of(6), &w.ledger, VILLAGE, Purpose::Event);
    w.refused(Rule::KeyNotPossessed, 3, VILLAGE, Statement::Key(unproven));
    let operator = w.key(VILLAGE, 6, Purpose::Operator);
    w.refused(Rule::OperatorKeyRole, 3, VILLAGE, operator);
    // an event key signs no statements
    let more = w.key(VILLAGE, 7, Purpose::Event);
    w.refused(Rule::KeyPurpose, 4, VILLAGE, more.clone());
    w.refused(Rule::KeyUnknown, 8, VILLAGE, more.clone());
    w.refused(Rule::KeyNotOfIssuer, 3, REGION, more);
}

#[test]
fn revoked_key_and_suspended_party_cannot_write() {
    let mut w = World::with_village();
    let revocation = |since| {
        Statement::KeyRevocation(KeyRevocation { key: public(3), reason: "lost".into(), compromised_since: since })
    };
    let second = w.key(VILLAGE, 4, Purpose::Admin);
    w.ok(3, VILLAGE, second);
    let suspended = PartyStatus { party: VILLAGE.into(), status: Standing::Suspended, reason: None };
    w.refused(Rule::NotTheEnroller, 4, VILLAGE, Statement::PartyStatus(suspended.clone()));
    w.ok(2, REGION, Statement::PartyStatus(suspended));
    let third = w.key(VILLAGE, 5, Purpose::Event);
    w.refused(Rule::PartySuspended, 4, VILLAGE, third.clone());
    let active = PartyStatus { party: VILLAGE.into(), status: Standing::Active, reason: None };
    w.ok(2, REGION, Statement::PartyStatus(active));
    w.ok(4, VILLAGE, revocation(None));
    w.refused(Rule::KeyRevoked, 3, VILLAGE, third.clone());
    w.ok(4, VILLAGE, third);
    let authority = PartyStatus { party: AUTHORITY.into(), status: Standing::Suspended, reason: None };
    w.refused(Rule::AuthorityNotSuspended, 1, AUTHORITY, Statement::PartyStatus(authority));
    w.refused(
        Rule::RevocationNotAllowed,
        4,
        VILLAGE,
        Statement::KeyRevocation(KeyRevocation {
            key: public(1),
            reason: "compromised".into(),
            compromised_since: Some(0),
        }),
    );
}

#[test]
fn sequence_numbers_and_ledger_ids_are_not_reused() {
    let mut w = World::with_village();
    let first = w.bytes(3, VILLAGE, &w.key(VILLAGE, 4, Purpose::Event), 1);
    w.submit(&first).unwrap();
    assert_eq!(w.submit(&first).unwrap_err().rule, Rule::DuplicateRecord);
    let again = w.bytes(3, VILLAGE, &w.key(VILLAGE, 5, Purpose::Event), 1);
    let refused = w.submit(&again).unwrap_err();
    assert_eq!((refused.rule, refused.conflicts.is_some()), (Rule::SequenceRepeated, true));
    let other = World { ledger: "urn:jejak:ledger:other".into(), ..World::founded() };
    let foreign = other.bytes(3, VILLAGE, &other.key(VILLAGE, 6, Purpose::Event), 2);
    assert_eq!(w.submit(&foreign).unwrap_err().rule, Rule::WrongLedger);
    // a gap is admitted with a finding
    let later = w.bytes(3, VILLAGE, &w.key(VILLAGE, 7, Purpose::Event), 9);
    let record = Record::decode(&later).unwrap();
    let base = w.state.clone();
    let mut overlay = Overlay::new(&base);
    overlay.mark();
    let outcome = apply(&mut overlay, w.index, &record, &Context::replay(&NoProfiles)).unwrap();
    assert_eq!(outcome.findings[0].rule, Rule::SequenceGap);
}

#[test]
fn clock_is_signed_by_the_operator_and_only_advances() {
    const OPERATOR: &str = "urn:jejak:party:operator";
    let mut w = World::founded();
    w.refused(Rule::KeyPurpose, 1, AUTHORITY, Statement::Clock(Clock { time: 5 }));
    w.ok(1, AUTHORITY, Statement::Party(party(OPERATOR, &[Role::Operator], None)));
    let key = w.key(OPERATOR, 7, Purpose::Operator);
    w.ok(1, AUTHORITY, key);
    w.ok(7, OPERATOR, Statement::Clock(Clock { time: 100 }));
    // not more than once a minute: clocks are not counted in a day's records
    w.refused(Rule::ClockTooOften, 7, OPERATOR, Statement::Clock(Clock { time: 100 }));
    w.refused(Rule::ClockTooOften, 7, OPERATOR, Statement::Clock(Clock { time: 159 }));
    w.ok(7, OPERATOR, Statement::Clock(Clock { time: 160 }));
    w.refused(Rule::ClockGoesBack, 7, OPERATOR, Statement::Clock(Clock { time: 159 }));
    w.refused(Rule::KeyPurpose, 7, OPERATOR, Statement::Ruleset(Ruleset { version: 1 }));
}

const NODE: &str = "urn:jejak:party:operator";

/// With a village, and an operator's key 7 that signed one clock.
fn with_clock(time: i64) -> World {
    let mut w = World::with_village();
    w.ok(1, AUTHORITY, Statement::Party(party(NODE, &[Role::Operator], None)));
    let key = w.key(NODE, 7, Purpose::Operator);
    w.ok(1, AUTHORITY, key);
    w.ok(7, NODE, Statement::Clock(Clock { time }));
    w
}

fn tick(time: i64) -> Statement {
    Statement::Clock(Clock { time })
}

fn last_clock(w: &World) -> Option<RecordId> {
    jejak::chain::authority::ledger(&w.state).unwrap().clock_record
}

#[test]
fn operator_alone_moves_the_clock_only_so_far() {
    use jejak::chain::clock::{ALONE, EVERY, STEP};
    // the first clock too: entry 0 was signed at second 1
    let mut w = World::with_village();
    w.ok(1, AUTHORITY, Statement::Party(party(NODE, &[Role::Operator], None)));
    let key = w.key(NODE, 7, Purpose::Operator);
    w.ok(1, AUTHORITY, key);
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(STEP + 2));
    w.ok(7, NODE, tick(STEP + 1));
    // the authority states something: from here on the operator is alone
    let from = STEP + 1;
    w.ok(1, AUTHORITY, Statement::Party(party("urn:jejak:party:one", &[Role::Buyer], None)));
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(253_402_300_799));
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(from + STEP + 1));
    for steps in 1..=ALONE / STEP {
        w.ok(7, NODE, tick(from + steps * STEP));
    }
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(from + ALONE + EVERY));
    // what others state does not count
    let more = w.key(VILLAGE, 4, Purpose::Event);
    w.ok(3, VILLAGE, more);
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(from + ALONE + EVERY));
    w.ok(1, AUTHORITY, Statement::Party(party("urn:jejak:party:two", &[Role::Buyer], None)));
    w.ok(7, NODE, tick(from + ALONE + EVERY));
}

#[test]
fn permit_serves_one_clock_and_is_the_authoritys_alone() {
    use jejak::chain::clock::STEP;
    let mut w = with_clock(100);
    let far = 100 + 5 * STEP;
    let permit = |w: &World, until| Statement::ClockPermit(ClockPermit { until, after: last_clock(w) });
    let wanted = permit(&w, far);
    w.refused(Rule::AuthorityOnly, 2, REGION, wanted.clone());
    w.refused(Rule::AuthorityOnly, 3, VILLAGE, wanted.clone());
    w.refused(Rule::KeyPurpose, 7, NODE, wanted.clone());
    let past = permit(&w, 99);
    w.refused(Rule::ClockGoesBack, 1, AUTHORITY, past);
    w.ok(1, AUTHORITY, wanted.clone());
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(far + 1));
    w.ok(7, NODE, tick(far));
    // it is spent: neither it nor one that was kept back serves again
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(far + STEP + 1));
    w.refused(Rule::ClockMovedOn, 1, AUTHORITY, wanted);
    // a permit that was not used ends with the next clock
    let unused = permit(&w, far + 3 * STEP);
    w.ok(1, AUTHORITY, unused);
    w.ok(7, NODE, tick(far + 60));
    w.refused(Rule::ClockNeedsPermit, 7, NODE, tick(far + 2 * STEP));
}

#[test]
fn reset_sets_a_wrong_clock_back() {
    use jejak::chain::{authority, clock::STEP};
    let mut w = with_clock(100);
    let first = w.index;
    w.ok(7, NODE, tick(100 + STEP));
    w.ok(7, NODE, tick(100 + 2 * STEP));
    let reset = |w: &World| Statement::ClockReset(ClockReset { time: 200, after: last_clock(w), since: Some(first) });
    let wanted = reset(&w);
    w.refused(Rule::AuthorityOnly, 2, REGION, wanted.clone());
    w.refused(Rule::KeyPurpose, 7, NODE, wanted.clone());
    // signed for an earlier clock: it can't be kept and used later
    w.ok(7, NODE, tick(160 + 2 * STEP));
    w.refused(Rule::ClockMovedOn, 1, AUTHORITY, wanted);
    let wanted = reset(&w);
    let at = w.index;
    w.ok(1, AUTHORITY, wanted.clone());
    w.refused(Rule::ClockMovedOn, 1, AUTHORITY, wanted);
    w.refused(Rule::ClockGoesBack, 7, NODE, tick(199));
    w.ok(7, NODE, tick(260));
    let ledger = authority::ledger(&w.state).unwrap();
    assert_eq!((ledger.clock, ledger.resets.as_slice()), (260, &[(first, at)][..]));
}

#[test]
fn only_the_authority_enacts_rulesets_and_profiles() {
    let mut w = World::with_village();
    let accreditation = Accreditation {
        party: VILLAGE.into(),
        scope: vec!["*".into()],
        body: "KAN".into(),
        number: "1".into(),
        from: 0,
        until: 1,
        replaces: None,
    };
    w.refused(Rule::AuthorityOnly, 2, REGION, Statement::Accreditation(accreditation.clone()));
    w.refused(Rule::AccreditsInspectors, 1, AUTHORITY, Statement::Accreditation(accreditation));
    w.refused(Rule::AuthorityOnly, 2, REGION, Statement::Ruleset(Ruleset { version: 1 }));
    w.refused(Rule::RulesetGoesBack, 1, AUTHORITY, Statement::Ruleset(Ruleset { version: 1 }));
    w.refused(Rule::UnknownRuleset, 1, AUTHORITY, Statement::Ruleset(Ruleset { version: 2 }));
    let vkey = |seed| {
        let mut raw = vec![1];
        raw.extend_from_slice(&public(seed).0);
        format!("x+00000000+{}", data_encoding::BASE64.encode(&raw))
    };
    let log = |log: &str, witness: &str| {
        Statement::LogKeys(LogKeys {
            origin: "x".into(),
            log: vec![log.into()],
            witnesses: vec![witness.into()],
            replaces: None,
        })
    };
    w.refused(Rule::LogKeyForm, 1, AUTHORITY, log("nonsense", &vkey(41)));
    w.refused(Rule::LogKeyForm, 1, AUTHORITY, log(&vkey(40), &vkey(40)));
    w.refused(Rule::LogKeyTaken, 1, AUTHORITY, log(&vkey(3), &vkey(41)));
    w.ok(1, AUTHORITY, log(&vkey(40), &vkey(41)));
    let the_logs = w.key(VILLAGE, 40, Purpose::Event);
    w.refused(Rule::KeyIsTheLogs, 3, VILLAGE, the_logs);
}

#[test]
fn authority_key_rotates_only_to_the_committed_successor() {
    let mut w = World::founded();
    let other = w.key(AUTHORITY, 8, Purpose::Admin);
    w.refused(Rule::KeyUnknown, 8, AUTHORITY, other);
    let successor = w.key(AUTHORITY, 9, Purpose::Admin);
    w.ok(9, AUTHORITY, successor);
    w.refused(Rule::KeyRevoked, 1, AUTHORITY, Statement::Party(party(REGION, &[Role::Region], Some("72.03"))));
    w.ok(9, AUTHORITY, Statement::Party(party(REGION, &[Role::Region], Some("72.03"))));
}

#[test]
fn mandate_is_needed_to_act_for_another_party() {
    let mut w = World::with_village();
    let product = |gtin: &str, makers: &[&str]| Product {
        gtin: gtin.parse().unwrap(),
        name: Names::english("Oil"),
        commodity: "essential-oil".into(),
        form: "patchouli-oil".into(),
        unit: jejak::gs1::BaseUnit::Gram,
        makers: makers.iter().map(|m| (*m).into()).collect(),
        net_content: None,
        hs: None,
        storage: None,
        replaces: None,
    };
    let mut first = product("09521321001015", &[VILLAGE]);
    w.refused(Rule::GtinOutsidePrefix, 3, VILLAGE, Statement::Product(first.clone()));
    w.refused(Rule::GtinOutsidePrefix, 1, AUTHORITY, Statement::Product(product("04006381333931", &[VILLAGE])));
    w.refused(
        Rule::PartyUnknown,
        1,
        AUTHORITY,
        Statement::Product(product("09521321001015", &["urn:jejak:party:nobody"])),
    );
    let id = w.ok(1, AUTHORITY, Statement::Product(first.clone()));
    first.replaces = Some(id);
    first.unit = jejak::gs1::BaseUnit::Millilitre;
    w.refused(Rule::ProductFixed, 1, AUTHORITY, Statement::Product(first));
    let mandate = |to: &str, act: &str| {
        Statement::Mandate(Mandate { to: to.into(), acts: vec![act.into()], lots: None, until: 10, replaces: None })
    };
    w.refused(Rule::MandateToSelf, 3, VILLAGE, mandate(VILLAGE, "ship"));
    w.refused(Rule::MandateActs, 3, VILLAGE, mandate(REGION, "inspect"));
    w.ok(3, VILLAGE, mandate(REGION, "ship"));
    w.refused(Rule::ReplacesNotCurrent, 3, VILLAGE, mandate(REGION, "pack"));
}

#[test]
fn stolen_authority_key_cannot_add_keys_or_change_the_successor() {
    let mut w = World::founded();
    let second = w.key(AUTHORITY, 2, Purpose::Admin);
    w.ok(1, AUTHORITY, second);
    let own = w.key(AUTHORITY, 3, Purpose::Admin);
    w.refused(Rule::AdminByRotation, 1, AUTHORITY, own);
    let row = jejak::chain::authority::party(&w.state, AUTHORITY).unwrap().unwrap();
    let mut update = party(AUTHORITY, &[Role::Authority], None);
    update.replaces = Some(row.record);
    update.successor = Some(key::successor_commitment(&public(3)));
    w.refused(Rule::SuccessorCommitted, 1, AUTHORITY, Statement::Party(update));
    // the true successor comes in, and commits to the next one
    let successor = w.key(AUTHORITY, 9, Purpose::Admin);
    w.ok(9, AUTHORITY, successor);
    let mut update = party(AUTHORITY, &[Role::Authority], None);
    update.replaces = Some(row.record);
    update.successor = Some(key::successor_commitment(&public(10)));
    w.seqs.insert(public(9).0, 1);
    w.ok(9, AUTHORITY, Statement::Party(update));
}

#[test]
fn authority_cannot_revoke_its_last_key() {
    let mut w = World::founded();
    let successor = w.key(AUTHORITY, 9, Purpose::Admin);
    w.ok(9, AUTHORITY, successor);
    let last = KeyRevocation { key: public(9), reason: "left".into(), compromised_since: None };
    w.refused(Rule::LastAuthorityKey, 9, AUTHORITY, Statement::KeyRevocation(last));
}

#[test]
fn village_that_lost_its_key_is_re_enrolled() {
    let mut w = World::with_village();
    let lost = KeyRevocation { key: public(3), reason: "lost".into(), compromised_since: None };
    w.ok(2, REGION, Statement::KeyRevocation(lost));
    let fresh = w.key(VILLAGE, 4, Purpose::Admin);
    w.ok(2, REGION, fresh);
    let more = w.key(VILLAGE, 5, Purpose::Event);
    w.ok(4, VILLAGE, more);
}

fn place(gln: &str, replaces: Option<RecordId>) -> Statement {
    let mut place = serde_json::json!({
        "type": "Place", "gln": gln, "name": { "en": "Packing house" }, "kind": "processing", "country": "ID",
    });
    if let Some(id) = replaces {
        place["replaces"] = id.to_string().into();
    }
    Statement::from_json(place.to_string().as_bytes()).unwrap()
}

#[test]
fn only_the_owner_changes_a_place_or_product() {
    let mut w = World::with_village();
    w.refused(Rule::GlnOutsidePrefix, 3, VILLAGE, place("9521321000124", None));
    w.refused(Rule::GlnOutsidePrefix, 1, AUTHORITY, place("8991234000015", None));
    let first = w.ok(1, AUTHORITY, place("9521321000124", None));
    let mut other = party("urn:jejak:party:vouched", &[Role::Processor], None);
    other.prefixes = vec!["9521321".into()];
    w.ok(1, AUTHORITY, Statement::Party(other));
    let key = w.key("urn:jejak:party:vouched", 5, Purpose::Admin);
    w.ok(1, AUTHORITY, key);
    w.refused(Rule::NotTheOwner, 5, "urn:jejak:party:vouched", place("9521321000124", Some(first)));
    w.ok(1, AUTHORITY, place("9521321000124", Some(first)));
}

#[test]
fn first_entry_is_the_authoritys_own_statement() {
    let nonce = [3u8; 16];
    let mut w =
        World { state: MemState::new(), ledger: ledger_id(&public(1), &nonce), index: 0, seqs: Default::default() };
    w.refused(Rule::EntryZero, 1, AUTHORITY, Statement::Ruleset(Ruleset { version: 1 }));
    let mut founder = party(AUTHORITY, &[Role::Authority], None);
    founder.nonce = Some(data_encoding::HEXLOWER.encode(&[4u8; 16]));
    w.refused(Rule::EntryZero, 1, AUTHORITY, Statement::Party(founder.clone()));
    founder.nonce = Some(data_encoding::HEXLOWER.encode(&nonce));
    w.refused(Rule::EntryZero, 2, AUTHORITY, Statement::Party(founder.clone()));
    w.ok(1, AUTHORITY, Statement::Party(founder.clone()));
    // and it stays the only authority
    let id = w.ok(1, AUTHORITY, Statement::Ruleset(Ruleset { version: 1 }));
    let mut demoted = party(AUTHORITY, &[Role::Auditor], None);
    demoted.replaces = Some(id);
    let refused = w.send(1, AUTHORITY, Statement::Party(demoted)).unwrap_err();
    assert!([Rule::AuthorityIsOne, Rule::ReplacesNotCurrent].contains(&refused.rule), "{refused}");
}

#[test]
fn authority_cannot_give_up_its_role() {
    let mut w = World::founded();
    let first: jejak::chain::rows::PartyRow =
        jejak::chain::state::get(&w.state, jejak::chain::Table::Party, AUTHORITY.as_bytes()).unwrap().unwrap();
    let mut demoted = party(AUTHORITY, &[Role::Auditor], None);
    demoted.replaces = Some(first.record);
    w.refused(Rule::AuthorityIsOne, 1, AUTHORITY, Statement::Party(demoted));
}

#[test]
fn low_order_keys_are_refused_and_unknown_keys_not_revoked() {
    let mut w = World::with_village();
    // the neutral element: a point of order 1, for which every signature of a kind holds
    let mut weak = [0u8; 32];
    weak[0] = 1;
    let mut statement = w.key(VILLAGE, 5, Purpose::Event);
    if let Statement::Key(key) = &mut statement {
        key.key = PublicKey(weak);
    }
    w.refused(Rule::KeyRefused, 3, VILLAGE, statement);
    let unknown = KeyRevocation { key: public(40), reason: "lost".into(), compromised_since: None };
    w.refused(Rule::RevokesUnknownKey, 3, VILLAGE, Statement::KeyRevocation(unknown));
    w.refused(Rule::KeyPurpose, 3, VILLAGE, Statement::Clock(Clock { time: 5 }));
    // an operator key of who operates no more
    let operator = "urn:jejak:party:operator";
    let id = w.ok(1, AUTHORITY, Statement::Party(party(operator, &[Role::Operator], None)));
    let key = w.key(operator, 6, Purpose::Operator);
    w.ok(1, AUTHORITY, key);
    w.ok(6, operator, Statement::Clock(Clock { time: 5 }));
    let mut gone = party(operator, &[Role::Auditor], None);
    gone.replaces = Some(id);
    w.ok(1, AUTHORITY, Statement::Party(gone));
    w.refused(Rule::OperatorOnly, 6, operator, Statement::Clock(Clock { time: 6 }));
}

#[test]
fn profile_without_its_bytes_is_refused() {
    let mut w = World::founded();
    let profile = jejak::record::registry::Profile {
        id: "crab".into(),
        version: "1".into(),
        blake3: jejak::record::Hash32::of(b"bytes that nobody uploaded"),
        bytes: 26,
        from: 0,
        until: None,
    };
    w.refused(Rule::ProfileBytesMissing, 1, AUTHORITY, Statement::Profile(profile));
}

#[test]
fn former_region_loses_power_over_parties_it_enrolled() {
    let mut w = World::with_village();
    let first: jejak::chain::rows::PartyRow =
        jejak::chain::state::get(&w.state, jejak::chain::Table::Party, REGION.as_bytes()).unwrap().unwrap();
    let mut demoted = party(REGION, &[Role::Auditor], None);
    demoted.replaces = Some(first.record);
    w.ok(1, AUTHORITY, Statement::Party(demoted));
    let status =
        |standing| Statement::PartyStatus(PartyStatus { party: VILLAGE.into(), status: standing, reason: None });
    w.refused(Rule::NotTheEnroller, 2, REGION, status(Standing::Suspended));
    let ended = KeyRevocation { key: public(3), reason: "lost".into(), compromised_since: None };
    w.refused(Rule::RevocationNotAllowed, 2, REGION, Statement::KeyRevocation(ended));
    w.ok(1, AUTHORITY, status(Standing::Suspended));
}

#[test]
fn enrolments_by_a_compromised_key_are_marked() {
    let mut w = World::with_village();
    let second = w.key(VILLAGE, 4, Purpose::Admin);
    w.ok(3, VILLAGE, second);
    let compromised = KeyRevocation { key: public(3), reason: "compromised".into(), compromised_since: Some(0) };
    w.ok(2, REGION, Statement::KeyRevocation(compromised));
    let third = w.key(VILLAGE, 5, Purpose::Event);
    w.ok(4, VILLAGE, third);
    let row: jejak::chain::rows::KeyRow =
        jejak::chain::state::get(&w.state, jejak::chain::Table::Key, &public(5).0).unwrap().unwrap();
    assert_eq!(row.compromised_since, Some(0));
}
