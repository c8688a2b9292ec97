//! Brotli (RFC 7932) at its best quality, for files that never change and are sent again and again. Each is compressed once: it takes a
//! processor up to half a second, and leaves a sixth less than compression while an answer is sent.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

/// One file is compressed at a time: the first visitor of the app asks for all.
static TURN: Semaphore = Semaphore::const_new(1);

/// Runs `compress` on a thread that may block, when it is its turn; `None` while the node stops. Work that was begun goes on when the client
/// has gone.
pub async fn in_turn<T: Send + 'static>(compress: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let turn = TURN.acquire().await.ok()?;
    let compress = move || {
        let made = compress();
        drop(turn);
        made
    };
    tokio::task::spawn_blocking(compress).await.ok()
}

/// The bytes in Brotli.
pub fn brotli(bytes: &[u8]) -> Bytes {
    let params = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    let (mut bytes, mut out) = (bytes, Vec::new());
    // from memory to memory nothing fails
    match brotli::BrotliCompress(&mut bytes, &mut out, &params) {
        Ok(_) => Bytes::from(out),
        Err(_) => Bytes::new(),
    }
}

/// An answer of bytes that are in Brotli already.
pub fn answer(brotli: Bytes) -> Response {
    ([(header::CONTENT_ENCODING, "br"), (header::VARY, "accept-encoding")], brotli).into_response()
}

/// Whether a client takes Brotli.
pub fn accepted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(is_brotli)
}

/// Whether an element of `Accept-Encoding` accepts Brotli: `br`, with a weight that is not zero.
fn is_brotli(element: &str) -> bool {
    let mut parts = element.split(';').map(str::trim);
    let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
    let weight = parts.find_map(|part| part.strip_prefix("q="));
    named && weight.is_none_or(|weight| !weight.trim_matches(['0', '.']).is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn brotli_is_taken_by_name_with_a_weight() {
        let accepts = ["br", " br;q=0.5", "BR; q=1"].map(is_brotli);
        let refuses = ["gzip", "br;q=0", "br; q=0.0", "brotli", ""].map(is_brotli);
        assert_eq!((accepts, refuses), ([true; 3], [false; 5]));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn file_is_compressed_on_another_thread_when_it_is_its_turn() {
        let begun = Arc::new(AtomicBool::new(false));
        let turn = TURN.acquire().await.unwrap();
        let mark = begun.clone();
        let mut first = Box::pin(in_turn(move || {
            mark.store(true, Ordering::SeqCst);
            brotli(b"export const one = 1;\n")
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(
            first.as_mut().poll(&mut context).is_pending() && !begun.load(Ordering::SeqCst),
            "another is being compressed"
        );
        drop(turn);
        // with the permit it starts a thread, and the one that polls goes on
        assert!(first.as_mut().poll(&mut context).is_pending());
        let second = in_turn(|| brotli(b"export const one = 1;\n")).await.unwrap();
        assert_eq!(first.await.unwrap(), second);
        assert!(begun.load(Ordering::SeqCst));
    }
}
