//! A connection with a least rate of reading: it is closed when its reader is slower. It also records when bytes last moved.
//!
//! hyper limits how long a request may take to arrive, but not how long an answer may take to be read. A peer could open many
//! connections, request something large, read nothing, and so occupy them all.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// When bytes last moved on a connection, and how many of its requests are being answered.
pub struct Progress {
    began: Instant,
    moved: AtomicU64,
    /// Requests that a handler is working on.
    pub answering: AtomicUsize,
    /// Of these, how many wait for more of their body.
    arriving: AtomicUsize,
}

impl Progress {
    /// The progress of a new connection.
    pub fn new() -> Arc<Progress> {
        Arc::new(Progress {
            began: Instant::now(),
            moved: AtomicU64::new(0),
            answering: AtomicUsize::new(0),
            arriving: AtomicUsize::new(0),
        })
    }

    fn mark(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved.store(now, Ordering::Relaxed);
    }

    /// A handler waits for more of a body.
    pub fn arriving(&self) {
        self.arriving.fetch_add(1, Ordering::Relaxed);
    }

    /// It waits no longer.
    pub fn arrived(&self) {
        self.arriving.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether the node works on a request that has arrived whole.
    pub fn is_working(&self) -> bool {
        self.answering.load(Ordering::Relaxed) > self.arriving.load(Ordering::Relaxed)
    }

    /// Whether no bytes moved for longer than `limit` and no handler is working.
    pub fn is_idle(&self, limit: Duration) -> bool {
        let moved = Duration::from_millis(self.moved.load(Ordering::Relaxed));
        self.answering.load(Ordering::Relaxed) == 0 && self.began.elapsed().saturating_sub(moved) > limit
    }
}

/// A stream whose writes fail with `TimedOut` when the peer reads less than `least` bytes of what waits in `limit`: one byte at a
/// time is not progress.
pub struct WriteTimeout<S> {
    stream: S,
    limit: Duration,
    least: usize,
    /// Set while bytes wait to be read.
    deadline: Option<Pin<Box<Sleep>>>,
    taken: usize,
    progress: Arc<Progress>,
}

impl<S> WriteTimeout<S> {
    /// Limits the writes of `stream`.
    pub fn new(stream: S, limit: Duration, least: usize, progress: Arc<Progress>) -> WriteTimeout<S> {
        WriteTimeout { stream, limit, least, deadline: None, taken: 0, progress }
    }

    fn wrote(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match poll {
            Poll::Ready(done) => {
                if let Ok(bytes) = done {
                    self.taken += bytes;
                    self.progress.mark();
                }
                Poll::Ready(done)
            }
            Poll::Pending => {
                let limit = self.limit;
                let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
                while deadline.as_mut().poll(cx).is_ready() {
                    if self.taken < self.least {
                        return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                    }
                    self.taken = 0;
                    deadline.as_mut().reset(Instant::now() + limit);
                }
                Poll::Pending
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTimeout<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let poll = Pin::new(&mut this.stream).poll_read(cx, buf);
        if poll.is_ready() {
            this.progress.mark();
        }
        poll
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let poll = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.wrote(cx, poll)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let poll = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.wrote(cx, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes when it has written everything: no bytes wait any more.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.deadline = None;
        this.taken = 0;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn write_times_out_when_the_reader_stops_but_not_when_it_is_slow() {
        let (ours, mut theirs) = duplex(16 << 10);
        let mut stream = WriteTimeout::new(ours, Duration::from_millis(400), 4_096, Progress::new());
        let reader = tokio::spawn(async move {
            let mut bytes = vec![0; 8 << 10];
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_millis(100)).await;
                theirs.read_exact(&mut bytes).await.unwrap();
            }
            // and then no more
            tokio::time::sleep(Duration::from_secs(600)).await;
        });
        let begun = Instant::now();
        let failed = stream.write_all(&vec![0; 8 << 20]).await.unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() > Duration::from_secs(1), "{:?}", begun.elapsed());
        reader.abort();
    }

    #[tokio::test]
    async fn write_times_out_when_the_reader_takes_one_byte_at_a_time() {
        let (ours, mut theirs) = duplex(1 << 10);
        let mut stream = WriteTimeout::new(ours, Duration::from_millis(200), 4_096, Progress::new());
        let reader = tokio::spawn(async move {
            while theirs.read_u8().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(stream.write_all(&vec![0; 1 << 20]).await.is_err());
        reader.abort();
    }
}
