//! Where the journey went, on a small outline of the archipelago: at most a dozen points, no tile server, no script.
//!
//! Positions are those a `Place` states: village or town centres, two decimals at most. Places outside the picture are
//! listed by name, and the line leaves the map towards them.

use super::Ctx;
use crate::chain::view::{LotView, PlaceView};

/// Size of the picture: ten units to a degree.
const WIDTH: f64 = 470.0;
const HEIGHT: f64 = 180.0;
/// North-west corner, degrees east and north.
const WEST: f64 = 94.5;
const NORTH: f64 = 6.5;
/// More points than this would hide each other.
const MOST: usize = 12;

/// The map of a journey.
pub(crate) struct Map {
    pub(crate) points: Vec<Point>,
    /// `x,y x,y …` of the line.
    pub(crate) line: String,
}

/// A stop.
pub(crate) struct Point {
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) name: String,
    /// Outside the picture: not drawn as a point.
    pub(crate) abroad: bool,
    pub(crate) last: bool,
}

pub(crate) fn map(ctx: &Ctx, view: &LotView) -> Option<Map> {
    let mut stops: Vec<(&PlaceView, f64, f64)> = Vec::new();
    let harvested = view.origins.iter().filter_map(|o| o.place.as_ref());
    let passed = view.steps.iter().filter(|s| s.voided_by.is_none()).filter_map(|s| s.place.as_ref());
    for place in harvested.chain(passed) {
        let Some((lat, lon)) = place.near.as_deref().and_then(position) else { continue };
        if stops.len() < MOST && !stops.iter().any(|(seen, ..)| seen.gln == place.gln) {
            stops.push((place, (lon - WEST) * 10.0, (NORTH - lat) * 10.0));
        }
    }
    if stops.is_empty() {
        return None;
    }
    let last = stops.len() - 1;
    let points: Vec<Point> = stops
        .iter()
        .enumerate()
        .map(|(i, (place, x, y))| Point {
            x: format!("{:.0}", x.clamp(0.0, WIDTH)),
            y: format!("{:.0}", y.clamp(0.0, HEIGHT)),
            name: ctx.lang.pick(&place.name).to_owned(),
            abroad: !(0.0..=WIDTH).contains(x) || !(0.0..=HEIGHT).contains(y),
            last: i == last,
        })
        .collect();
    let line = points.iter().map(|p| format!("{},{}", p.x, p.y)).collect::<Vec<_>>().join(" ");
    Some(Map { points, line })
}

/// `-4.05,122.97` as degrees north and east.
fn position(near: &str) -> Option<(f64, f64)> {
    let (lat, lon) = near.split_once(',')?;
    let (lat, lon): (f64, f64) = (lat.trim().parse().ok()?, lon.trim().parse().ok()?);
    ((-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon)).then_some((lat, lon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_outside_the_globe_are_refused() {
        assert_eq!(position("-4.05,122.97"), Some((-4.05, 122.97)));
        assert_eq!(position("91,0"), None);
        assert_eq!(position("NaN,0"), None);
        assert_eq!(position("4"), None);
    }
}
