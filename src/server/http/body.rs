//! Request bodies in memory, under one budget for the whole node: bytes are reserved before they are stored, and released when the
//! request is done.
//!
//! An eighth of the budget is for small bodies (one record), so that large uploads can't block records. A large body reserves
//! its whole Content-Length at once, so that a body that has begun can be completed; a chunked one reserves as it arrives.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use bytes::BytesMut;
use hyper::body::Body as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::{Kind, Problem};
use crate::record::envelope::MAX_RECORD;
use crate::server::App;

/// Bytes per permit: a semaphore's permits are 32-bit.
const UNIT: usize = 1_024;

/// Bodies up to this size use the budget for small bodies.
const SMALL: usize = MAX_RECORD + 1;

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

/// The memory budget of all bodies.
pub struct Budget {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

impl Budget {
    /// A budget of `bytes`.
    pub fn new(bytes: usize) -> Budget {
        let small = (bytes / 8).max(SMALL).div_ceil(UNIT);
        let large = bytes.div_ceil(UNIT).saturating_sub(small).min(Semaphore::MAX_PERMITS);
        Budget { small: Arc::new(Semaphore::new(small)), large: Arc::new(Semaphore::new(large)) }
    }
}

/// The reservation of one body; released on drop.
#[derive(Default)]
struct Share(Option<OwnedSemaphorePermit>);

impl Share {
    /// Extends it to `bytes`.
    fn cover(&mut self, budget: &Budget, bytes: usize) -> Result<(), Problem> {
        let pool = if bytes <= SMALL { &budget.small } else { &budget.large };
        let wanted = units(bytes);
        // a body that is no longer small leaves the budget for small bodies
        let held = self.0.take().filter(|held| Arc::ptr_eq(held.semaphore(), pool));
        let has = held.as_ref().map_or(0, |held| u32::try_from(held.num_permits()).unwrap_or(u32::MAX));
        self.0 = held;
        if wanted <= has {
            return Ok(());
        }
        let more = pool.clone().try_acquire_many_owned(wanted - has).map_err(|_| {
            Problem::new(Kind::Busy, "the node holds as many uploads as it can; send the same again in a moment")
        })?;
        match &mut self.0 {
            Some(held) => held.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

/// A body in memory. Keep it as long as its bytes are used.
pub struct BufferedBody {
    /// The bytes.
    pub bytes: Bytes,
    _share: Share,
}

/// Collects a body of at most `most` bytes.
///
/// # Errors
/// `too-large`; `busy` when the budget is used up; `malformed-request` when the body is incomplete; `closing` when the node stops
/// before the body has arrived.
pub async fn collect(app: &App, mut body: Body, most: usize) -> Result<BufferedBody, Problem> {
    let too_large =
        || Problem::new(Kind::TooLarge, format!("the body has more than the {most} bytes that this address takes"));
    let declared = body.size_hint().exact().map_or(Ok(0), |bytes| usize::try_from(bytes).map_err(|_| too_large()))?;
    if declared > most {
        return Err(too_large());
    }
    let mut share = Share::default();
    if declared > SMALL {
        share.cover(&app.bodies, declared)?;
    }
    let mut bytes = BytesMut::new();
    let mut closing = app.closing.subscribe();
    loop {
        let frame = tokio::select! {
            frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)) => frame,
            () = super::serve::grace(&mut closing) => {
                return Err(Problem::new(Kind::Closing, "the node stops before the body has arrived; send it again in a moment"));
            }
        };
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|_| Problem::new(Kind::MalformedRequest, "the body broke off before its end"))?;
        let Ok(data) = frame.into_data() else { continue };
        let size = bytes.len() + data.len();
        if size > most {
            return Err(too_large());
        }
        share.cover(&app.bodies, size.max(if declared > SMALL { declared } else { 0 }))?;
        bytes.extend_from_slice(&data);
    }
    Ok(BufferedBody { bytes: bytes.freeze(), _share: share })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_budget_is_released_when_bodies_are_dropped() {
        let budget = Budget::new(2 << 20);
        let free = |budget: &Budget| (budget.small.available_permits(), budget.large.available_permits());
        let whole = free(&budget);
        assert_eq!(whole.0 + whole.1, 2_048);
        let mut share = Share::default();
        share.cover(&budget, 10).unwrap();
        assert_eq!(free(&budget), (whole.0 - 1, whole.1));
        share.cover(&budget, 1 << 20).unwrap();
        assert_eq!(free(&budget), (whole.0, whole.1 - 1_024), "it is no longer in the budget for small bodies");
        let mut other = Share::default();
        assert_eq!(other.cover(&budget, 1 << 20).unwrap_err().kind, Kind::Busy);
        other.cover(&budget, SMALL).unwrap();
        drop((share, other));
        assert_eq!(free(&budget), whole);
    }
}
