//! The registry rules for keys, mandates, places and the authority, accepted and refused cases, through `chain::apply`.

use data_encoding::{BASE64, HEXLOWER};
use jejak::chain::{Context, MemState, NoProfiles, Overlay, Rule, apply};
use jejak::record::registry::{
    Accreditation, Clock, KeyRevocation, LogKeys, Mandate, Names, PartyStatus, Product, Purpose, Role, Ruleset,
    Standing, Statement,
};
use jejak::record::{PublicKey, Record, key, ledger_id};
use sha2::{Digest, Sha256};

use crate::common::registry::{AUTHORITY, REGION, VILLAGE, World, key_of, party, place, public};

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
    let typed = |kind: u8, key: &[u8]| {
        let typed = [&[kind], key].concat();
        let id = Sha256::new().chain_update(b"x\n").chain_update(&typed).finalize();
        format!("x+{}+{}", HEXLOWER.encode(&id[..4]), BASE64.encode(&typed))
    };
    let vkey = |seed| typed(1, &public(seed).0);
    let cosigner = |seed| typed(4, &public(seed).0);
    let log = |log: &str, witness: &str| {
        Statement::LogKeys(LogKeys {
            origin: "x".into(),
            log: vec![log.into()],
            witnesses: vec![witness.into()],
            replaces: None,
        })
    };
    w.refused(Rule::LogKeyForm, 1, AUTHORITY, log("nonsense", &cosigner(41)));
    w.refused(Rule::LogKeyForm, 1, AUTHORITY, log(&vkey(40), &cosigner(40)));
    // a witness's key in place of the log's, and the other way round
    w.refused(Rule::LogKeyForm, 1, AUTHORITY, log(&cosigner(40), &cosigner(41)));
    w.refused(Rule::LogKeyForm, 1, AUTHORITY, log(&vkey(40), &vkey(41)));
    // an ML-DSA-44 key has 1,312 bytes
    w.refused(Rule::LogKeyForm, 1, AUTHORITY, log(&vkey(40), &typed(6, &[7; 1_311])));
    // the key id is eight hexadecimal digits, and that of the key where it is known how it is made
    let (of_a_witness, of_another_kind) = (cosigner(41), typed(9, &[1]));
    for (id, key) in [("zzzzzzzz", &of_another_kind), ("0000000", &of_another_kind), ("00000000", &of_a_witness)] {
        let (_, blob) = key.rsplit_once('+').unwrap();
        w.refused(Rule::LogKeyForm, 1, AUTHORITY, log(&vkey(40), &format!("x+{id}+{blob}")));
        w.refused(Rule::LogKeyForm, 1, AUTHORITY, log(&format!("x+{id}+{blob}"), &cosigner(41)));
    }
    // no point of the curve
    w.refused(Rule::LogKeyForm, 1, AUTHORITY, log(&vkey(40), &typed(4, &[2; 32])));
    w.refused(Rule::LogKeyForm, 1, AUTHORITY, log(&vkey(40), "x y+00000000+CQE="));
    let refused = w.send(1, AUTHORITY, log(&vkey(40), "x+0000000g+CQE=")).unwrap_err();
    assert_eq!(refused.detail, "the key of x can't be read: not a verifier key: key id");
    w.refused(Rule::LogKeyTaken, 1, AUTHORITY, log(&vkey(3), &cosigner(41)));
    w.refused(Rule::LogKeyTaken, 1, AUTHORITY, log(&vkey(40), &cosigner(3)));
    w.ok(1, AUTHORITY, log(&vkey(40), &typed(6, &[7; 1_312])));
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
