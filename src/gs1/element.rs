//! GS1 element strings, bracketed `(01)…(10)…` and unbracketed with FNC1.
