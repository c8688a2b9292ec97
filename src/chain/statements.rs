//! `Profile`, `Ruleset` and `LogKeys`: what the authority puts in force on the ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::checks::{StatementContext, authority_only, require_current, too_many_in_force};
use super::keys::raw_key;
use super::rows::{LedgerRow, ProfileRow, profile_key};
use super::state::{Scan, rows};
use super::{Overlay, ProfileSource, RULESET, Refusal, Rejection, Rule, State, StateError, Table};
use crate::causes::causes;
use crate::log::AnyVerifier;
use crate::log::note::NoteError;
use crate::quality::Profile as CommodityProfile;
use crate::quality::profile::commodity_of;
use crate::record::registry::{LogKeys, Profile, Ruleset};

/// Rule `unknown-ruleset`: a program stops at a ruleset that it does not know, rather than judge by the wrong rules.
pub(super) fn unknown_ruleset(version: u32) -> Result<(), Rejection> {
    if version <= RULESET {
        return Ok(());
    }
    Err(Rejection::new(
        Rule::UnknownRuleset,
        format!("ruleset {version} is in force; this program knows up to {RULESET}: update it"),
    )
    .arg("version", version))
}

fn put_in_force(
    state: &mut Overlay<'_>,
    by: &StatementContext<'_>,
    change: impl FnOnce(&mut LedgerRow),
) -> Result<(), Refusal> {
    let mut row = by.ledger.clone();
    row.statements = row.statements.saturating_add(1);
    change(&mut row);
    state.put(Table::Ledger, b"", &row)?;
    Ok(())
}

pub(super) fn ruleset(state: &mut Overlay<'_>, s: &Ruleset, by: &StatementContext<'_>) -> Result<(), Refusal> {
    authority_only(by)?;
    unknown_ruleset(s.version)?;
    ruleset_goes_back(s, by)?;
    put_in_force(state, by, |row| row.ruleset = s.version)
}

/// Rule `ruleset-goes-back`: rulesets go forward, from 1.
fn ruleset_goes_back(s: &Ruleset, by: &StatementContext<'_>) -> Result<(), Rejection> {
    if s.version > by.ledger.ruleset {
        return Ok(());
    }
    Err(Rejection::new(Rule::RulesetGoesBack, format!("ruleset {} is in force already", by.ledger.ruleset))
        .arg("version", s.version))
}

pub(super) fn log_keys(state: &mut Overlay<'_>, s: &LogKeys, by: &StatementContext<'_>) -> Result<(), Refusal> {
    authority_only(by)?;
    require_current(s.replaces, by.ledger.log_keys_record, "the LogKeys statement")?;
    log_key_form(s)?;
    log_key_taken(state, s)?;
    let record = by.record.id;
    put_in_force(state, by, |row| {
        row.origin = Some(s.origin.clone());
        row.log_keys.clone_from(&s.log);
        row.log_keys_record = Some(record);
        row.witnesses.clone_from(&s.witnesses);
    })
}

/// Rule `log-key-form`: keys of the log are Ed25519 verifier keys (C2SP type 0x01); keys of witnesses are cosigners' (type 0x04), or of a
/// kind that this version does not verify, such as ML-DSA-44 (0x06); and no key is both.
fn log_key_form(s: &LogKeys) -> Result<(), Rejection> {
    let wrong = |key: &str, what: &str| {
        // the key of another kind may be long; its name says which it is
        let name = key.split('+').next().unwrap_or(key);
        Err(Rejection::new(Rule::LogKeyForm, format!("the key of {name} {what}")).arg("key", key))
    };
    for key in &s.log {
        match key.parse::<AnyVerifier>() {
            Ok(read) if read.kind() == 1 => {}
            Ok(read) => {
                let what = format!("has type {:#04x}; the key of a log is an Ed25519 key (type 0x01)", read.kind());
                return wrong(key, &what);
            }
            Err(error) => return wrong(key, &unreadable(&error)),
        }
    }
    for key in &s.witnesses {
        match key.parse::<AnyVerifier>() {
            Ok(read) if read.kind() != 1 => {}
            Ok(_) => return wrong(key, "has type 0x01, which signs as a log; a witness has another, such as 0x04"),
            Err(error) => return wrong(key, &unreadable(&error)),
        }
    }
    match s.witnesses.iter().find(|w| s.log.iter().any(|l| raw_key(l) == raw_key(w))) {
        Some(key) => wrong(key, "is the log's own: the log can't be its own witness"),
        None => Ok(()),
    }
}

fn unreadable(error: &NoteError) -> String {
    format!("can't be read: {}", causes(error))
}

/// Rule `log-key-taken`: a key that signs records can't be a key of the log.
fn log_key_taken(state: &Overlay<'_>, s: &LogKeys) -> Result<(), Refusal> {
    for key in s.log.iter().chain(&s.witnesses) {
        if let Some(raw) = raw_key(key)
            && state.get(Table::Key, &raw)?.is_some()
        {
            return Err(Rejection::new(Rule::LogKeyTaken, format!("{key} signs records already"))
                .arg("key", key)
                .into());
        }
    }
    Ok(())
}

pub(super) fn profile(state: &mut Overlay<'_>, s: &Profile, by: &StatementContext<'_>) -> Result<(), Refusal> {
    authority_only(by)?;
    profile_exists(state, s)?;
    let commodity = commodity_of(&s.id);
    let mut there = 0;
    for version in versions(state, commodity) {
        version?;
        there += 1;
    }
    too_many_in_force(there, MAX_VERSIONS, &format!("versions of profiles of {commodity}"))?;
    profile_bytes_missing(s, by)?;
    let row = ProfileRow { record: by.record.id, index: by.index, blake3: s.blake3, from: s.from, until: s.until };
    state.put(Table::Profile, &profile_key(&s.id, &s.version), &row)?;
    put_in_force(state, by, |_| {})
}

/// Most versions of profiles of one commodity: a process reads them all.
pub const MAX_VERSIONS: usize = 256;

/// The versions of the profiles of a commodity, with their keys, in order of the profiles' ids.
fn versions<'s>(
    state: &'s dyn State,
    commodity: &str,
) -> impl Iterator<Item = Result<(Bytes, ProfileRow), StateError>> + use<'s> {
    let length = commodity.len();
    // the id is the commodity's, or one under it; `crab-meat` is not under `crab`
    let of_commodity = move |key: &[u8]| matches!(key.get(length), Some(0 | b'/'));
    let all = rows::<ProfileRow>(state, Table::Profile, Scan::prefix(commodity.as_bytes()));
    all.filter(move |row| row.as_ref().map_or(true, |(key, _)| of_commodity(key)))
}

/// The profiles of a commodity in force at `at`, in order of their ids; of each id the version put in force last.
///
/// # Errors
/// [`StateError`] when storage fails, or the bytes of one are missing.
pub fn profiles_in_force(
    state: &dyn State,
    profiles: &dyn ProfileSource,
    commodity: &str,
    at: i64,
) -> Result<Vec<Arc<CommodityProfile>>, StateError> {
    let mut found: BTreeMap<Vec<u8>, ProfileRow> = BTreeMap::new();
    for version in versions(state, commodity) {
        let (key, row) = version?;
        let id: Vec<u8> = key.iter().take_while(|byte| **byte != 0).copied().collect();
        let in_force = row.from <= at && row.until.is_none_or(|until| at < until);
        if in_force && found.get(&id).is_none_or(|other| other.index < row.index) {
            found.insert(id, row);
        }
    }
    let bytes = |row: &ProfileRow| {
        let missing = || StateError::new(format!("the bytes of profile {} are missing", row.blake3));
        profiles.profile(&row.blake3).ok_or_else(missing)
    };
    found.values().map(bytes).collect()
}

/// Rule `profile-exists`: a version of a profile is put in force once; a change is a new version.
fn profile_exists(state: &Overlay<'_>, s: &Profile) -> Result<(), Refusal> {
    if state.get(Table::Profile, &profile_key(&s.id, &s.version))?.is_none() {
        return Ok(());
    }
    Err(Rejection::new(Rule::ProfileExists, format!("version {} of profile {} is in force already", s.version, s.id))
        .arg("profile", &s.id)
        .arg("version", &s.version)
        .into())
}

/// Rule `profile-bytes-missing`: the bytes of a profile are a mandatory object of the log, uploaded before the statement.
fn profile_bytes_missing(s: &Profile, by: &StatementContext<'_>) -> Result<(), Rejection> {
    let says = |p: Arc<CommodityProfile>| p.id == s.id && p.version == s.version;
    let profiles = by.ctx.profiles;
    if by.ctx.partial || (profiles.profile(&s.blake3).is_some_and(says) && profiles.keep(&s.blake3)) {
        return Ok(());
    }
    Err(Rejection::new(Rule::ProfileBytesMissing, format!("upload the bytes of profile {} {} first", s.id, s.version))
        .arg("profile", &s.id)
        .arg("version", &s.version)
        .retryable())
}
