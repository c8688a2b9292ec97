//! Every rule of the chain in one table: its stable id, what it does, and the key of its sentence.
//!
//! A rule is added by a line here (that of a finding has its [`Weight`]), a sentence in each `web/locales/rules.*.ftl` and a row in
//! `docs/rules.md`; a test compares the three. A rule that is not in the table does not compile. What it is not: the checks themselves, which name their rule in the
//! doc comment and in the [`super::Rejection`] or [`super::Finding`] that they make.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};

/// The severity of a finding. Only a warning changes the headline of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// For the record.
    Notice,
    /// People must see it.
    Warning,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind {
    /// Refuses the record.
    Rejection,
    /// Admits the record with a finding of this severity; a rule of severity warning may lower it to a notice.
    Finding(Severity),
}

impl fmt::Display for RuleKind {
    /// As in the table of `docs/rules.md`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RuleKind::Rejection => "rejection",
            RuleKind::Finding(Severity::Notice) => "notice",
            RuleKind::Finding(Severity::Warning) => "warning",
        })
    }
}

/// What a finding says of the goods. Among findings of one severity people see them in this order ([`super::Finding::gravity`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// They failed, or passed on though they had failed or were held.
    Quality,
    /// Some of them are missing, or there are more than there can be.
    Quantity,
    /// They may be others than they are called.
    Identity,
    /// A test of them is lacking, or says less than it seems to.
    Tests,
    /// How records were kept; rejections, which are no findings, too.
    Records,
}

/// Not the id of a rule of this program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no rule of this program is named {0:?}")]
pub struct UnknownRule(pub String);

macro_rules! kind {
    (Rejection) => {
        RuleKind::Rejection
    };
    (Notice) => {
        RuleKind::Finding(Severity::Notice)
    };
    (Warning) => {
        RuleKind::Finding(Severity::Warning)
    };
}

macro_rules! weight {
    () => {
        Weight::Records
    };
    ($weight:ident) => {
        Weight::$weight
    };
}

macro_rules! prefix {
    (Rejection) => {
        "rule-"
    };
    ($finding:ident) => {
        "finding-"
    };
}

macro_rules! rules {
    ($($name:ident = $id:literal, $kind:ident $($weight:ident)?;)*) => {
        /// A rule of the chain. As text, in JSON and in rows it is its stable id in kebab-case, such as `more-than-held`.
        ///
        /// Reading an id that is not in the table is an error ([`UnknownRule`]). Code that reads documents of other, perhaps
        /// newer, programs keeps the id as text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = concat!("`", $id, "`: see `docs/rules.md`.")] $name,)*
        }

        impl Rule {
            /// All rules, in the order of `docs/rules.md`: those of every record, then the registry's, then the events'.
            pub const ALL: &[Rule] = &[$(Rule::$name,)*];

            /// The stable id, kebab-case.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Rule::$name => $id,)*
                }
            }

            /// What it does.
            pub const fn kind(self) -> RuleKind {
                match self {
                    $(Rule::$name => kind!($kind),)*
                }
            }

            /// What its finding says of the goods.
            pub const fn weight(self) -> Weight {
                match self {
                    $(Rule::$name => weight!($($weight)?),)*
                }
            }

            /// The key of its sentence in `web/locales/rules.*.ftl`: `rule-<id>` of a rejection, `finding-<id>` of a finding.
            pub const fn sentence_key(self) -> &'static str {
                match self {
                    $(Rule::$name => concat!(prefix!($kind), $id),)*
                }
            }
        }

        impl FromStr for Rule {
            type Err = UnknownRule;

            fn from_str(id: &str) -> Result<Rule, UnknownRule> {
                match id {
                    $($id => Ok(Rule::$name),)*
                    _ => Err(UnknownRule(id.to_owned())),
                }
            }
        }
    };
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rule, D::Error> {
        let id = String::deserialize(deserializer)?;
        id.parse().map_err(D::Error::custom)
    }
}

rules! {
    // every record, then the registry
    WrongLedger = "wrong-ledger", Rejection;
    SeenAnotherHistory = "seen-another-history", Rejection;
    DuplicateRecord = "duplicate-record", Rejection;
    KeyUnknown = "key-unknown", Rejection;
    KeyNotOfIssuer = "key-not-of-issuer", Rejection;
    KeyRevoked = "key-revoked", Rejection;
    PartyUnknown = "party-unknown", Rejection;
    PartySuspended = "party-suspended", Rejection;
    KeyPurpose = "key-purpose", Rejection;
    SequenceZero = "sequence-zero", Rejection;
    SequenceRepeated = "sequence-repeated", Rejection;
    NumberGivenUp = "number-given-up", Rejection;
    SequenceGap = "sequence-gap", Notice;
    RulesetMissing = "ruleset-missing", Rejection;
    EventIdMissing = "event-id-missing", Rejection;
    EventIdTaken = "event-id-taken", Rejection;
    EntryZero = "entry-zero", Rejection;
    OperatorOnly = "operator-only", Rejection;
    ClockGoesBack = "clock-goes-back", Rejection;
    ClockTooOften = "clock-too-often", Rejection;
    ClockNeedsPermit = "clock-needs-permit", Rejection;
    ClockMovedOn = "clock-moved-on", Rejection;
    EnrolmentNotAllowed = "enrolment-not-allowed", Rejection;
    EnrolmentOutsidePrefix = "enrolment-outside-prefix", Rejection;
    GlnTaken = "gln-taken", Rejection;
    PrefixOverlaps = "prefix-overlaps", Notice;
    NameOfAnOffice = "name-of-an-office", Rejection;
    NameLooksAlike = "name-looks-alike", Notice;
    AuthorityIsOne = "authority-is-one", Rejection;
    SuccessorCommitted = "successor-committed", Rejection;
    AdminByRotation = "admin-by-rotation", Rejection;
    LastAuthorityKey = "last-authority-key", Rejection;
    ReplacesNotCurrent = "replaces-not-current", Rejection;
    NotTheEnroller = "not-the-enroller", Rejection;
    AuthorityNotSuspended = "authority-not-suspended", Rejection;
    AuthorityOnly = "authority-only", Rejection;
    AccreditsInspectors = "accredits-inspectors", Rejection;
    KeyByWhom = "key-by-whom", Rejection;
    OperatorKeyRole = "operator-key-role", Rejection;
    KeyRefused = "key-refused", Rejection;
    KeyNotPossessed = "key-not-possessed", Rejection;
    KeyTaken = "key-taken", Rejection;
    KeyIsTheLogs = "key-is-the-logs", Rejection;
    RevokesUnknownKey = "revokes-unknown-key", Rejection;
    RevocationNotAllowed = "revocation-not-allowed", Rejection;
    MandateToSelf = "mandate-to-self", Rejection;
    MandateActs = "mandate-acts", Rejection;
    GtinOutsidePrefix = "gtin-outside-prefix", Rejection;
    NotTheOwner = "not-the-owner", Rejection;
    ProductFixed = "product-fixed", Rejection;
    GlnOutsidePrefix = "gln-outside-prefix", Rejection;
    UnknownRuleset = "unknown-ruleset", Rejection;
    RulesetGoesBack = "ruleset-goes-back", Rejection;
    LogKeyForm = "log-key-form", Rejection;
    LogKeyTaken = "log-key-taken", Rejection;
    ProfileExists = "profile-exists", Rejection;
    ProfileBytesMissing = "profile-bytes-missing", Rejection;
    SpecificationByWhom = "specification-by-whom", Rejection;
    SpecificationBytesMissing = "specification-bytes-missing", Rejection;
    SpecificationUnfit = "specification-unfit", Rejection;
    GuideExists = "guide-exists", Rejection;
    GuideBytesMissing = "guide-bytes-missing", Rejection;
    CertificateByWhom = "certificate-by-whom", Rejection;
    // events
    GoodsNotOwned = "goods-not-owned", Rejection;
    ActNotInTable = "act-not-in-table", Rejection;
    ConfirmsUnknown = "confirms-unknown", Rejection;
    ConsigneeMissing = "consignee-missing", Rejection;
    ContainerCycle = "container-cycle", Rejection;
    ContainerElsewhere = "container-elsewhere", Rejection;
    ContainerEmpty = "container-empty", Rejection;
    ContainerFull = "container-full", Rejection;
    ContainerKind = "container-kind", Rejection;
    ContainerNested = "container-nested", Rejection;
    ContainerNotInside = "container-not-inside", Rejection;
    ContainerUnknown = "container-unknown", Rejection;
    DeficitBlocksOutflow = "deficit-blocks-outflow", Rejection;
    DeliveryByForwarder = "delivery-by-forwarder", Rejection;
    DeliveryWithoutEvidence = "delivery-without-evidence", Rejection;
    DestinationHasKey = "destination-has-key", Rejection;
    DocumentMissing = "document-missing", Rejection;
    EventBeforeLot = "event-before-lot", Rejection;
    EventTimeImplausible = "event-time-implausible", Rejection;
    EvidenceNamedByHash = "evidence-named-by-hash", Rejection;
    FormMisplaced = "form-misplaced", Rejection;
    GoodsKind = "goods-kind", Rejection;
    GoodsMisplaced = "goods-misplaced", Rejection;
    GoodsMissing = "goods-missing", Rejection;
    HeldTooOften = "held-too-often", Rejection;
    HoldNotAllowed = "hold-not-allowed", Rejection;
    HoldUnknown = "hold-unknown", Rejection;
    HoldWithoutClass = "hold-without-class", Rejection;
    HarvestImplausible = "harvest-implausible", Rejection;
    HoldsNone = "holds-none", Rejection;
    IlmdOfProduct = "ilmd-of-product", Rejection;
    InspectorOnly = "inspector-only", Rejection;
    LabelsBeyondStock = "labels-beyond-stock", Rejection;
    LabelsExceedLot = "labels-exceed-lot", Rejection;
    LiftNotAllowed = "lift-not-allowed", Rejection;
    LineageCycle = "lineage-cycle", Rejection;
    LineageTooLong = "lineage-too-long", Rejection;
    LotClosed = "lot-closed", Rejection;
    LotExists = "lot-exists", Rejection;
    LotListedTwice = "lot-listed-twice", Rejection;
    LotUnknown = "lot-unknown", Rejection;
    LotsDiffer = "lots-differ", Rejection;
    LotsUncounted = "lots-uncounted", Rejection;
    MarketUnknown = "market-unknown", Rejection;
    MonitoringPeriod = "monitoring-period", Rejection;
    MoreThanHeld = "more-than-held", Rejection;
    MoreThanPacked = "more-than-packed", Rejection;
    NetOfProduct = "net-of-product", Rejection;
    NotAPartyToIt = "not-a-party-to-it", Rejection;
    NotConcerned = "not-concerned", Rejection;
    NotAccredited = "not-accredited", Rejection;
    NotInShipment = "not-in-shipment", Rejection;
    NotMandated = "not-mandated", Rejection;
    NotTheConsignee = "not-the-consignee", Rejection;
    NotTheMaker = "not-the-maker", Rejection;
    OneLotPerInspection = "one-lot-per-inspection", Rejection;
    OneLotPerIssue = "one-lot-per-issue", Rejection;
    OriginMissing = "origin-missing", Rejection;
    ParentUnknown = "parent-unknown", Rejection;
    PaymentSide = "payment-side", Rejection;
    PlaceUnknown = "place-unknown", Rejection;
    ProductUnknown = "product-unknown", Rejection;
    ProfileMissing = "profile-missing", Rejection;
    ProfileNotInForce = "profile-not-in-force", Rejection;
    QuantityExact = "quantity-exact", Rejection;
    QuantityPositive = "quantity-positive", Rejection;
    QuantityRequired = "quantity-required", Rejection;
    ReasonUnknown = "reason-unknown", Rejection;
    RejectsUnknown = "rejects-unknown", Rejection;
    RefusalCountsNothing = "refusal-counts-nothing", Rejection;
    ReplacementDiffers = "replacement-differs", Rejection;
    RequirementUnknown = "requirement-unknown", Rejection;
    ReplacementUnknown = "replacement-unknown", Rejection;
    ResultsMissing = "results-missing", Rejection;
    RetestUnknown = "retest-unknown", Rejection;
    SampleExceedsLot = "sample-exceeds-lot", Rejection;
    SampleMissing = "sample-missing", Rejection;
    SeparationOfDuties = "separation-of-duties", Rejection;
    SerialsMissing = "serials-missing", Rejection;
    DayQuota = "day-quota", Rejection;
    LotQuota = "lot-quota", Rejection;
    SignedTooOften = "signed-too-often", Rejection;
    SoldInPart = "sold-in-part", Rejection;
    SpecificationNotInForce = "specification-not-in-force", Rejection;
    ShipmentClosed = "shipment-closed", Rejection;
    ShipmentUnknown = "shipment-unknown", Rejection;
    SsccOutsidePrefix = "sscc-outside-prefix", Rejection;
    SsccReused = "sscc-reused", Rejection;
    TransferIncomplete = "transfer-incomplete", Rejection;
    TooManyCited = "too-many-cited", Rejection;
    TooManyGoods = "too-many-goods", Rejection;
    TooManyInForce = "too-many-in-force", Rejection;
    TooManyKeys = "too-many-keys", Rejection;
    TooMuchToRead = "too-much-to-read", Rejection;
    UnitOfProduct = "unit-of-product", Rejection;
    UnitUnknown = "unit-unknown", Rejection;
    VerdictDisagrees = "verdict-disagrees", Rejection;
    VoidNotByParty = "void-not-by-party", Rejection;
    VoidOutOfOrder = "void-out-of-order", Rejection;
    VoidRepeatsEvent = "void-repeats-event", Rejection;
    VoidUnknown = "void-unknown", Rejection;
    AccreditationEnded = "accreditation-ended", Warning Tests;
    AdditiveUncounted = "additive-uncounted", Notice Quantity;
    AfterRefused = "after-refused", Notice;
    AmountsNotComparable = "amounts-not-comparable", Warning Quantity;
    AncestorDeficit = "ancestor-deficit", Warning Quantity;
    Deficit = "deficit", Warning Quantity;
    DeliveredOutside = "delivered-outside", Notice;
    EventEarly = "event-early", Warning;
    EventTimeAhead = "event-time-ahead", Warning;
    Fork = "fork", Warning;
    InspectionGivenUp = "inspection-given-up", Notice Tests;
    InspectionInconclusive = "inspection-inconclusive", Warning Tests;
    InspectorSuspended = "inspector-suspended", Notice Tests;
    LateSync = "late-sync", Notice;
    LooksLikeEntry = "looks-like-entry", Warning Identity;
    LotLooksAlike = "lot-looks-alike", Warning Identity;
    LotSizeUnknown = "lot-size-unknown", Notice Tests;
    MonitoringFailed = "monitoring-failed", Warning Quality;
    NonConformantUnjudged = "non-conformant-unjudged", Warning Quality;
    OutputExceedsInput = "output-exceeds-input", Warning Quantity;
    OwnersMixed = "owners-mixed", Warning Identity;
    OwnCheck = "own-check", Notice Tests;
    ProcessMisnamed = "process-misnamed", Warning Identity;
    ProcessMissing = "process-missing", Warning Identity;
    ProfileEnded = "profile-ended", Warning Tests;
    QuantityGained = "quantity-gained", Warning Quantity;
    ReceivedBeforeShipped = "received-before-shipped", Warning;
    ReceivedOver = "received-over", Warning Quantity;
    ReceivedShort = "received-short", Warning Quantity;
    RecordVoided = "record-voided", Notice;
    Rejected = "rejected", Notice Identity;
    RemadeAfterInspection = "remade-after-inspection", Warning Identity;
    RequirementIncomplete = "requirement-incomplete", Warning Tests;
    ResultUnit = "result-unit", Warning Tests;
    SampleAfterTest = "sample-after-test", Warning Tests;
    SampleNotNamed = "sample-not-named", Warning Tests;
    SampleOfAnotherLot = "sample-of-another-lot", Warning Tests;
    SampleUnknown = "sample-unknown", Warning Tests;
    ShipmentRefused = "shipment-refused", Notice Identity;
    ShippedFailed = "shipped-failed", Warning Quality;
    ShippedOnHold = "shipped-on-hold", Warning Quality;
    ShippedUninspected = "shipped-uninspected", Warning Tests;
    UncertaintyMissing = "uncertainty-missing", Notice Tests;
    YieldImplausible = "yield-implausible", Warning Quantity;
}
