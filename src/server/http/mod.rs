//! HTTP apart from what is served: request bodies, limits, content negotiation, problem documents, answers and connections.
//!
//! What it is not: a handler. Those are beside it, one file per surface.
//!
//! | file | what |
//! |---|---|
//! | [`serve`] | the accept loop and the shutdown |
//! | [`stream`] | connections whose reader stops reading |
//! | [`answer`] | one request, from the connection to its answer |
//! | [`limits`] | rates, request time, and every limit of the configuration |
//! | [`body`] | request bodies in memory, under one budget |
//! | [`blocking`] | work that blocks, a bounded number at a time |
//! | [`arguments`] | what a handler reads of the query |
//! | [`negotiate`] | `Accept`, `Vary`, `Prefer` |
//! | [`response`] | ETags, immutable answers, downloads |
//! | [`page`] | what every HTML answer needs |
//! | [`problem`] | RFC 9457 problem documents |
//! | [`cors`] | cross-origin reading |
//! | [`memo`] | verdicts and documents checked a moment ago |

pub mod answer;
pub mod arguments;
pub mod blocking;
pub mod body;
pub mod cors;
pub mod limits;
pub mod memo;
pub mod negotiate;
pub mod page;
pub mod problem;
pub mod response;
pub mod serve;
pub mod stream;

pub use problem::Problem;
