//! A client of a node's HTTP interface, with the exit code that each answer leads to.
//!
//! A node may lie, so every answer has a largest size by what was asked for, a largest head, and a least rate; what is above or
//! below ends with an error that says so. Redirects are followed three times.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http::{HeaderMap, header};

use super::acknowledged;
use super::body::{Cut, LEAST_RATE, in_parts};
use super::failure::{Cause, Failure, Kind};
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
/// A connection that was not used for so long is not used again: a node closes it after 10 s, and a request sent at that moment gets no
/// answer.
const IDLE: Duration = Duration::from_secs(4);

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

/// Most pages of a list: 20,000 items of the lists with the smallest pages, of 50. A node that names ever more pages is no reason to ask
/// for ever.
const MOST_PAGES: usize = 400;

/// Most bytes of answers that are remembered.
const MOST_REMEMBERED: usize = 64 << 20;
/// Requests at a time to a node that is asked for many things.
const AT_ONCE: usize = 4;

/// A node, by its base address. Clones share their connections and what they remember.
#[derive(Debug, Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    /// Bytes of JSON read so far, and in how many answers.
    read: Arc<Mutex<(u64, u32)>>,
    /// The answers to earlier requests, for a client that remembers.
    memory: Option<Arc<Mutex<Memory>>>,
}

/// An answer with any status.
#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    body: Vec<u8>,
    /// The path of the next page.
    next: Option<String>,
}

/// Whether an HTTP status says that the node is too busy to answer, or failed. Such an answer says nothing about what was asked for, and is
/// never remembered: the same request may succeed later.
const fn is_busy(status: u16) -> bool {
    matches!(status, 429 | 500..=599)
}

/// What a node answered, by path and media type.
#[derive(Debug, Default)]
struct Memory {
    answers: HashMap<(String, String), Answer>,
    bytes: usize,
    /// Why the node is asked no more.
    gone: Option<Failure>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
    pub(super) fn with_timeout(base: &str, timeout: Duration) -> Result<Client, Failure> {
        let base = base.trim_end_matches('/');
        if !(base.starts_with("http://") || base.starts_with("https://")) {
            return Err(Failure::usage(format!("{base} is not the address of a node"))
                .hint("give it with its scheme, such as https://jejak.example"));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(timeout))
            .timeout_per_read(Some(timeout))
            .timeout_per_write(Some(timeout))
            .max_idle_age(IDLE)
            .max_response_header_size(MAX_HEAD)
            .max_redirects(MAX_REDIRECTS)
            .user_agent(concat!("jejak/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Client { agent: config.into(), base: base.to_owned(), read: Arc::default(), memory: None })
    }

    /// A client that asks for each thing once, and no more of a node that does not answer: for a run over many rows, of which most ask for
    /// the same.
    pub fn remembering(self) -> Client {
        Client { memory: Some(Arc::default()), ..self }
    }

    /// Asks for these paths, several at a time, so that a client that remembers has the answers. A node that does not answer, or is busy,
    /// is not asked for the rest: the caller that needs a missing answer asks for it, and reports the failure.
    pub fn prefetch(&self, paths: &[String]) {
        if self.memory.is_none() {
            return;
        }
        std::thread::scope(|threads| {
            for part in paths.chunks(paths.len().div_ceil(AT_ONCE).max(1)) {
                threads.spawn(move || {
                    let mut answers = part.iter().map(|path| self.fetched(path, "application/json", Ask::Json));
                    answers.all(|answer| answer.is_ok_and(|answer| !is_busy(answer.status)))
                });
            }
        });
    }

    /// Its base address.
    pub fn base(&self) -> &str {
        &self.base
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn no_answer(&self, error: impl Into<Cause>) -> Failure {
        Failure::unreachable(format!("{} does not answer", self.base))
            .because(error)
            .hint("check the address and the network, then run the same command again: nothing is counted twice")
    }

    /// A node that answers what no honest node answers.
    fn lies(&self, what: &str, why: impl Into<Cause>) -> Failure {
        Failure::not_proven(format!("{} {what}", self.base))
            .because(why)
            .hint("do not rely on this node; check its address, or ask another one")
    }

    /// Reads at most `most` bytes, at the least rate or faster.
    fn body(&self, response: &mut ureq::http::Response<ureq::Body>, most: u64) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        self.body_in_parts(response, most, &mut |part| bytes.extend_from_slice(part))?;
        Ok(bytes)
    }

    /// Hands over at most `most` bytes as they come, at the least rate or faster.
    fn body_in_parts(
        &self,
        response: &mut ureq::http::Response<ureq::Body>,
        most: u64,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Failure> {
        let packed = match response.headers().get(header::CONTENT_ENCODING).map(|name| name.as_bytes()) {
            None | Some(b"identity") => false,
            Some(b"gzip") => true,
            Some(_) => return Err(self.lies("uses a content encoding that was not requested", "only gzip is accepted")),
        };
        // a Content-Length above the limit rejects the answer at once; a smaller one is not relied on
        let announced = response.body().content_length().is_some_and(|length| length > most);
        let read = match announced && !packed {
            true => Err(Cut::TooMuch),
            false => in_parts(response.body_mut().as_reader(), most, GRACE, packed, take),
        };
        read.map_err(|cut| match cut {
            Cut::TooMuch => {
                let why = format!("an answer of this kind has at most {most} bytes");
                self.lies("sends more than it was asked for", why)
            }
            Cut::TooSlow(bytes) => self.no_answer(format!("it sent {bytes} bytes, slower than {LEAST_RATE} a second")),
            Cut::NotPacked(error) => self.lies("sends what can't be unpacked", error),
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

    fn any_answer(
        &self,
        sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        most: u64,
    ) -> Result<Answer, Failure> {
        let mut response = self.sent(sent)?;
        let (status, next) = (response.status().as_u16(), next_page(response.headers()));
        let most = if (200..300).contains(&status) { most } else { MAX_PROBLEM };
        Ok(Answer { status, body: self.body(&mut response, most)?, next })
    }

    fn answer(
        &self,
        sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        most: u64,
    ) -> Result<Vec<u8>, Failure> {
        self.good(self.any_answer(sent, most)?).map(|answer| answer.body)
    }

    /// The answer, unless it is a problem.
    fn good(&self, answer: Answer) -> Result<Answer, Failure> {
        if (200..300).contains(&answer.status) { Ok(answer) } else { Err(self.problem(answer.status, &answer.body)) }
    }

    /// `GET path`, from memory if it is there.
    fn fetched(&self, path: &str, accept: &str, ask: Ask) -> Result<Answer, Failure> {
        let key = (path.to_owned(), accept.to_owned());
        if let Some(memory) = &self.memory {
            let memory = locked(memory);
            if let Some(known) = memory.answers.get(&key) {
                return Ok(known.clone());
            }
            if let Some(gone) = &memory.gone {
                return Err(gone.clone());
            }
        }
        // entry bundles and lists are text in large part
        let request = self.agent.get(self.url(path)).header("accept", accept).header("accept-encoding", "gzip");
        let answer = self.any_answer(request.call(), ask.most());
        if let Some(memory) = &self.memory {
            let mut memory = locked(memory);
            match &answer {
                Ok(answer) if !is_busy(answer.status) && memory.bytes + answer.body.len() <= MOST_REMEMBERED => {
                    memory.bytes += answer.body.len();
                    memory.answers.insert(key, answer.clone());
                }
                Err(failure) if failure.kind == Kind::Unreachable => memory.gone = Some(failure.clone()),
                _ => {}
            }
        }
        answer
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
        let busy = is_busy(status);
        let what = format!("{}: {}{rule}", self.base, sentence.as_deref().unwrap_or(title));
        let failure = if busy { Failure::unreachable(what) } else { Failure::refused(what) };
        let why = text("detail").map_or_else(|| format!("HTTP status {status}"), str::to_owned);
        let failure = failure.because(why).retryable(busy || problem["retryable"].as_bool() == Some(true));
        let mut failure = failure.rule(text("rule").filter(|_| !busy));
        failure.server_time = problem["serverTime"].as_i64();
        failure.code = text("type").and_then(|kind| kind.rsplit(':').next()).map(str::to_owned);
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

    /// `GET path`, its bytes handed over as they come; whether there is anything. For what may be large, and is not kept.
    ///
    /// # Errors
    /// As for [`Client::get`]. Some bytes may have been handed over before.
    pub fn find_in_parts(
        &self,
        path: &str,
        accept: &str,
        ask: Ask,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, Failure> {
        let request = self.agent.get(self.url(path)).header("accept", accept).header("accept-encoding", "gzip");
        let mut response = self.sent(request.call())?;
        match response.status().as_u16() {
            200..300 => self.body_in_parts(&mut response, ask.most(), take).map(|()| true),
            404 | 410 => Ok(false),
            status => Err(self.problem(status, &self.body(&mut response, MAX_PROBLEM)?)),
        }
    }

    /// `GET path`, and the path of the next page that its `Link` names.
    ///
    /// # Errors
    /// As for [`Client::get`].
    pub fn get_page(&self, path: &str, accept: &str, ask: Ask) -> Result<(Vec<u8>, Option<String>), Failure> {
        let answer = self.good(self.fetched(path, accept, ask)?)?;
        Ok((answer.body, answer.next))
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

    /// `GET path`, as JSON; `None` when nothing is there.
    ///
    /// # Errors
    /// As for [`Client::get_json`].
    pub fn find_json(&self, path: &str) -> Result<Option<Value>, Failure> {
        let answer = self.fetched(path, "application/json", Ask::Json)?;
        if answer.status == 404 {
            return Ok(None);
        }
        let body = self.good(answer)?.body;
        self.count(&body)?;
        self.json(&body).map(Some)
    }

    /// Counts a JSON answer towards the limits on the size and number of all answers, which end a list that has no last page. A client that
    /// remembers has no such limits: the number of its requests is bounded by the rows of its table.
    fn count(&self, body: &[u8]) -> Result<(), Failure> {
        if self.memory.is_some() {
            return Ok(());
        }
        let mut read = locked(&self.read);
        *read = (read.0 + body.len() as u64, read.1 + 1);
        let (bytes, answers) = *read;
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
        let answer = self.fetched(path, "application/json", Ask::Json)?;
        if answer.status == 404 { Ok(false) } else { self.good(answer).map(|_| true) }
    }

    fn json<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Failure> {
        serde_json::from_slice(body).map_err(|e| {
            Failure::unreachable(format!("the response of {} is not JSON", self.base))
                .because(e)
                .hint("check that this is the address of a jejak node")
        })
    }

    /// `POST /entries` with one record, and with more headers. The response says what the record did; with `wait`, it holds the receipt.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, or answers with a problem.
    pub fn submit(&self, record: &[u8], wait: Option<u32>, headers: &[(&str, String)]) -> Result<Value, Failure> {
        let mut request =
            self.agent.post(self.url("/entries")).content_type("application/cose").header("accept", "application/json");
        let wait = wait.map(|seconds| format!("wait={seconds}, ")).unwrap_or_default();
        request = request
            .header("prefer", format!("{wait}return=representation"))
            .header("accept-language", acknowledged::language());
        request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
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

    /// `DELETE path`, with more headers.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, or answers with a problem.
    pub fn delete(&self, path: &str, headers: &[(&str, String)]) -> Result<(), Failure> {
        let request = self.agent.delete(self.url(path));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        self.answer(request.call(), MAX_PROBLEM).map(|_| ())
    }
}

/// The address of the next page, of the same node, in a `Link` header (RFC 8288).
fn next_page(headers: &HeaderMap) -> Option<String> {
    let link = headers.get(header::LINK)?.to_str().ok()?;
    let (path, relation) = link.strip_prefix('<')?.split_once('>')?;
    (path.starts_with('/') && relation.contains("rel=\"next\"")).then(|| path.to_owned())
}

#[cfg(test)]
mod tests;
