//! Registry statements with every member there now and then, for the vectors of the app and the desk.

use ed25519_dalek::SigningKey;
use serde_json::json;

use super::{Chance, EDGES};
use crate::gs1::{Amount, BaseUnit, LotId};
use crate::names::Names;
use crate::record::registry::{
    Accreditation, Certificate, Guide, Key, KeyRevocation, Mandate, Party, PartyStatus, Place, Product, Profile,
    Purpose, Region, Role, Standing,
};
use crate::record::{PublicKey, Statement, prove_possession};

fn names(chance: &mut Chance) -> Names {
    let texts = ["Jaya Makmur", "Ñandú \"x\"", "广藿香", "ẞ"];
    let mut names = json!({ "en": chance.one(&texts) });
    for tag in ["id", "zh", "zh-Hant", "pt-BR"] {
        if chance.often() {
            names[tag] = chance.one(&texts).into();
        }
    }
    serde_json::from_value(names).unwrap()
}

fn text(chance: &mut Chance) -> Option<String> {
    chance.often().then(|| chance.one(&["telepon meja mutu", "手机", "a \"b\" \\"]).to_owned())
}

fn region(chance: &mut Chance) -> Option<Region> {
    chance.often().then(|| Region {
        authority: "kemendagri".into(),
        edition: "300.2.2-2430/2025".into(),
        code: "74.12".into(),
        name: "Konawe Kepulauan".into(),
    })
}

fn seconds(chance: &mut Chance) -> i64 {
    i64::try_from(chance.one(&EDGES[..9])).unwrap()
}

/// One of each kind, by the name of the function that writes it in `web/static/app/statements.js`.
pub(super) fn all(chance: &mut Chance) -> Vec<(&'static str, Statement)> {
    let mut found = people(chance);
    found.extend(things(chance));
    found
}

fn people(chance: &mut Chance) -> Vec<(&'static str, Statement)> {
    let key = SigningKey::from_bytes(&[u8::try_from(chance.next(250)).unwrap(); 32]);
    let public = PublicKey(key.verifying_key().to_bytes());
    let uri = chance.party();
    let ledger = format!("urn:jejak:ledger:{}", chance.hash());
    let purpose = chance.one(&[Purpose::Admin, Purpose::Event]);
    let possession = prove_possession(&key, &ledger, &uri, purpose);
    let mut party = Party::new(uri.clone(), names(chance), &[Role::Producer, Role::Processor], "ID");
    party.legal_form = text(chance);
    party.contact = text(chance);
    party.replaces = chance.often().then(|| chance.hash());
    party.prefixes = if chance.often() { vec!["9521321".into(), "89900".into()] } else { Vec::new() };
    if chance.often() {
        (party.roles, party.enrols) = (vec![Role::Region], vec!["9521322".into()]);
    }
    party.region = region(chance);
    party.demo = chance.often();
    let lots = chance
        .often()
        .then(|| (0..chance.next(3)).map(|_| LotId::from_uri(&chance.lot()).unwrap()).collect::<Vec<_>>());
    let until = seconds(chance);
    let status = PartyStatus {
        party: uri.clone(),
        status: chance.one(&[Standing::Active, Standing::Suspended]),
        reason: text(chance),
    };
    let revocation = KeyRevocation {
        key: public,
        reason: chance.one(&["lost", "replaced", "compromised", "left"]).into(),
        compromised_since: chance.often().then_some(until),
    };
    let mandate = Mandate {
        to: uri.clone(),
        acts: ["harvest", "ship"].iter().take(chance.next(3)).map(|act| (*act).to_owned()).collect(),
        lots,
        until,
        replaces: chance.often().then(|| chance.hash()),
    };
    vec![
        ("party", Statement::Party(party)),
        ("partyStatus", Statement::PartyStatus(status)),
        ("key", Statement::Key(Key { party: uri, key: public, purpose, possession, label: text(chance) })),
        ("keyRevocation", Statement::KeyRevocation(revocation)),
        ("mandate", Statement::Mandate(mandate)),
    ]
}

fn things(chance: &mut Chance) -> Vec<(&'static str, Statement)> {
    let day = |chance: &mut Chance| chance.often().then(|| chance.one(&["2026-01-31", "2027-12-01"]).parse().unwrap());
    let accreditation = Accreditation {
        party: chance.party(),
        scope: chance.one(&[&["*"][..], &["crab", "essential-oil"]]).iter().map(|id| (*id).to_owned()).collect(),
        body: "KAN".into(),
        number: "LP-001-IDN".into(),
        from: 1,
        until: seconds(chance) + 1,
        replaces: chance.often().then(|| chance.hash()),
    };
    let product = Product {
        gtin: "09521321001022".parse().unwrap(),
        name: names(chance),
        commodity: "essential-oil".into(),
        form: "patchouli-oil".into(),
        unit: chance.one(&[BaseUnit::Gram, BaseUnit::Millilitre, BaseUnit::Piece]),
        makers: (0..=chance.next(2)).map(|n| format!("urn:jejak:party:maker-{n}")).collect(),
        net_content: chance.often().then(|| chance.one(&["50", "0.5"]).parse::<Amount>().unwrap()),
        hs: chance.often().then(|| "330129".to_owned()),
        storage: chance.often().then(|| names(chance)),
        replaces: chance.often().then(|| chance.hash()),
    };
    let place = Place {
        gln: "9521321000018".parse().unwrap(),
        name: names(chance),
        kind: chance.one(&["village", "port"]).to_owned(),
        country: "ID".into(),
        region: region(chance),
        near: chance.often().then(|| "-4.05,122.97".to_owned()),
        point: chance.often().then(|| chance.hash()),
        replaces: chance.often().then(|| chance.hash()),
    };
    let profile = Profile {
        id: "essential-oil/patchouli".into(),
        version: "1.2".into(),
        blake3: chance.hash(),
        bytes: chance.one(&EDGES[..6]),
        from: seconds(chance),
        until: chance.often().then_some(253_402_300_799),
    };
    let guide = Guide { id: "crab".into(), version: "3".into(), blake3: chance.hash(), bytes: chance.one(&EDGES[..6]) };
    let replaces = chance.often().then(|| chance.hash());
    let certificate = Certificate {
        party: chance.party(),
        kind: "nib".into(),
        number: text(chance),
        issuer: "Kementerian Investasi".into(),
        from: day(chance),
        until: None,
        document: chance.often().then(|| chance.hash()),
        withdrawn: replaces.is_some() && chance.often(),
        replaces,
    };
    vec![
        ("accreditation", Statement::Accreditation(accreditation)),
        ("product", Statement::Product(product)),
        ("place", Statement::Place(place)),
        ("profile", Statement::Profile(profile)),
        ("guide", Statement::Guide(guide)),
        ("certificate", Statement::Certificate(certificate)),
    ]
}
