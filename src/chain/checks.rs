//! What the rules of registry statements share: the context of a statement, and the checks that more than one kind gets.

use super::authority::Signer;
use super::context::Context;
use super::outcome::Rejection;
use super::rows::{LedgerRow, PartyRow};
use super::rules::Rule;
use crate::record::registry::{Region, Role};
use crate::record::{Record, RecordId};

/// What a registry statement is applied with.
pub(super) struct StatementContext<'a> {
    /// Index of the record.
    pub index: u64,
    /// The record.
    pub record: &'a Record,
    /// Who signed.
    pub signer: &'a Signer,
    /// The ledger before it.
    pub ledger: &'a LedgerRow,
    /// Profiles and refusals.
    pub ctx: &'a Context<'a>,
}

/// Rule `authority-only`: only the authority makes some statements.
pub(super) fn authority_only(by: &StatementContext<'_>) -> Result<(), Rejection> {
    if by.signer.has(Role::Authority) {
        return Ok(());
    }
    Err(Rejection::new(Rule::AuthorityOnly, "only the authority may state this").arg("party", &by.signer.iss))
}

/// Rule `not-the-enroller`: a party's statement, standing and first key are signed by the region that enrolled it, or the authority.
pub(super) fn not_the_enroller(party: &str, row: &PartyRow, by: &StatementContext<'_>) -> Result<(), Rejection> {
    if is_enroller(by.signer, row) {
        return Ok(());
    }
    Err(Rejection::new(Rule::NotTheEnroller, format!("{party} was enrolled by {}", row.enroller))
        .arg("party", party)
        .arg("enroller", &row.enroller))
}

/// Whether the signer is the region that enrolled a party, or the authority.
pub(super) fn is_enroller(signer: &Signer, row: &PartyRow) -> bool {
    // a party that lost its role as a region can no longer change what it enrolled
    (row.enroller == signer.iss && signer.has(Role::Region)) || signer.has(Role::Authority)
}

/// Rule `not-the-owner`: a product or place is updated by the party that registered it.
pub(super) fn not_the_owner(owner: &str, signer: &Signer, what: &str) -> Result<(), Rejection> {
    if owner == signer.iss {
        return Ok(());
    }
    Err(Rejection::new(Rule::NotTheOwner, format!("{what} was registered by {owner}"))
        .arg("what", what)
        .arg("owner", owner))
}

/// Rule `replaces-not-current`: an update names the statement in force that it replaces; a first statement names none.
pub(super) fn require_current(
    replaces: Option<RecordId>,
    current: Option<RecordId>,
    what: &str,
) -> Result<(), Rejection> {
    if replaces == current {
        return Ok(());
    }
    let rejection = Rejection::new(
        Rule::ReplacesNotCurrent,
        match current {
            Some(id) => format!("{what} is on the ledger: an update must say that it replaces {}", id.uri()),
            None => format!("{what} is not on the ledger: there is nothing to replace"),
        },
    )
    .arg("what", what);
    Err(match current {
        Some(id) => rejection.conflicts(id),
        None => rejection.retryable(),
    })
}

/// Rule `too-many-in-force`: of what every judgement reads all, the authority puts only so much on the ledger.
pub(super) fn too_many_in_force(there: usize, most: usize, what: &str) -> Result<(), Rejection> {
    if there < most {
        return Ok(());
    }
    Err(Rejection::new(Rule::TooManyInForce, format!("there are {there} {what}; {most} at most"))
        .arg("what", what)
        .arg("most", most))
}

/// Whether region `other` is `own` or lies in it: `74.12` holds `74.12.05.2003`.
pub(crate) fn lies_in(other: &Region, own: &Region) -> bool {
    own.authority == other.authority
        && other.code.strip_prefix(own.code.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_does_not_hold_another_whose_code_only_begins_like_its_own() {
        let region = |authority: &str, code: &str| Region {
            authority: authority.into(),
            edition: "2025".into(),
            code: code.into(),
            name: "x".into(),
        };
        let own = region("kemendagri", "72.03");
        for (code, inside) in
            [("72.03", true), ("72.03.05", true), ("72.031", false), ("72.03x", false), ("72", false), ("7203", false)]
        {
            assert_eq!(lies_in(&region("kemendagri", code), &own), inside, "{code}");
        }
        assert!(!lies_in(&region("bps", "72.03.05"), &own), "a code of another authority");
    }
}
