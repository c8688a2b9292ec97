//! The event half of the rules.

use super::authority::Signer;
use super::{Context, Outcome, Overlay, Refusal, Rejection};
use crate::epcis::Event;
use crate::record::Record;

/// Applies an event. The closed table of acts admits nothing else.
///
/// # Errors
/// [`Refusal`] as for [`super::apply`].
pub fn apply(
    _state: &mut Overlay<'_>,
    _index: u64,
    _record: &Record,
    _event: &Event,
    _ctx: &Context<'_>,
    _signer: &Signer,
) -> Result<Outcome, Refusal> {
    Err(Rejection::new("act-not-in-table", "no act has this type, action and business step").into())
}
