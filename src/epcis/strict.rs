//! Strict JSON: UTF-8, no duplicate keys, depth at most 32, numbers without exponent.
