//! What kind of document an event names: the business transaction type of CBV 2.0 (section 7.3), or the kind that `jejak:documents`
//! states where CBV has no type, such as for a payment.

use super::event::{BizTransaction, Event};
use super::ext::DocumentRef;
use super::parse::{EventError, wrong};

/// Kinds of documents, each with its CBV type, if CBV has one.
pub const KINDS: [(&str, Option<&str>); 15] = [
    ("order", Some("po")),
    ("order-confirmation", Some("poc")),
    ("invoice", Some("inv")),
    ("payment", None),
    ("bill-of-lading", Some("bol")),
    ("contract", None),
    ("packing-list", None),
    ("dispatch-advice", Some("desadv")),
    ("receiving-advice", Some("recadv")),
    ("return", Some("rma")),
    ("certificate", Some("cert")),
    ("health-certificate", Some("cert")),
    ("phytosanitary-certificate", Some("cert")),
    ("certificate-of-origin", Some("cert")),
    ("production-order", Some("prodorder")),
];

/// Milestones of a payment, in their order (`jejak:milestone`): what both sides agreed, that it is due, that a third party holds the money, that
/// the buyer paid, that the seller received it.
pub const PAYMENTS: [&str; 5] =
    ["payment-agreed", "payment-due", "payment-in-escrow", "payment-paid", "payment-received"];

/// Document type of the opening of a payment's commitment: for its two sides alone.
pub const OPENING: &str = "payment-opening";

/// The kind that a CBV type says alone: the first of those that share it.
pub fn of_type(cbv: &str) -> Option<&'static str> {
    KINDS.iter().find(|(_, of)| *of == Some(cbv)).map(|(kind, _)| *kind)
}

/// The CBV type of a kind; `None` for a kind without one. The outer `None` is for a word that is none of [`KINDS`].
pub fn type_of(kind: &str) -> Option<Option<&'static str>> {
    KINDS.iter().find(|(known, _)| *known == kind).map(|(_, cbv)| *cbv)
}

/// A document of an event, as far as the event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document<'e> {
    /// Its URI.
    pub id: &'e str,
    /// Its kind; none for a type of CBV that is no document of trade, or where nothing says it.
    pub kind: Option<&'e str>,
    /// The one of [`KINDS`] that it belongs to: of those that share a CBV type the first.
    pub group: Option<&'e str>,
    /// What else is stated of it.
    pub more: Option<&'e DocumentRef>,
}

impl Event {
    /// The documents of `bizTransactionList`, with what `jejak:documents` states of them.
    pub fn documents(&self) -> impl Iterator<Item = Document<'_>> {
        self.transactions.iter().map(|transaction| {
            let more = self.ext.documents.iter().find(|more| more.document == transaction.id);
            let stated = more.and_then(|more| more.kind.as_deref());
            let typed = transaction.kind.as_deref().and_then(of_type);
            Document { id: &transaction.id, kind: stated.or(typed), group: typed.or(stated), more }
        })
    }

    /// Each of `jejak:documents` is one of `bizTransactionList`, and of the kind that its type there says.
    pub(super) fn check_documents(&self) -> Result<(), EventError> {
        for more in &self.ext.documents {
            let mut named = self.transactions.iter().filter(|transaction| transaction.id == more.document).peekable();
            if named.peek().is_none() {
                return wrong("jejak:documents", format!("{} is not in bizTransactionList", more.document));
            }
            if let Some(other) = named.find(|transaction| !agrees(more, transaction)) {
                let kind = other.kind.as_deref().unwrap_or("none");
                return wrong(
                    "jejak:documents",
                    format!(
                        "{} is of the type {kind} in bizTransactionList; a kind of no type of its own is a cert",
                        more.document
                    ),
                );
            }
        }
        if self.is_payment() && self.documents().filter(|document| document.kind == Some("payment")).count() != 1 {
            return wrong(
                "jejak:milestone",
                "of a payment names the one document of the kind payment that it is about",
            );
        }
        Ok(())
    }

    /// Whether the event states a milestone of a payment.
    pub fn is_payment(&self) -> bool {
        self.ext.milestone.as_deref().is_some_and(|code| PAYMENTS.contains(&code))
    }
}

fn agrees(more: &DocumentRef, transaction: &BizTransaction) -> bool {
    let Some(kind) = &more.kind else { return true };
    match (type_of(kind), &transaction.kind) {
        (Some(of), Some(cbv)) => of == Some(cbv.as_str()),
        (Some(_), None) => true,
        (None, cbv) => cbv.as_deref() == Some("cert"),
    }
}
