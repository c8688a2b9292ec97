//! Whether two events state the same: what a void has to repeat.

use std::hash::{Hash, Hasher};

use crate::epcis::{Event, Ext};

/// A [`Hasher`] that is BLAKE3, because whoever signs an event chooses what is hashed.
struct Blake3(blake3::Hasher);

impl Hasher for Blake3 {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// 16 bytes of BLAKE3 over all that `event` states, but for what a void states for itself: its `eventID`, `errorDeclaration`,
/// `recordTime` and `@context`, and `jejak:voids`, `jejak:after` and `jejak:evidence`. Depends on the program and machine: for rows
/// only, never for a format.
pub(super) fn statement_hash(event: &Event) -> [u8; 16] {
    // names every member, so that a new one is decided on here
    let Event {
        kind,
        context: _,
        event_id: _,
        event_time,
        offset,
        record_time: _,
        action,
        biz_step,
        disposition,
        persistent,
        read_point,
        biz_location,
        epcs,
        quantities,
        parent,
        child_epcs,
        child_quantities,
        input_epcs,
        inputs,
        output_epcs,
        outputs,
        transformation_id,
        transactions,
        sources,
        destinations,
        sensors,
        error: _,
        certification,
        ilmd,
        ilmd_other,
        ext,
        other,
    } = event;
    let Ext {
        after: _,
        voids: _,
        shipment,
        retests,
        lifts,
        process,
        additives,
        mode,
        reason,
        profile,
        sample,
        evidence: _,
        serials,
        market,
        milestone,
        commitment,
        claims,
        close,
    } = ext;
    let mut hasher = Blake3(blake3::Hasher::new());
    (kind, event_time, offset, action, biz_step, disposition, persistent, read_point, biz_location).hash(&mut hasher);
    (epcs, quantities, parent, child_epcs, child_quantities, input_epcs, inputs, output_epcs, outputs)
        .hash(&mut hasher);
    (transformation_id, transactions, sources, destinations, sensors, certification).hash(&mut hasher);
    (ilmd, ilmd_other, other).hash(&mut hasher);
    (shipment, retests, lifts, process, additives, mode, reason, profile, sample).hash(&mut hasher);
    (serials, market, milestone, commitment, claims, close).hash(&mut hasher);
    let mut short = [0; 16];
    short.copy_from_slice(&hasher.0.finalize().as_bytes()[..16]);
    short
}
