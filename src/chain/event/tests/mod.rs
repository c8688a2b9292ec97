//! The event rules: what each admits and what it refuses.

mod abuse;
mod cheats;
mod correct;
mod goods;
mod judged;
pub(crate) mod law;
mod shape;
mod words;
