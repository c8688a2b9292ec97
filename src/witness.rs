//! Witnesses over HTTP (C2SP tlog-witness): `POST <submission prefix>/add-checkpoint`, and the newest checkpoint of a log at
//! `<prefix>/<hex SHA-256 of the origin>/checkpoint`.
//!
//! Not here: when a witness is asked and what its answer means (`ledger::witnesses`).

use std::time::Duration;

use ureq::http::{Response, header};

use crate::ledger::{Answer, AskWitness};

/// Longest time for a request, from the first packet to the last byte of the answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer: signature lines or a checkpoint.
const MOST: u64 = crate::log::note::MAX_NOTE as u64;
/// Characters of a refusal that are repeated to the operator.
const SHOWN: usize = 200;

/// Asks over HTTP. Redirects are not followed: a policy names where a witness is.
#[derive(Debug, Clone)]
pub struct HttpWitnesses {
    agent: ureq::Agent,
}

impl Default for HttpWitnesses {
    fn default() -> HttpWitnesses {
        HttpWitnesses::with_timeout(TIMEOUT)
    }
}

impl HttpWitnesses {
    /// With this longest time for a request.
    pub fn with_timeout(timeout: Duration) -> HttpWitnesses {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(timeout))
            .max_redirects(0)
            .user_agent(concat!("jejak/", env!("CARGO_PKG_VERSION")))
            .build();
        HttpWitnesses { agent: config.into() }
    }
}

fn text(mut response: Response<ureq::Body>) -> Result<String, String> {
    let text = response.body_mut().with_config().limit(MOST).read_to_string();
    text.map_err(|error| format!("its answer can't be read: {error}"))
}

/// The first line of a refusal, without what is no text.
fn shown(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

impl AskWitness for HttpWitnesses {
    fn add_checkpoint(&self, url: &str, body: &str) -> Answer {
        let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        let sent = self.agent.post(&url).header(header::CONTENT_TYPE, "text/plain; charset=utf-8").send(body);
        let response = match sent {
            Ok(response) => response,
            Err(error) => return Answer::Unreachable(error.to_string()),
        };
        let status = response.status().as_u16();
        match (status, text(response)) {
            (_, Err(why)) => Answer::Unreachable(why),
            (200, Ok(lines)) => Answer::Cosigned(lines),
            (409, Ok(size)) => match size.trim_end_matches('\n').parse() {
                Ok(size) => Answer::OtherSize(size),
                Err(_) => Answer::Refused(409, shown(&size)),
            },
            (status, Ok(why)) => Answer::Refused(status, shown(&why)),
        }
    }

    fn newest(&self, url: &str, origin: &str) -> Option<String> {
        let url = format!("{}/{origin}/checkpoint", url.trim_end_matches('/'));
        let response = self.agent.get(&url).call().ok()?;
        if response.status().as_u16() == 200 { text(response).ok() } else { None }
    }
}
