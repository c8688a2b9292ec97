//! Request bodies in memory, under one budget for the whole node: bytes are reserved before they are stored, and released when the
//! request is done.
//!
//! An eighth of the budget is for small bodies (one record), so that large uploads can't block records. A large body reserves
//! its whole Content-Length at once, so that a body that has begun can be completed; a chunked one reserves as it arrives. When a
//! budget is used up, the client that holds most of it gives way with the body that is open longest ([`shares`](super::shares));
//! a body that has arrived whole is never given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, Bytes};
use bytes::BytesMut;
use hyper::body::Body as _;

use super::client;
use super::pace;
use super::problem::{Kind, Problem};
use super::shares::{Full, Hold, Owner, Shares, Usage, Yields};
use crate::record::envelope::MAX_RECORD;
use crate::server::App;

/// Bodies up to this size use the budget for small bodies.
const SMALL: usize = MAX_RECORD + 1;

/// The memory budget of all bodies.
pub struct Budget {
    small: Shares,
    large: Shares,
}

impl Budget {
    /// A budget of `bytes`.
    pub fn new(bytes: usize) -> Budget {
        let small = (bytes / 8).max(SMALL);
        Budget { small: Shares::new(small as u64), large: Shares::new(bytes.saturating_sub(small) as u64) }
    }

    /// The numbers of small and of large bodies.
    pub fn usage(&self) -> [Usage; 2] {
        [self.small.usage(), self.large.usage()]
    }
}

/// The reservation of one body; released on drop.
struct Reservation {
    owner: Owner,
    hold: Option<Hold>,
    is_large: bool,
    phase: Arc<Phase>,
}

/// How far a body is, which decides when it gives way.
#[derive(Default)]
struct Phase {
    /// It has arrived whole: it gives way after those that still arrive.
    whole: AtomicBool,
    /// The node works on it: it does not give way any more.
    in_work: AtomicBool,
}

impl Phase {
    fn yields(&self) -> Yields {
        match (self.in_work.load(Ordering::Relaxed), self.whole.load(Ordering::Relaxed)) {
            (true, _) => Yields::Never,
            (false, true) => Yields::Last,
            (false, false) => Yields::First,
        }
    }
}

impl Reservation {
    fn of(owner: Owner) -> Reservation {
        Reservation { owner, hold: None, is_large: false, phase: Arc::default() }
    }

    /// Extends it to `bytes`.
    fn cover(&mut self, budget: &Budget, bytes: usize) -> Result<(), Problem> {
        let is_large = bytes > SMALL;
        let units = bytes as u64;
        let covered = match self.hold.as_mut().filter(|_| self.is_large == is_large) {
            Some(hold) => hold.grow(units),
            None => {
                let phase = self.phase.clone();
                let yields = move || phase.yields();
                let pool = if is_large { &budget.large } else { &budget.small };
                // a body that is no longer small leaves the budget for small bodies
                self.is_large = is_large;
                pool.take(self.owner, units, yields).map(|hold| self.hold = Some(hold))
            }
        };
        covered.map_err(|_| busy())
    }

    /// Completes when it gives way.
    async fn given_way(&mut self) {
        match &mut self.hold {
            Some(hold) => hold.given_way().await,
            None => std::future::pending().await,
        }
    }
}

fn busy() -> Problem {
    Problem::new(Kind::Busy, "the node holds as many uploads as it can; send the same again in a moment")
}

/// A body in memory. Keep it as long as its bytes are used.
pub struct BufferedBody {
    /// The bytes.
    pub bytes: Bytes,
    share: Reservation,
}

impl BufferedBody {
    /// Waits for `turn` at working on it, and keeps its memory from then on.
    ///
    /// # Errors
    /// [`Full`] when there is no turn, or another client needed the memory first.
    pub async fn begin<T>(&mut self, turn: impl Future<Output = Result<T, Full>>) -> Result<T, Full> {
        tokio::select! {
            turn = turn => turn.inspect(|_| self.share.phase.in_work.store(true, Ordering::Relaxed)),
            () = self.share.given_way() => Err(Full),
        }
    }
}

/// The data of a body, frame by frame.
pub struct Frames {
    body: Body,
    closing: tokio::sync::watch::Receiver<bool>,
}

impl Frames {
    /// Of a body that nothing was read of.
    pub fn new(app: &App, body: Body) -> Frames {
        Frames { body, closing: app.closing.subscribe() }
    }

    /// The next data; `None` at the end.
    ///
    /// # Errors
    /// `malformed-request` when the body is incomplete; `request-timeout` when it is too slow; `closing` when the node stops before
    /// it has arrived.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let frame = tokio::select! {
                frame = std::future::poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)) => frame,
                () = super::serve::grace(&mut self.closing) => {
                    return Err(Problem::new(Kind::Closing, "the node stops before the body has arrived; send it again in a moment"));
                }
            };
            let Some(frame) = frame else { return Ok(None) };
            if let Ok(data) = frame.map_err(pace::problem)?.into_data() {
                return Ok(Some(data));
            }
        }
    }
}

/// Collects a body of at most `most` bytes.
///
/// # Errors
/// `too-large`; `busy` when the budget is used up; `malformed-request` when the body is incomplete; `closing` when the node stops
/// before the body has arrived.
pub async fn collect(app: &App, body: Body, most: usize) -> Result<BufferedBody, Problem> {
    let too_large =
        || Problem::new(Kind::TooLarge, format!("the body has more than the {most} bytes that this address takes"));
    let declared = body.size_hint().exact().map_or(Ok(0), |bytes| usize::try_from(bytes).map_err(|_| too_large()))?;
    if declared > most {
        return Err(too_large());
    }
    let mut share = Reservation::of(client::owner());
    if declared > SMALL {
        share.cover(&app.bodies, declared)?;
    }
    let mut bytes = BytesMut::new();
    let mut frames = Frames::new(app, body);
    loop {
        let next = tokio::select! {
            next = frames.next() => next?,
            () = share.given_way() => return Err(busy()),
        };
        let Some(data) = next else { break };
        let size = bytes.len() + data.len();
        if size > most {
            return Err(too_large());
        }
        share.cover(&app.bodies, size.max(if declared > SMALL { declared } else { 0 }))?;
        bytes.extend_from_slice(&data);
    }
    share.phase.whole.store(true, Ordering::Relaxed);
    Ok(BufferedBody { bytes: bytes.freeze(), share })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_budget_is_released_when_bodies_are_dropped() {
        let budget = Budget::new(2 << 20);
        let used = |budget: &Budget| budget.usage().map(|usage| usage.used);
        let owner = client::owner();
        let mut share = Reservation::of(owner);
        share.cover(&budget, 10).unwrap();
        assert_eq!(used(&budget), [10, 0]);
        share.cover(&budget, 1 << 20).unwrap();
        assert_eq!(used(&budget), [0, 1 << 20], "it is no longer in the budget for small bodies");
        let mut other = Reservation::of(owner);
        assert_eq!(other.cover(&budget, 1 << 20).unwrap_err().kind, Kind::Busy);
        other.cover(&budget, SMALL).unwrap();
        drop((share, other));
        assert_eq!(used(&budget), [0, 0]);
    }

    fn of(address: [u8; 4]) -> Reservation {
        Reservation::of(Owner::Address(client::Client { address: address.into() }.share()))
    }

    #[tokio::test]
    async fn body_gives_way_until_it_is_worked_on_and_a_whole_one_after_one_that_still_arrives() {
        let budget = Budget::new(0);
        let given = |share: &mut Reservation| share.hold.as_mut().unwrap().grow(0).is_err();
        let arriving = |bytes: usize| {
            let mut share = of([10, 0, 0, 1]);
            share.cover(&budget, bytes).unwrap();
            share
        };
        let (mut whole, mut late) = (arriving(SMALL / 2), arriving(SMALL / 2));
        whole.phase.whole.store(true, Ordering::Relaxed);
        let mut other = of([10, 0, 0, 2]);
        other.cover(&budget, SMALL / 4).unwrap();
        assert!(given(&mut late) && !given(&mut whole));
        drop((late, other));
        let mut body = BufferedBody { bytes: Bytes::new(), share: whole };
        assert!(body.begin(async { Ok(()) }).await.is_ok());
        let mut third = of([10, 0, 0, 3]);
        assert_eq!(third.cover(&budget, SMALL).unwrap_err().kind, Kind::Busy, "it is worked on");
        drop(body);
        let share = arriving(SMALL / 4 * 3);
        share.phase.whole.store(true, Ordering::Relaxed);
        let mut waiting = BufferedBody { bytes: Bytes::new(), share };
        third.cover(&budget, SMALL / 2).unwrap();
        assert!(waiting.begin(std::future::pending::<Result<(), Full>>()).await.is_err(), "its memory was needed");
    }
}
