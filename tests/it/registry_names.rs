//! Who may enrol whom, under which GLN and name, accepted and refused cases, through `chain::apply`.

use jejak::chain::lookalike::MOST_BEARERS;
use jejak::chain::{Context, NoProfiles, Overlay, Rule, apply};
use jejak::record::Record;
use jejak::record::registry::{Names, Party, Role, Statement};

use crate::common::registry::{AUTHORITY, REGION, VILLAGE, World, party, place, public};

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
fn gln_of_one_party_is_not_given_to_another() {
    assert_eq!(Rule::GlnTaken.id(), "gln-taken");
    let mut w = World::with_village();
    let uri = format!("https://id.gs1.org/417/{GLN}");
    let (first, second) = ("urn:jejak:party:first", "urn:jejak:party:second");
    let buyer = |uri: &str| party(uri, &[Role::Buyer], None);
    let id = w.ok(1, AUTHORITY, with_gln(buyer(first), GLN));
    // beside another URI, in the URI, and in an update
    w.refused(Rule::GlnTaken, 1, AUTHORITY, with_gln(buyer(second), GLN));
    w.refused(Rule::GlnTaken, 1, AUTHORITY, Statement::Party(buyer(&uri)));
    let known = w.ok(1, AUTHORITY, Statement::Party(buyer(second)));
    let update = Party { replaces: Some(known), ..buyer(second) };
    w.refused(Rule::GlnTaken, 1, AUTHORITY, with_gln(update.clone(), GLN));
    // its own party keeps it through updates, and gives it up
    let id = w.ok(1, AUTHORITY, with_gln(Party { replaces: Some(id), ..buyer(first) }, GLN));
    w.ok(1, AUTHORITY, Statement::Party(Party { replaces: Some(id), ..buyer(first) }));
    w.ok(1, AUTHORITY, with_gln(update, GLN));
    w.refused(Rule::GlnTaken, 1, AUTHORITY, Statement::Party(buyer(&uri)));
}

#[test]
fn region_enrols_nobody_in_the_prefix_of_another_company() {
    let mut w = World::with_village();
    let mut company = party("urn:jejak:party:company", &[Role::Buyer], None);
    company.prefixes = vec!["8991234".into()];
    w.ok(1, AUTHORITY, Statement::Party(company));
    let mut grant = party(REGION, &[Role::Region], Some("72.03"));
    grant.enrols = vec!["8991".into()];
    grant.replaces = Some(row(&w, REGION).record);
    w.ok(1, AUTHORITY, Statement::Party(grant));
    let village = |gln: &str| party(&format!("https://id.gs1.org/417/{gln}"), &[Role::Producer], Some("72.03.05"));
    w.refused(Rule::EnrolmentOutsidePrefix, 2, REGION, Statement::Party(village(GLN)));
    w.refused(
        Rule::EnrolmentOutsidePrefix,
        2,
        REGION,
        with_gln(party("urn:jejak:party:borrower", &[Role::Producer], Some("72.03.05")), GLN),
    );
    w.ok(2, REGION, Statement::Party(village("8991235000014")));
}

#[test]
fn company_prefix_that_overlaps_with_another_is_marked() {
    assert_eq!(Rule::PrefixOverlaps.id(), "prefix-overlaps");
    let mut w = World::with_village();
    let with_prefixes = |name: &str, prefixes: &[&str]| {
        let prefixes = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
        Party { prefixes, ..party(&format!("urn:jejak:party:{name}"), &[Role::Buyer], None) }
    };
    let marked = |w: &mut World, of: Party| {
        let id = w.ok(1, AUTHORITY, Statement::Party(of));
        let row: jejak::chain::rows::RecordRow =
            jejak::chain::state::get(&w.state, jejak::chain::Table::Record, id.as_bytes()).unwrap().unwrap();
        (id, row.findings)
    };
    // the authority lends of its own
    assert_eq!(marked(&mut w, with_prefixes("lent", &["952132100"])).1, 0);
    let (first, none) = marked(&mut w, with_prefixes("first", &["8991234"]));
    assert_eq!(none, 0);
    for (name, prefix) in [("same", "8991234"), ("within", "899123456"), ("around", "89912")] {
        assert_eq!(marked(&mut w, with_prefixes(name, &[prefix])).1, 1, "{prefix}");
    }
    assert_eq!(marked(&mut w, with_prefixes("other", &["8991235"])).1, 1, "within one that is around");
    assert_eq!(marked(&mut w, with_prefixes("beside", &["8995555", "7771234"])).1, 0);
    // an update that says the same is not marked again
    let again = Party { replaces: Some(first), ..with_prefixes("first", &["8991234"]) };
    assert_eq!(marked(&mut w, again).1, 0);
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
    let sizes = w.state.rows().filter(|((table, _), _)| **table == jejak::chain::Table::Name).map(|(_, row)| row.len());
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
