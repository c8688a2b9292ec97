//! Answers on their way to the client, under one budget of bytes: what is in memory counts until it is sent. Large answers that
//! lie in a file are read part by part, as the client takes them.
//!
//! hyper keeps little more than one frame per connection, so bodies are handed over in frames of [`CHUNK`]. An answer of one
//! frame is not counted: it is bounded with its connection. What it is not: a timeout ([`stream`](super::stream)).

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::Response;
use hyper::body::{Body as _, Frame, SizeHint};
use tokio::task::JoinHandle;

use super::problem::{Kind, Problem};
use super::shares::{Hold, Owner, Yields};
use crate::ledger::{StoredError, StoredFile};
use crate::server::App;

/// Bytes of one frame.
pub const CHUNK: usize = 16 << 10;

/// Units that an answer from a file holds: the frame being read, and the one being sent.
const IN_FLIGHT: u64 = 2 * CHUNK as u64;

/// Largest answer that is made in memory.
const MOST_IN_MEMORY: usize = 40 << 20;
/// Largest answer that is compressed, before: it is done on the threads of the network.
pub const MOST_COMPRESSED: u64 = 1 << 20;

/// The answer's body is [`InFile`]: it holds its share already.
#[derive(Clone, Copy)]
struct FromFile;

/// The answer was ended because another client needed the memory.
#[derive(Debug)]
struct GaveWay;

impl fmt::Display for GaveWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer gave way to another client")
    }
}

impl Error for GaveWay {}

type BoxError = Box<dyn Error + Send + Sync>;

fn full() -> Problem {
    Problem::new(Kind::Busy, "the node holds as many unread answers as it can; ask again in a moment")
}

/// Holds `response` in the budget of answers until it is sent.
///
/// # Errors
/// `busy` when the budget is used up, and no client holds more.
pub async fn hold(app: &App, owner: Owner, response: Response) -> Result<Response, Problem> {
    let encoded = response.headers().contains_key(header::CONTENT_ENCODING);
    if response.extensions().get::<FromFile>().is_some() && !encoded {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = match body.size_hint().exact() {
        Some(size) if size <= CHUNK as u64 => return Ok(Response::from_parts(parts, body)),
        // being compressed: done at once, because an unread encoder holds megabytes
        _ => axum::body::to_bytes(body, MOST_IN_MEMORY).await.map_err(|error| Problem::internal(&error))?,
    };
    let hold = match bytes.len() {
        0..=CHUNK => None,
        size => Some(app.answers.take(owner, size as u64, || Yields::First).map_err(|_| full())?),
    };
    Ok(Response::from_parts(parts, Body::new(InMemory { bytes, hold })))
}

/// A body in memory.
struct InMemory {
    bytes: Bytes,
    hold: Option<Hold>,
}

impl hyper::body::Body for InMemory {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if this.bytes.is_empty() {
            return Poll::Ready(None);
        }
        if let Some(hold) = &mut this.hold
            && hold.poll_given_way(cx).is_ready()
        {
            (this.hold, this.bytes) = (None, Bytes::new());
            return Poll::Ready(Some(Err(GaveWay.into())));
        }
        // copied: a part that only pointed into the answer would keep all of it in memory until it is sent
        let part = Bytes::copy_from_slice(&this.bytes.split_to(this.bytes.len().min(CHUNK)));
        if this.bytes.is_empty() {
            this.hold = None;
        }
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}

/// A body that lies in a file.
struct InFile {
    app: Arc<App>,
    file: Arc<StoredFile>,
    /// Where the next part begins.
    at: u64,
    reading: Option<JoinHandle<Result<Bytes, StoredError>>>,
    hold: Hold,
}

impl hyper::body::Body for InFile {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if this.is_end_stream() {
            return Poll::Ready(None);
        }
        if this.hold.poll_given_way(cx).is_ready() {
            return Poll::Ready(Some(Err(GaveWay.into())));
        }
        let (app, file, at) = (&this.app, &this.file, this.at);
        let reading = this.reading.get_or_insert_with(|| {
            let (app, file) = (app.clone(), file.clone());
            tokio::task::spawn_blocking(move || app.ledger.stored_part(&file, at, CHUNK))
        });
        let read = ready!(Pin::new(reading).poll(cx));
        this.reading = None;
        let part = match read {
            Ok(Ok(part)) => part,
            Ok(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            Err(error) => return Poll::Ready(Some(Err(error.into()))),
        };
        this.at += part.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.at >= self.file.size
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.file.size.saturating_sub(self.at))
    }
}

/// A file of the ledger as a body, read as the client takes it.
///
/// # Errors
/// As [`hold`].
pub fn from_file(app: &Arc<App>, owner: Owner, file: StoredFile) -> Result<Response, Problem> {
    let hold = app.answers.take(owner, IN_FLIGHT, || Yields::First).map_err(|_| full())?;
    let mut response =
        Response::new(Body::new(InFile { app: app.clone(), file: Arc::new(file), at: 0, reading: None, hold }));
    response.extensions_mut().insert(FromFile);
    Ok(response)
}
