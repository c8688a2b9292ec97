//! A client of a node's HTTP interface, with the exit code that each answer leads to.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http::{HeaderMap, header};

use super::failure::Failure;

/// Largest response read into memory: a proof bundle of a large closure.
const MAX_RESPONSE: u64 = 256 << 20;

/// Most pages of a list: 20,000 items. A node that names ever more pages is no reason to ask for ever.
const MOST_PAGES: usize = 100;

/// A node, by its base address.
pub struct Client {
    agent: ureq::Agent,
    base: String,
}

impl Client {
    /// The node at `base`, such as `https://jejak.example`.
    ///
    /// # Errors
    /// [`Failure`] for an address that is not http or https.
    pub fn new(base: &str) -> Result<Client, Failure> {
        let base = base.trim_end_matches('/');
        if !(base.starts_with("http://") || base.starts_with("https://")) {
            return Err(Failure::usage(format!("{base} is not the address of a node"))
                .hint("give it with its scheme, such as https://jejak.example"));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(Duration::from_secs(60)))
            .user_agent(concat!("jejak/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Client { agent: config.into(), base: base.to_owned() })
    }

    /// Its base address.
    pub fn base(&self) -> &str {
        &self.base
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn no_answer(&self, error: ureq::Error) -> Failure {
        Failure::unreachable(format!("{} does not answer", self.base)).because(error).hint(
            "check the address and the network, then run the same command again; sending a record twice does no harm",
        )
    }

    fn answer(&self, sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Vec<u8>, Failure> {
        let mut response = sent.map_err(|e| self.no_answer(e))?;
        let status = response.status().as_u16();
        let body =
            response.body_mut().with_config().limit(MAX_RESPONSE).read_to_vec().map_err(|e| self.no_answer(e))?;
        if (200..300).contains(&status) { Ok(body) } else { Err(self.problem(status, &body)) }
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
        let rule = text("rule").map(|rule| format!(" (rule {rule})")).unwrap_or_default();
        let busy = matches!(status, 429 | 500..=599);
        let what = format!("{}: {title}{rule}", self.base);
        let failure = if busy { Failure::unreachable(what) } else { Failure::refused(what) };
        let why = text("detail").map_or_else(|| format!("HTTP status {status}"), str::to_owned);
        let failure = failure.because(why).retryable(busy || problem["retryable"].as_bool() == Some(true));
        let failure = failure.rule(text("rule").filter(|_| !busy));
        match (busy, problem["retryable"].as_bool()) {
            (true, _) | (_, Some(true)) => failure.hint("run the same command again later"),
            _ if status == 404 => failure.hint("check the identifier, and that this is the right node"),
            _ => failure.hint("nothing was written; correct it, and sign again"),
        }
    }

    /// `GET path`, as bytes of media type `accept`.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, or answers with a problem.
    pub fn get(&self, path: &str, accept: &str) -> Result<Vec<u8>, Failure> {
        self.answer(self.agent.get(self.url(path)).header("accept", accept).call())
    }

    /// `GET path`, as JSON.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, or answers with a problem.
    pub fn get_json(&self, path: &str) -> Result<Value, Failure> {
        self.json(&self.get(path, "application/json")?)
    }

    /// The items of the paged list at `path`: of that page, and of those that its `Link` leads to.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, answers with a problem, or has no last page.
    pub fn get_list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Failure> {
        let (mut items, mut next) = (Vec::new(), Some(path.to_owned()));
        for _ in 0..MOST_PAGES {
            let Some(path) = next else { return Ok(items) };
            let sent = self.agent.get(self.url(&path)).header("accept", "application/json").call();
            next = sent.as_ref().ok().and_then(|response| next_page(response.headers()));
            items.extend(self.json::<Vec<T>>(&self.answer(sent)?)?);
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
        let mut response = sent.map_err(|e| self.no_answer(e))?;
        match response.status().as_u16() {
            200..=299 => Ok(true),
            404 => Ok(false),
            status => {
                let body = response
                    .body_mut()
                    .with_config()
                    .limit(MAX_RESPONSE)
                    .read_to_vec()
                    .map_err(|e| self.no_answer(e))?;
                Err(self.problem(status, &body))
            }
        }
    }

    fn json<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Failure> {
        serde_json::from_slice(body).map_err(|e| {
            Failure::unreachable(format!("the response of {} is not JSON", self.base))
                .because(e)
                .hint("check that this is the address of a jejak node")
        })
    }

    /// `POST /entries` with one record. With `wait`, the response holds the receipt.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, or answers with a problem.
    pub fn submit(&self, record: &[u8], wait: Option<u32>) -> Result<Value, Failure> {
        let mut request =
            self.agent.post(self.url("/entries")).content_type("application/cose").header("accept", "application/json");
        if let Some(seconds) = wait {
            request = request.header("prefer", format!("wait={seconds}"));
        }
        self.json(&self.answer(request.send(record))?)
    }

    /// `PUT path`.
    ///
    /// # Errors
    /// [`Failure`] when the node does not answer, or answers with a problem.
    pub fn put(&self, path: &str, media_type: &str, body: &[u8]) -> Result<(), Failure> {
        self.answer(self.agent.put(self.url(path)).content_type(media_type).send(body)).map(|_| ())
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
}
