//! The CBV 2.0 word lists (business steps, dispositions, transaction types, source and destination types, reasons).
