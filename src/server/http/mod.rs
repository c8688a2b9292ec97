//! HTTP independent of what is served: request bodies, limits, content negotiation, problem documents, answers and connections.
//!
//! What it is not: handlers, which are in [`super`], one file per group of addresses.
//!
//! | file | what |
//! |---|---|
//! | [`serve`] | the accept loop and the shutdown |
//! | [`acme`] | certificates by domain, from an ACME server |
//! | [`tls`] | HTTPS, and over certificate files |
//! | [`stream`] | a least rate of reading for connections |
//! | [`shares`] | budgets that clients share under contention: connections, bytes |
//! | [`turns`] | turns at reading and admitting, in rotation over the clients |
//! | [`client`] | the client's address, also behind a proxy, and what its shares are counted by |
//! | [`answer`] | one request, from the connection to its answer |
//! | [`signed`] | which party sends a signed request (RFC 9421) |
//! | [`limits`] | rates, request time, and every limit of the configuration |
//! | [`pace`] | a least rate of sending for request bodies |
//! | [`body`] | request bodies in memory, under one budget |
//! | [`sending`] | answers in memory under one budget, and answers from files |
//! | [`blocking`] | blocking work, a bounded number at a time |
//! | [`arguments`] | the query parameters of a handler |
//! | [`negotiate`] | `Accept`, `Vary`, `Prefer` |
//! | [`compress`] | Brotli at its best, for files that never change |
//! | [`response`] | ETags, immutable answers, downloads |
//! | [`page`] | the common part of HTML answers |
//! | [`paging`] | page size and the link to the next page of a list |
//! | [`table`] | lists as JSON, page or CSV |
//! | [`problem`] | RFC 9457 problem documents |
//! | [`cors`] | cross-origin reading |
//! | [`memo`] | a cache of verdicts, of documents checked, of the glossary and of regions |

pub mod acme;
pub mod answer;
pub mod arguments;
pub mod blocking;
pub mod body;
pub mod client;
pub mod compress;
pub mod cors;
pub mod limits;
pub mod memo;
pub mod negotiate;
pub mod pace;
pub mod page;
pub mod paging;
pub mod problem;
pub mod response;
pub mod sending;
pub mod serve;
pub mod shares;
pub mod signed;
pub mod stream;
pub mod table;
pub mod tls;
pub mod turns;

pub use problem::Problem;
