//! Statements of every type, for the tests that count what each costs.

use crate::chain::Table;
use crate::chain::rows::LedgerRow;
use crate::chain::state::get;
use crate::chain::testing::*;
use crate::gs1::Gln;
use crate::log::note::KeyType;
use crate::record::RecordId;
use crate::record::registry::{
    ClockPermit, ClockReset, LogKeys, Names, Party, PartyStatus, Place, Purpose, Region, Role, Standing, Statement,
};

/// The statements that the world of the tests does not make by itself, some of them twice.
pub(super) fn every_other_statement(w: &mut World) {
    let status = |status| PartyStatus { party: BUYER.to_owned(), status, reason: None };
    w.state(AUTHORITY, Statement::PartyStatus(status(Standing::Suspended)));
    w.state(AUTHORITY, Statement::PartyStatus(status(Standing::Active)));
    let place = |replaces: Option<RecordId>| Place {
        gln: "9521321000124".parse().unwrap(),
        name: Names::english(if replaces.is_some() { "Warehouse of the port" } else { "Village of patchouli" }),
        kind: "village".to_owned(),
        country: "ID".to_owned(),
        region: None,
        near: None,
        point: None,
        replaces,
    };
    // a region looks whether the GLN in the URI of who it enrols lies in a company prefix of another
    let region = "urn:jejak:party:second-region";
    w.enrol(region, &[Role::Region], "74.13", &["9521322"], Purpose::Admin);
    let gln: Gln = "9521322000017".parse().unwrap();
    let inside = Region {
        authority: "kemendagri".to_owned(),
        edition: "2025".to_owned(),
        code: "74.13.01".to_owned(),
        name: "R".to_owned(),
    };
    let village = Party::new(gln.party_uri(), Names::english("Village by GLN"), &[Role::Producer], "ID");
    w.state(region, Statement::Party(Party { region: Some(inside), ..village }));
    let adopted = w.adopt(BUYER, SPECIFIED, None);
    w.adopt(BUYER, STRICTER, Some(adopted));
    let first = w.state(AUTHORITY, Statement::Place(place(None)));
    w.state(AUTHORITY, Statement::Place(place(Some(first))));
    let key =
        |seed: &str| crate::log::note::Verifier::new("example.org/log", KeyType::Ed25519, key_of(seed).0).unwrap();
    w.state(
        AUTHORITY,
        Statement::LogKeys(LogKeys {
            origin: "example.org/log".to_owned(),
            log: vec![key("log").to_string()],
            witnesses: vec![],
            replaces: None,
        }),
    );
    let ledger: LedgerRow = get(&w.state, Table::Ledger, b"").unwrap().unwrap();
    w.state(AUTHORITY, Statement::ClockPermit(ClockPermit { until: T0 + 500 * 86_400, after: ledger.clock_record }));
    w.state(AUTHORITY, Statement::ClockReset(ClockReset { time: T0, after: ledger.clock_record, since: Some(3) }));
}
