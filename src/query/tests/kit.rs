//! What the phone of a party keeps.

use crate::chain::testing::*;
use crate::query::kit;
use crate::record::registry::Purpose;

#[test]
fn kit_lists_the_keys_that_may_sign_and_no_ended_one() {
    let mut w = World::new();
    w.event_key(VILLAGE, "phone one");
    w.event_key(VILLAGE, "phone two");
    w.end_key("phone one");
    let keys = kit(&w.state, VILLAGE).unwrap().unwrap().keys;
    let found: Vec<_> = keys.iter().map(|key| (key.key, key.purpose, key.since, key.number)).collect();
    let wanted = [(key_of(VILLAGE), Purpose::Admin, T0, Some(0)), (key_of("phone two"), Purpose::Event, T0, Some(2))];
    assert_eq!(found, wanted, "the number of a key that was ended is no other's");
}
