//! The integration tests: one binary, so that the crate is linked once. Each module is named after the hazard or the surface
//! that it tests; what they share is in `common`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failing test panics

mod common;

mod audit;
mod cli;
mod cli_acts;
mod cli_answers;
mod cli_corrections;
mod cli_lying_node;
mod cli_new_user;
mod cli_operator;
mod cli_specification;
mod clock;
mod commodity;
mod complete_tests;
mod crash_kill;
mod digital_link;
mod direction;
mod epcis_examples;
mod epcis_valid;
mod evidence;
mod first_ledger_doc;
mod formats_doc;
mod frozen;
mod full_disk;
mod http;
mod http_bad_input;
mod http_bounds;
mod http_contention;
mod http_documents;
mod http_limits;
mod http_lists;
mod http_memory;
mod large_lot;
mod ledger;
mod ledger_faults;
mod lookalike_table;
mod lost_tail;
mod mass_balance;
mod openapi;
mod pages;
mod pages_direction;
mod proof;
mod quality;
mod record;
mod refused_parent;
mod register;
mod registry_clock;
mod registry_names;
mod registry_rules;
mod resolver;
mod restart;
mod rules_listed;
mod sampling_plans;
mod schemas;
mod search;
mod signed;
mod specification;
mod tamper;
mod tlog_oracle;
mod tlog_vectors;
mod two_processes;
mod verify_codes;
