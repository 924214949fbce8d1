//! Step lines: a value holds until the next one.

use std::fmt::Write as _;

use windlass_core::time::Span;

use super::axis::TimeAxis;

/// Width of the drawing plane; it is stretched to the width of the page.
pub(super) const PLANE: f64 = 10_000.0;

/// Columns that a line of very many steps is thinned to.
const COLUMNS: u32 = 1_000;

/// Most steps drawn one by one.
const STEPS: usize = 2_000;

/// A step line in plane coordinates: where it changes, and its height from there on.
pub(super) struct Steps {
    changes: Vec<(u32, Option<f64>)>,
    end: u32,
}

impl Steps {
    /// The line through `values`, which hold until the next one or `end`; a gap where there is none.
    pub(super) fn new(
        values: impl Iterator<Item = (Span, Option<f64>)>,
        end: Span,
        time: TimeAxis,
    ) -> Self {
        let plane = |since| (time.x(since).share() * PLANE).round() as u32;
        let mut changes: Vec<(u32, Option<f64>)> = Vec::new();
        for (since, y) in values {
            if changes.last().is_none_or(|(_, before)| *before != y) {
                changes.push((plane(since), y));
            }
        }
        Self { changes: thin(changes), end: plane(end) }
    }

    /// The line itself as an SVG path; empty when there is nothing to draw.
    pub(super) fn line(&self) -> String {
        let mut path = String::new();
        let mut pen: Option<f64> = None;
        for (index, (x, y)) in self.changes.iter().enumerate() {
            match (pen, y) {
                (_, None) => {}
                (None, Some(y)) => drop(write!(path, "M{x} {y}")),
                (Some(_), Some(y)) => drop(write!(path, "V{y}")),
            }
            pen = *y;
            if y.is_some() {
                let _ = write!(path, "H{}", self.until(index));
            }
        }
        path
    }

    /// The area between the line and `ground` as an SVG path.
    pub(super) fn area(&self, ground: f64) -> String {
        let mut path = String::new();
        for (index, (x, y)) in self.changes.iter().enumerate() {
            if let Some(y) = y.filter(|y| *y != ground) {
                let _ = write!(path, "M{x} {ground}V{y}H{}V{ground}Z", self.until(index));
            }
        }
        path
    }

    fn until(&self, index: usize) -> u32 {
        self.changes.get(index + 1).map_or(self.end, |(x, _)| *x)
    }
}

/// Keeps of each column the first, the lowest, the highest and the last step.
fn thin(changes: Vec<(u32, Option<f64>)>) -> Vec<(u32, Option<f64>)> {
    if changes.len() <= STEPS {
        return changes;
    }
    let column = |x: u32| x / (PLANE as u32 / COLUMNS);
    let mut kept = Vec::new();
    for group in changes.chunk_by(|a, b| column(a.0) == column(b.0)) {
        let height = |i: &usize| group[*i].1.unwrap_or(f64::MAX);
        let by_height = |a: &usize, b: &usize| height(a).total_cmp(&height(b));
        let low = (0..group.len()).min_by(by_height).unwrap_or(0);
        let high = (0..group.len()).max_by(by_height).unwrap_or(0);
        let mut keep = [0, low, high, group.len() - 1];
        keep.sort_unstable();
        for (n, index) in keep.into_iter().enumerate() {
            if n == 0 || keep[n - 1] != index {
                kept.push(group[index]);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(values: &[(u64, Option<f64>)], end: u64) -> Steps {
        let values = values.iter().map(|(at, y)| (Span::seconds(*at), *y));
        Steps::new(values, Span::seconds(end), TimeAxis::new(Span::seconds(end)))
    }

    #[test]
    fn a_value_holds_until_the_next_and_the_last_to_the_end() {
        let steps = steps(&[(0, Some(9.0)), (5, Some(3.0))], 10);
        assert_eq!(steps.line(), "M0 9H5000V3H10000");
        assert_eq!(steps.area(9.0), "M5000 9V3H10000V9Z");
    }

    #[test]
    fn where_there_is_no_value_there_is_no_line() {
        let steps = steps(&[(0, Some(9.0)), (5, None), (8, Some(3.0))], 10);
        assert_eq!(steps.line(), "M0 9H5000M8000 3H10000");
    }

    #[test]
    fn a_value_that_stays_is_drawn_once() {
        assert_eq!(steps(&[(0, Some(9.0)), (3, Some(9.0))], 10).line(), "M0 9H10000");
    }

    #[test]
    fn very_many_steps_are_thinned_but_keep_their_extremes() {
        let value = |n: u64| if n == 31_007 { 1.0 } else { 40.0 + (n % 7) as f64 };
        let values: Vec<_> = (0..50_000).map(|n| (n, Some(value(n)))).collect();
        let steps = steps(&values, 50_000);
        assert!(steps.changes.len() <= 4 * (COLUMNS as usize + 1), "{}", steps.changes.len());
        assert!(steps.changes.iter().any(|(_, y)| *y == Some(1.0)));
        assert!(steps.changes.is_sorted_by_key(|(x, _)| *x));
    }
}
