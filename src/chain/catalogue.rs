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

const fn warns(id: &'static str) -> RuleInfo {
    RuleInfo { id, kind: Kind::Finding(Severity::Warning) }
}

/// All rules: those of every record, then the registry's, then the events'.
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
    // the event rules
    refuses("goods-not-owned"),
    refuses("act-not-in-table"),
    refuses("consignee-missing"),
    refuses("container-cycle"),
    refuses("container-elsewhere"),
    refuses("container-empty"),
    refuses("container-kind"),
    refuses("container-nested"),
    refuses("container-not-inside"),
    refuses("container-unknown"),
    refuses("deficit-blocks-outflow"),
    refuses("delivery-without-evidence"),
    refuses("destination-has-key"),
    refuses("document-missing"),
    refuses("event-before-lot"),
    refuses("event-time-implausible"),
    refuses("evidence-named-by-hash"),
    refuses("goods-kind"),
    refuses("goods-misplaced"),
    refuses("goods-missing"),
    refuses("hold-not-allowed"),
    refuses("hold-unknown"),
    refuses("hold-without-class"),
    refuses("holds-none"),
    refuses("ilmd-of-product"),
    refuses("inspector-only"),
    refuses("labels-beyond-stock"),
    refuses("labels-exceed-lot"),
    refuses("lift-not-allowed"),
    refuses("lineage-cycle"),
    refuses("lot-closed"),
    refuses("lot-exists"),
    refuses("lot-listed-twice"),
    refuses("lot-unknown"),
    refuses("lots-differ"),
    refuses("lots-uncounted"),
    refuses("more-than-held"),
    refuses("more-than-packed"),
    refuses("net-of-product"),
    refuses("not-a-party-to-it"),
    refuses("not-accredited"),
    refuses("not-in-shipment"),
    refuses("not-mandated"),
    refuses("not-the-consignee"),
    refuses("not-the-maker"),
    refuses("one-lot-per-inspection"),
    refuses("one-lot-per-issue"),
    refuses("origin-missing"),
    refuses("parent-unknown"),
    refuses("product-unknown"),
    refuses("profile-missing"),
    refuses("profile-not-in-force"),
    refuses("quantity-exact"),
    refuses("quantity-positive"),
    refuses("quantity-required"),
    refuses("reason-unknown"),
    refuses("refusal-counts-nothing"),
    refuses("replacement-differs"),
    refuses("replacement-unknown"),
    refuses("results-missing"),
    refuses("retest-unknown"),
    refuses("sample-exceeds-lot"),
    refuses("sample-missing"),
    refuses("separation-of-duties"),
    refuses("serials-missing"),
    refuses("shipment-closed"),
    refuses("shipment-unknown"),
    refuses("sscc-outside-prefix"),
    refuses("sscc-reused"),
    refuses("too-many-goods"),
    refuses("unit-of-product"),
    refuses("unit-unknown"),
    refuses("verdict-disagrees"),
    refuses("void-not-by-party"),
    refuses("void-out-of-order"),
    refuses("void-repeats-event"),
    refuses("void-unknown"),
    warns("ancestor-deficit"),
    warns("deficit"),
    notices("delivered-outside"),
    warns("event-early"),
    warns("event-time-ahead"),
    warns("fork"),
    warns("inspection-inconclusive"),
    notices("late-sync"),
    warns("quantity-gained"),
    warns("received-over"),
    warns("received-short"),
    notices("record-voided"),
    notices("shipment-refused"),
    warns("shipped-failed"),
    warns("shipped-on-hold"),
    warns("shipped-uninspected"),
    notices("uncertainty-missing"),
    warns("yield-implausible"),
];
