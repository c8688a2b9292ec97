//! Every rule by its stable id. Each has a row in `docs/rules.md` and a sentence in `web/locales/rules.*.ftl`; a test holds
//! that none is missing and that no rule speaks that is not here.

use super::Severity;

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Refuses the record.
    Rejection,
    /// Admits it with a finding of this severity, or of this one at most.
    Finding(Severity),
}

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleInfo {
    /// Stable id, kebab-case.
    pub id: &'static str,
    /// What it does.
    pub kind: Kind,
}

const fn refuses(id: &'static str) -> RuleInfo {
    RuleInfo { id, kind: Kind::Rejection }
}

const fn notices(id: &'static str) -> RuleInfo {
    RuleInfo { id, kind: Kind::Finding(Severity::Notice) }
}

/// All rules: those of every record, then the registry's.
pub const RULES: &[RuleInfo] = &[
    refuses("wrong-ledger"),
    refuses("duplicate-record"),
    refuses("key-unknown"),
    refuses("key-not-of-issuer"),
    refuses("key-revoked"),
    refuses("party-unknown"),
    refuses("party-suspended"),
    refuses("key-purpose"),
    refuses("sequence-zero"),
    refuses("sequence-repeated"),
    notices("sequence-gap"),
    refuses("ruleset-missing"),
    refuses("event-id-missing"),
    refuses("event-id-taken"),
    refuses("entry-zero"),
    refuses("operator-only"),
    refuses("clock-goes-back"),
    refuses("enrolment-not-allowed"),
    refuses("authority-is-one"),
    refuses("replaces-not-current"),
    refuses("not-the-enroller"),
    refuses("authority-not-suspended"),
    refuses("authority-only"),
    refuses("accredits-inspectors"),
    refuses("key-by-whom"),
    refuses("operator-key-role"),
    refuses("key-refused"),
    refuses("key-not-possessed"),
    refuses("key-taken"),
    refuses("key-is-the-logs"),
    refuses("revokes-unknown-key"),
    refuses("revocation-not-allowed"),
    refuses("mandate-to-self"),
    refuses("mandate-acts"),
    refuses("gtin-outside-prefix"),
    refuses("not-the-owner"),
    refuses("product-fixed"),
    refuses("gln-outside-prefix"),
    refuses("unknown-ruleset"),
    refuses("ruleset-goes-back"),
    refuses("log-key-form"),
    refuses("log-key-taken"),
    refuses("profile-exists"),
    refuses("profile-bytes-missing"),
];
