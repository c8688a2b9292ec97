//! The journey on a small outline map of the archipelago: at most a dozen points, no tile server, no script.
//!
//! Positions are from `Place` statements: village or town centres, at most two decimals. Places outside the picture are listed by
//! name, and the line leaves the map towards them. Only places of the goods are shown, not the laboratory, which has a sample.

use super::{Ctx, place_path};
use crate::query::view::{LotView, PlaceView};

/// Size of the picture: ten units to a degree.
const WIDTH: f64 = 470.0;
const HEIGHT: f64 = 180.0;
/// North-west corner, degrees east and north.
const WEST: f64 = 94.5;
const NORTH: f64 = 6.5;
/// Most points: more would overlap.
const MOST: usize = 12;
/// Nearer than this, two stops share one dot.
const NEAR: f64 = 9.0;

/// The map of a journey.
pub(crate) struct Map {
    /// Stops inside the picture.
    pub(crate) stops: Vec<Stop>,
    /// Names of all stops, including those abroad, each with its page.
    pub(crate) names: Vec<(String, String)>,
    /// `x,y x,y …` of the line.
    pub(crate) line: String,
    /// Corners of the arrow head where the line finally leaves the picture.
    pub(crate) exit: Option<String>,
}

/// A dot.
pub(crate) struct Stop {
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) start: bool,
    pub(crate) end: bool,
}

/// A point of the picture: units to the right of its north-west corner, and below it.
type Point = (f64, f64);

pub(crate) fn map(ctx: &Ctx, view: &LotView) -> Option<Map> {
    let mut places: Vec<(&PlaceView, Point)> = Vec::new();
    let harvested = view.origins.iter().filter_map(|o| o.place.as_ref());
    let passed =
        view.steps.iter().filter(|s| s.voided_by.is_none() && s.act.info().on_site).filter_map(|s| s.place.as_ref());
    for place in harvested.chain(passed) {
        let Some(at) = place.position().map(point) else { continue };
        if places.len() < MOST && !places.iter().any(|(seen, _)| seen.gln == place.gln) {
            places.push((place, at));
        }
    }
    let last = places.len().checked_sub(1)?;
    let mut drawn: Vec<(Point, bool, bool)> = Vec::new();
    for (i, (_, at)) in places.iter().enumerate().filter(|(_, (_, at))| inside(*at)) {
        match drawn.iter_mut().find(|(seen, ..)| (seen.0 - at.0).hypot(seen.1 - at.1) < NEAR) {
            Some(dot) => dot.2 |= i == last,
            None => drawn.push((*at, i == 0, i == last)),
        }
    }
    let path: Vec<Point> = places.iter().map(|(_, at)| *at).collect();
    let (line, exit) = visible(&path);
    let text = |points: &[Point]| points.iter().map(|(x, y)| format!("{x:.0},{y:.0}")).collect::<Vec<_>>().join(" ");
    Some(Map {
        stops: drawn
            .into_iter()
            .map(|((x, y), start, end)| Stop { x: format!("{x:.0}"), y: format!("{y:.0}"), start, end })
            .collect(),
        names: places.iter().map(|(place, _)| (ctx.lang.name(&place.name), ctx.link(&place_path(place.gln)))).collect(),
        line: text(&line),
        exit: exit.map(|(from, to)| text(&arrow(from, to))),
    })
}

/// Where degrees north and east are in the picture.
fn point((north, east): (f64, f64)) -> Point {
    ((east - WEST) * 10.0, (NORTH - north) * 10.0)
}

/// A dot of a map without a journey.
pub(crate) struct Dot {
    pub(crate) x: String,
    pub(crate) y: String,
    /// It stands out from the others.
    pub(crate) strong: bool,
}

/// Dots at degrees north and east, those that stand out on top; what lies outside the picture has none.
pub(crate) fn dots(places: impl Iterator<Item = ((f64, f64), bool)>) -> Vec<Dot> {
    let inside = places.map(|(at, strong)| (point(at), strong)).filter(|(at, _)| inside(*at));
    let mut dots: Vec<Dot> =
        inside.map(|((x, y), strong)| Dot { x: format!("{x:.0}"), y: format!("{y:.0}"), strong }).collect();
    dots.sort_by_key(|dot| dot.strong);
    dots
}

fn inside((x, y): Point) -> bool {
    (0.0..=WIDTH).contains(&x) && (0.0..=HEIGHT).contains(&y)
}

/// The part of a line inside the picture, and its last leg if that ends outside.
fn visible(path: &[Point]) -> (Vec<Point>, Option<(Point, Point)>) {
    let mut line = Vec::new();
    let mut exit = None;
    for (i, &at) in path.iter().enumerate() {
        if inside(at) {
            line.push(at);
            continue;
        }
        let (before, after) = (i.checked_sub(1).and_then(|b| path.get(b)), path.get(i + 1));
        if let Some(&from) = before.filter(|b| inside(**b)) {
            let edge = edge(from, at);
            line.push(edge);
            exit = after.is_none().then_some((from, edge));
        }
        if let Some(&to) = after.filter(|a| inside(**a)) {
            line.push(edge(to, at));
        }
    }
    (line, exit)
}

/// Where the line from a point inside to one outside crosses the frame.
fn edge(from: Point, to: Point) -> Point {
    let share = |at: f64, to: f64, size: f64| {
        let limit = if to > size { size } else { 0.0 };
        if (0.0..=size).contains(&to) { 1.0 } else { (limit - at) / (to - at) }
    };
    let t = share(from.0, to.0, WIDTH).min(share(from.1, to.1, HEIGHT));
    (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t)
}

/// A triangle with its tip at `to`.
fn arrow(from: Point, to: Point) -> [Point; 3] {
    let length = (to.0 - from.0).hypot(to.1 - from.1).max(1.0);
    let (dx, dy) = ((to.0 - from.0) / length, (to.1 - from.1) / length);
    let back = (to.0 - dx * 10.0, to.1 - dy * 10.0);
    [to, (back.0 - dy * 4.5, back.1 + dx * 4.5), (back.0 + dy * 4.5, back.1 - dx * 4.5)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_clipped_at_the_frame_in_its_own_direction() {
        let (line, exit) = visible(&[(200.0, 100.0), (-600.0, -100.0)]);
        assert_eq!(line, [(200.0, 100.0), (0.0, 50.0)]);
        assert_eq!(exit, Some(((200.0, 100.0), (0.0, 50.0))));
        let (line, exit) = visible(&[(200.0, 100.0), (200.0, -100.0), (300.0, 100.0)]);
        assert_eq!(line, [(200.0, 100.0), (200.0, 0.0), (250.0, 0.0), (300.0, 100.0)]);
        assert!(exit.is_none() && visible(&[(-1.0, 5.0)]).0.is_empty());
    }

    #[test]
    fn positions_outside_the_globe_are_refused() {
        let position = |near: &str| {
            let near = Some(near.to_owned());
            let gln = "9521321000124".parse().unwrap();
            let name = crate::names::Names::english("Field");
            PlaceView { gln, name, kind: "village".into(), country: "ID".into(), region: None, near }.position()
        };
        assert_eq!(position("-4.05,122.97"), Some((-4.05, 122.97)));
        assert_eq!(position("91,0"), None);
        assert_eq!(position("NaN,0"), None);
        assert_eq!(position("4"), None);
    }
}
