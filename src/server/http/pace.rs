//! A request body with a least rate. A body that is slower ends with an error, so that nobody holds memory, or the place of an
//! upload, by sending a byte now and then. What came fast buys time for what comes later, but never more than [`CREDIT`].
//!
//! While a body arrives in time the time limit of its request does not run: a village with a slow line may upload a large file
//! for minutes. What it is not: a limit on its size (`body`).

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use parking_lot::Mutex;
use tokio::time::{Instant, Sleep};

use super::problem::{Kind, Problem};
use super::stream::Progress;

/// The time of a request: it stands still while the body arrives.
#[derive(Debug)]
pub struct Clock {
    reading: Mutex<Reading>,
    /// Whether the body was read to its end.
    whole: AtomicBool,
}

#[derive(Debug, Clone, Copy)]
enum Reading {
    /// A body arrives.
    Stopped,
    Since(Instant),
}

impl Clock {
    fn new(whole: bool) -> Arc<Clock> {
        let reading = Mutex::new(Reading::Since(Instant::now()));
        Arc::new(Clock { reading, whole: AtomicBool::new(whole) })
    }

    fn stop(&self) {
        *self.reading.lock() = Reading::Stopped;
    }

    fn start(&self) {
        *self.reading.lock() = Reading::Since(Instant::now());
    }

    /// Whether the request was answered before all of its body was read. Its connection then ends, because the rest may never come.
    pub fn is_cut(&self) -> bool {
        !self.whole.load(Ordering::Acquire)
    }

    /// When the time of a request that may take `limit` is up, as known now.
    pub fn deadline(&self, limit: Duration) -> Instant {
        match *self.reading.lock() {
            Reading::Stopped => Instant::now() + limit,
            Reading::Since(start) => start + limit,
        }
    }
}

/// Rate below which a body ends.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Bytes per second.
    pub rate: u64,
    /// Time before it counts.
    pub grace: Duration,
}

/// How far ahead of the least rate a body can be, in times of the grace.
const CREDIT: u32 = 3;

/// A body came slower than the least rate.
#[derive(Debug)]
pub struct TooSlow(u64);

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the body came slower than {} bytes per second", self.0)
    }
}

impl Error for TooSlow {}

/// A request's body.
pub struct Paced {
    body: Incoming,
    pace: Pace,
    clock: Arc<Clock>,
    progress: Arc<Progress>,
    /// While it arrives: when it is too slow if nothing more has come, and the timer that looks.
    due: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Paced {
    /// The body of a request, with the clock of the request.
    pub fn new(body: Incoming, pace: Pace, progress: Arc<Progress>) -> (Paced, Arc<Clock>) {
        let clock = Clock::new(body.is_end_stream());
        (Paced { body, pace, clock: clock.clone(), progress, due: None }, clock)
    }

    /// Counts bytes that came.
    fn earn(&mut self, bytes: u64) {
        let Some((due, _)) = &mut self.due else { return };
        let earned = bytes.saturating_mul(1_000) / self.pace.rate.max(1);
        *due = (*due + Duration::from_millis(earned.min(1 << 40))).min(Instant::now() + self.pace.grace * CREDIT);
    }

    fn end(&mut self) {
        if self.due.take().is_some() {
            self.progress.arrived();
            self.clock.start();
        }
    }
}

impl Drop for Paced {
    fn drop(&mut self) {
        self.end();
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        if let Poll::Ready(frame) = polled {
            match &frame {
                Some(Ok(frame)) => this.earn(frame.data_ref().map_or(0, |data| data.len() as u64)),
                Some(Err(_)) | None => this.end(),
            }
            if frame.is_none() || this.body.is_end_stream() {
                this.clock.whole.store(true, Ordering::Release);
                this.end();
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        if this.due.is_none() {
            let due = Instant::now() + this.pace.grace;
            this.due = Some((due, Box::pin(tokio::time::sleep_until(due))));
            this.progress.arriving();
            this.clock.stop();
        }
        loop {
            let Some((due, sleep)) = &mut this.due else { return Poll::Pending };
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if *due <= Instant::now() {
                this.end();
                return Poll::Ready(Some(Err(TooSlow(this.pace.rate).into())));
            }
            sleep.as_mut().reset(*due);
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The problem that a body's error is.
pub fn problem(error: axum::Error) -> Problem {
    let error = error.into_inner();
    let mut source: Option<&(dyn Error + 'static)> = Some(&*error);
    while let Some(cause) = source {
        if let Some(slow) = cause.downcast_ref::<TooSlow>() {
            return Problem::new(Kind::RequestTimeout, format!("{slow}; send the same again over a better line"));
        }
        source = cause.source();
    }
    Problem::new(Kind::MalformedRequest, "the body broke off before its end")
}
