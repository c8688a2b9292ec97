//! A client of a node's HTTP interface, with the exit code that each answer leads to.
//!
//! A node may lie, so every answer has a largest size by what was asked for, a largest head, and a least rate; what is above or
//! below ends with an error that says so. Redirects are followed three times.

use std::cell::Cell;
use std::io::Read;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http::{HeaderMap, header};

use super::acknowledged;
use super::failure::{Cause, Failure};
use super::sentences;
use crate::proof::bundle::MAX_BUNDLE;
use crate::record::envelope::MAX_RECORD;

/// Largest head of an answer, with all its headers.
const MAX_HEAD: usize = 16 << 10;
/// Most redirects of a request.
const MAX_REDIRECTS: u32 = 3;
/// Largest problem document.
const MAX_PROBLEM: u64 = 64 << 10;
/// All JSON that is read of a node, over all pages of a list.
const MAX_JSON: u64 = 64 << 20;
/// Most JSON answers that are read of a node.
const MAX_ANSWERS: u32 = 10_000;
/// Time for the head of an answer, for the next bytes of a body, and before the least rate of a body counts.
const GRACE: Duration = Duration::from_secs(60);
/// Bytes per second, on the average, that a body has at least in both directions: a slow line in a village has more.
const LEAST_RATE: u64 = 1_024;

/// What is asked of a node: it limits the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// A signed checkpoint.
    Checkpoint,
    /// An entry bundle: 256 records, each after its length.
    Entries,
    /// A commodity profile.
    Profile,
    /// A document or photo.
    Blob,
    /// A record.
    Record,
    /// A record with its receipts.
    Statement,
    /// The proof of a lot.
    Proof,
    /// A JSON document, or a page of a list.
    Json,
}

impl Ask {
    /// Bytes of the largest answer that can be true.
    pub const fn most(self) -> u64 {
        match self {
            Ask::Checkpoint => 64 << 10,
            Ask::Entries => 256 * (2 + MAX_RECORD as u64),
            Ask::Profile => 20 << 20,
            // a node's own limit is 20 MiB by default, and may be larger
            Ask::Blob => 100 << 20,
            Ask::Record => MAX_RECORD as u64,
            Ask::Statement => MAX_RECORD as u64 + (64 << 10),
            Ask::Proof => MAX_BUNDLE as u64,
            Ask::Json => 32 << 20,
        }
    }
}

/// Why a body was not read to its end.
#[derive(Debug)]
enum Cut {
    TooMuch,
    /// After so many bytes.
    TooSlow(usize),
    Broken(std::io::Error),
}

/// Reads to the end: at most `most` bytes, at [`LEAST_RATE`] or faster after `grace`.
fn at_most(mut from: impl Read, most: u64, grace: Duration) -> Result<Vec<u8>, Cut> {
    let began = Instant::now();
    let (mut bytes, mut part) = (Vec::new(), vec![0; 16 << 10]);
    loop {
        let n = from.read(&mut part).map_err(Cut::Broken)?;
        if n == 0 {
            return Ok(bytes);
        }
        bytes.extend_from_slice(part.get(..n).unwrap_or_default());
        if bytes.len() as u64 > most {
            return Err(Cut::TooMuch);
        }
        if began.elapsed() > grace + Duration::from_millis(bytes.len() as u64 * 1_000 / LEAST_RATE) {
            return Err(Cut::TooSlow(bytes.len()));
        }
    }
}

/// Most pages of a list: 20,000 items. A node that names ever more pages is no reason to ask for ever.
const MOST_PAGES: usize = 100;

/// A node, by its base address.
pub struct Client {
    agent: ureq::Agent,
    base: String,
    /// Bytes of JSON read so far, and in how many answers.
    read: Cell<(u64, u32)>,
}

impl Client {
    /// The node at `base`, such as `https://jejak.example`.
    ///
    /// # Errors
    /// [`Failure`] for an address that is not http or https.
    pub fn new(base: &str) -> Result<Client, Failure> {
        Client::with_timeout(base, GRACE)
    }

    /// A client that waits so long for the next bytes of an answer.
    fn with_timeout(base: &str, timeout: Duration) -> Result<Client, Failure> {
        let base = base.trim_end_matches('/');
        if !(base.starts_with("http://") || base.starts_with("https://")) {
            return Err(Failure::usage(format!("{base} is not the address of a node"))
                .hint("give it with its scheme, such as https://jejak.example"));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(GRACE))
            .timeout_per_read(Some(timeout))
            .timeout_per_write(Some(timeout))
            .max_response_header_size(MAX_HEAD)
            .max_redirects(MAX_REDIRECTS)
            .user_agent(concat!("jejak/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Client { agent: config.into(), base: base.to_owned(), read: Cell::default() })
    }

    /// Its base address.
    pub fn base(&self) -> &str {
        &self.base
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn no_answer(&self, error: impl Into<Cause>) -> Failure {
        Failure::unreachable(format!("{} does not answer", self.base)).because(error).hint(
            "check the address and the network, then run the same command again; sending a record twice does no harm",
        )
    }

    /// A node that answers what no honest node answers.
    fn lies(&self, what: &str, why: impl Into<Cause>) -> Failure {
        Failure::not_proven(format!("{} {what}", self.base))
            .because(why)
            .hint("do not rely on this node; check its address, or ask another one")
    }

    /// Reads at most `most` bytes, at the least rate or faster.
    fn body(&self, response: &mut ureq::http::Response<ureq::Body>, most: u64) -> Result<Vec<u8>, Failure> {
        // believed only when it says that there is too much
        let announced = response.body().content_length().is_some_and(|length| length > most);
        let read = match announced {
            true => Err(Cut::TooMuch),
            false => at_most(response.body_mut().as_reader(), most, GRACE),
        };
        read.map_err(|cut| match cut {
            Cut::TooMuch => {
                let why = format!("an answer of this kind has at most {most} bytes");
                self.lies("sends more than it was asked for", why)
            }
            Cut::TooSlow(bytes) => self.no_answer(format!("it sent {bytes} bytes, slower than {LEAST_RATE} a second")),
            Cut::Broken(error) => self.no_answer(error),
        })
    }

    fn sent(
        &self,
        sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<ureq::http::Response<ureq::Body>, Failure> {
        sent.map_err(|error| match error {
            ureq::Error::LargeResponseHeader(..) => {
                self.lies("sends headers without end", format!("an answer has at most {MAX_HEAD} bytes of headers"))
            }
            ureq::Error::TooManyRedirects => {
                self.lies("sends from address to address", format!("more than {MAX_REDIRECTS} redirects"))
            }
            ureq::Error::Protocol(error) => self.lies("answers what is not HTTP", error),
            error => self.no_answer(error),
        })
    }

    fn answer(
        &self,
        sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        most: u64,
    ) -> Result<Vec<u8>, Failure> {
        let mut response = self.sent(sent)?;
        let status = response.status().as_u16();
        if (200..300).contains(&status) {
            return self.body(&mut response, most);
        }
        Err(self.problem(status, &self.body(&mut response, MAX_PROBLEM)?))
    }

    /// The failure that an RFC 9457 problem document describes.
    fn problem(&self, status: u16, body: &[u8]) -> Failure {
        let problem: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        let text = |name: &str| problem[name].as_str();
        let title = text("title").unwrap_or(match status {
            404 => "not on this ledger",
            429 | 503 => "busy",
            _ => "refused",
        });
        let sentence = text("rule").and_then(sentences::refusal);
        let rule = text("rule").map(|rule| format!(" (rule {rule})")).unwrap_or_default();
        let busy = matches!(status, 429 | 500..=599);
        let what = format!("{}: {}{rule}", self.base, sentence.as_deref().unwrap_or(title));
        let failure = if busy { Failure::unreachable(what) } else { Failure::refused(what) };
        let why = text("detail").map_or_else(|| format!("HTTP status {status}"), str::to_owned);
        let failure = failure.because(why).retryable(busy || problem["retryable"].as_bool() == Some(true));
        let mut failure = failure.rule(text("rule").filter(|_| !busy));
        failure.server_time = problem["serverTime"].as_i64();
        match (busy, problem["retryable"].as_bool()) {
            (true, _) | (_, Some(true)) => failure.hint("run the same command again later"),
            _ if status == 404 => failure.hint("check the identifier, and that this is the right node"),
            _ => failure.hint("nothing was written; correct it, and sign again"),
        }
    }

    /// `GET path`, as bytes of media type `accept`.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, or answers with a problem, or with more than `ask` can have.
    pub fn get(&self, path: &str, accept: &str, ask: Ask) -> Result<Vec<u8>, Failure> {
        Ok(self.get_page(path, accept, ask)?.0)
    }

    /// `GET path`, with more headers.
    ///
    /// # Errors
    /// As for [`Client::get`].
    pub fn get_with(&self, path: &str, accept: &str, ask: Ask, headers: &[(&str, String)]) -> Result<Vec<u8>, Failure> {
        let request = self.agent.get(self.url(path)).header("accept", accept);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        self.answer(request.call(), ask.most())
    }

    /// `GET path`, and the path of the next page that its `Link` names.
    ///
    /// # Errors
    /// As for [`Client::get`].
    pub fn get_page(&self, path: &str, accept: &str, ask: Ask) -> Result<(Vec<u8>, Option<String>), Failure> {
        let sent = self.agent.get(self.url(path)).header("accept", accept).call();
        let next = sent.as_ref().ok().and_then(|response| next_page(response.headers()));
        Ok((self.answer(sent, ask.most())?, next))
    }

    /// `GET path`, as JSON.
    ///
    /// # Errors
    /// As for [`Client::get`]; also when all JSON that this client has read becomes more than a ledger's list has.
    pub fn get_json(&self, path: &str) -> Result<Value, Failure> {
        let body = self.get(path, "application/json", Ask::Json)?;
        self.count(&body)?;
        self.json(&body)
    }

    /// Counts a JSON answer, so that no list goes on without end.
    fn count(&self, body: &[u8]) -> Result<(), Failure> {
        let (bytes, answers) = self.read.get();
        let (bytes, answers) = (bytes + body.len() as u64, answers + 1);
        self.read.set((bytes, answers));
        if bytes > MAX_JSON || answers > MAX_ANSWERS {
            return Err(self.lies("sends a list without end", format!("{bytes} bytes in {answers} pages")));
        }
        Ok(())
    }

    /// The items of the paged list at `path`: of that page, and of those that its `Link` leads to.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, answers with a problem, or has no last page.
    pub fn get_list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Failure> {
        let (mut items, mut next) = (Vec::new(), Some(path.to_owned()));
        for _ in 0..MOST_PAGES {
            let Some(path) = next else { return Ok(items) };
            let body;
            (body, next) = self.get_page(&path, "application/json", Ask::Json)?;
            self.count(&body)?;
            items.extend(self.json::<Vec<T>>(&body)?);
        }
        Err(Failure::unreachable(format!("the list {path} of {} has no last page", self.base))
            .hint("check that this is the address of a jejak node"))
    }

    /// Whether `path` exists.
    ///
    /// # Errors
    /// [`Failure`] for any answer but yes or no.
    pub fn has(&self, path: &str) -> Result<bool, Failure> {
        let sent = self.agent.get(self.url(path)).header("accept", "application/json").call();
        let mut response = self.sent(sent)?;
        match response.status().as_u16() {
            200..=299 => Ok(true),
            404 => Ok(false),
            status => Err(self.problem(status, &self.body(&mut response, MAX_PROBLEM)?)),
        }
    }

    fn json<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Failure> {
        serde_json::from_slice(body).map_err(|e| {
            Failure::unreachable(format!("the response of {} is not JSON", self.base))
                .because(e)
                .hint("check that this is the address of a jejak node")
        })
    }

    /// `POST /entries` with one record. The response says what the record did; with `wait`, it holds the receipt.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, or answers with a problem.
    pub fn submit(&self, record: &[u8], wait: Option<u32>) -> Result<Value, Failure> {
        let mut request =
            self.agent.post(self.url("/entries")).content_type("application/cose").header("accept", "application/json");
        let wait = wait.map(|seconds| format!("wait={seconds}, ")).unwrap_or_default();
        request = request
            .header("prefer", format!("{wait}return=representation"))
            .header("accept-language", acknowledged::language());
        self.json(&self.answer(request.send(record), MAX_PROBLEM)?)
    }

    /// `PUT path`, with more headers.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, or answers with a problem.
    pub fn put(&self, path: &str, media_type: &str, body: &[u8], headers: &[(&str, String)]) -> Result<(), Failure> {
        let time = GRACE + Duration::from_secs(body.len() as u64 / LEAST_RATE);
        let request = self.agent.put(self.url(path)).content_type(media_type);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let request = request.config().timeout_send_body(Some(time)).build();
        self.answer(request.send(body), MAX_PROBLEM).map(|_| ())
    }
}

/// The address of the next page, of the same node, in a `Link` header (RFC 8288).
fn next_page(headers: &HeaderMap) -> Option<String> {
    let link = headers.get(header::LINK)?.to_str().ok()?;
    let (path, relation) = link.strip_prefix('<')?.split_once('>')?;
    (path.starts_with('/') && relation.contains("rel=\"next\"")).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// A client of a node whose list has one number a page, from 0 on, and ends after `pages`.
    fn node(pages: usize) -> Client {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for (page, stream) in listener.incoming().enumerate() {
                let (mut stream, mut request) = (stream.unwrap(), [0; 1024]);
                let read = stream.read(&mut request).unwrap();
                let path = if page == 0 { "/list".to_owned() } else { format!("/list?after={}", page - 1) };
                assert!(request[..read].starts_with(format!("GET {path} HTTP/1.1\r\n").as_bytes()), "page {page}");
                let link = if page + 1 < pages {
                    format!("Link: </list?after={page}>; rel=\"next\"\r\n")
                } else {
                    String::new()
                };
                let body = format!("[{page}]");
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 200 OK\r\n{link}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        Client::new(&base).unwrap()
    }

    #[test]
    fn paged_list_is_read_to_its_last_page_and_an_endless_one_is_given_up() {
        assert_eq!(node(1).get_list::<usize>("/list").unwrap(), [0]);
        assert_eq!(node(3).get_list::<usize>("/list").unwrap(), [0, 1, 2]);
        let endless = node(usize::MAX).get_list::<usize>("/list").unwrap_err();
        assert!(endless.message.contains("no last page"), "{}", endless.message);
    }

    #[test]
    fn node_that_stops_in_the_middle_of_an_answer_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let node = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{").unwrap();
            stream
        });
        let client = Client::with_timeout(&base, Duration::from_millis(200)).unwrap();
        let failure = client.get_json("/.well-known/jejak").unwrap_err();
        assert!(failure.message.contains("does not answer"), "{}", failure.message);
        drop(node.join().unwrap());
    }

    /// Sends a byte at a time, each after a pause.
    struct Drip(Duration);

    impl Read for Drip {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            std::thread::sleep(self.0);
            into[0] = b' ';
            Ok(1)
        }
    }

    #[test]
    fn body_that_drips_ends_with_an_error_after_few_bytes() {
        let cut = at_most(Drip(Duration::from_millis(10)), 1 << 20, Duration::from_millis(50));
        assert!(matches!(cut, Err(Cut::TooSlow(1..100))), "{cut:?}");
    }

    #[test]
    fn body_of_the_largest_size_is_read_and_one_byte_more_is_not() {
        let read = |bytes: u64| at_most(std::io::repeat(7).take(bytes), 100_000, GRACE);
        assert_eq!(read(100_000).unwrap().len(), 100_000);
        assert!(matches!(read(100_001), Err(Cut::TooMuch)));
    }
}
