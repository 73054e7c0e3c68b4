//! Charts as inline SVG: here the places of things are reckoned, the template
//! `components/chart.html` only writes them down. Colours are classes, every
//! chart carries a title and a table with the same figures.

use std::fmt::Write as _;

/// The size of the drawing in its own units; the page scales it.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 34.0;

/// A row of figures over the labels of a chart; `None` is not known yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Series {
    /// Its name: 「累计完成」.
    pub name: String,
    /// `main`, `second` or `plan` (dashed).
    pub kind: &'static str,
    /// One figure for each label.
    pub values: Vec<Option<i64>>,
}

/// A line across the chart that should be reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Its name with the figure: 「全年目标8,600」.
    pub label: String,
    /// Its figure.
    pub value: i64,
}

/// A chart ready to be written: see [`bars`] and [`lines`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chart {
    /// Unique on its page; becomes part of element ids.
    pub id: String,
    /// What the chart shows, in words.
    pub title: String,
    /// The unit of the figures: 「人次」.
    pub unit: String,
    /// The lines across with their figures.
    pub ticks: Vec<Tick>,
    /// The words below.
    pub labels: Vec<Label>,
    /// The bars.
    pub bars: Vec<Bar>,
    /// The lines.
    pub lines: Vec<Line>,
    /// The line that should be reached.
    pub target: Option<TargetLine>,
    /// The same figures as rows: label, then a figure for each series.
    pub rows: Vec<(String, Vec<String>)>,
    /// The names of the series.
    pub heads: Vec<String>,
}

/// A line across with its figure.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tick {
    /// Height.
    pub y: f64,
    /// Figure.
    pub text: String,
}

/// A word below the drawing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Label {
    /// Its middle.
    pub x: f64,
    /// The word.
    pub text: String,
    /// Left out where there is little room.
    pub minor: bool,
}

/// A bar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bar {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Its middle.
    pub middle: f64,
    /// The figure above it.
    pub text: String,
    /// Label, figure and unit, for the pointer.
    pub title: String,
}

/// A line through the figures of one series.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// The name of its series.
    pub name: String,
    /// `main`, `second` or `plan`.
    pub kind: &'static str,
    /// `x,y x,y …`.
    pub points: String,
    /// Where the figures are: x, y, words for the pointer.
    pub dots: Vec<(f64, f64, String)>,
}

/// The line that should be reached.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TargetLine {
    /// Height.
    pub y: f64,
    /// Its words.
    pub text: String,
}

impl Chart {
    /// Width of the drawing.
    #[must_use]
    pub const fn width(&self) -> f64 {
        WIDTH
    }

    /// Height of the drawing.
    #[must_use]
    pub const fn height(&self) -> f64 {
        HEIGHT
    }

    /// The left edge of the figures.
    #[must_use]
    pub const fn left(&self) -> f64 {
        LEFT
    }

    /// The right edge of the figures.
    #[must_use]
    pub const fn right(&self) -> f64 {
        WIDTH - RIGHT
    }

    /// Where the words below stand.
    #[must_use]
    pub const fn foot(&self) -> f64 {
        HEIGHT - 10.0
    }

    /// Whether a legend is needed: more than one thing is drawn.
    #[must_use]
    pub fn has_legend(&self) -> bool {
        self.lines.len() > 1 || self.target.is_some()
    }
}

/// A bar for each label whose figure is known, with a line to be reached.
#[must_use]
pub fn bars(
    id: impl Into<String>,
    title: impl Into<String>,
    unit: impl Into<String>,
    values: &[(String, Option<i64>)],
    target: Option<Target>,
) -> Chart {
    let unit = unit.into();
    let labels: Vec<String> = values.iter().map(|(label, _)| label.clone()).collect();
    let scale = Scale::over(values.iter().filter_map(|(_, value)| *value), target.as_ref());
    let room = (WIDTH - LEFT - RIGHT) / as_f64(labels.len().max(1));
    let width = (room * 0.62).min(48.0);
    let drawn = values.iter().enumerate().filter_map(|(place, (label, value))| {
        let value = (*value)?;
        let middle = LEFT + room * (as_f64(place) + 0.5);
        let y = scale.y(value);
        Some(Bar {
            x: tenth(middle - width / 2.0),
            y: tenth(y),
            width: tenth(width),
            height: tenth(HEIGHT - BOTTOM - y),
            middle: tenth(middle),
            text: thousands(value),
            title: format!("{label}：{}{unit}", thousands(value)),
        })
    });
    Chart {
        id: id.into(),
        title: title.into(),
        ticks: scale.ticks(),
        bars: drawn.collect(),
        labels: place_labels(&labels, room),
        target: scale.target(target),
        rows: values.iter().map(|(label, value)| (label.clone(), vec![figure_or_dash(*value)])).collect(),
        heads: vec![unit.clone()],
        unit,
        lines: Vec::new(),
    }
}

/// A line for each series over the same labels, with a line to be reached.
#[must_use]
pub fn lines(
    id: impl Into<String>,
    title: impl Into<String>,
    unit: impl Into<String>,
    labels: &[String],
    series: &[Series],
    target: Option<Target>,
) -> Chart {
    let unit = unit.into();
    let scale = Scale::over(series.iter().flat_map(|row| row.values.iter().flatten().copied()), target.as_ref());
    let room = (WIDTH - LEFT - RIGHT) / as_f64(labels.len().max(1));
    let drawn = series.iter().map(|row| {
        let mut points = String::new();
        let mut dots = Vec::new();
        for (place, (label, value)) in labels.iter().zip(&row.values).enumerate() {
            let Some(value) = value else { continue };
            let x = tenth(LEFT + room * (as_f64(place) + 0.5));
            let y = tenth(scale.y(*value));
            // Writing to a String cannot fail.
            let _ = write!(points, "{x},{y} ");
            dots.push((x, y, format!("{}，{label}：{}{unit}", row.name, thousands(*value))));
        }
        Line { name: row.name.clone(), kind: row.kind, points: points.trim_end().to_owned(), dots }
    });
    let table = labels.iter().enumerate().map(|(place, label)| {
        let figures = series.iter().map(|row| figure_or_dash(row.values.get(place).copied().flatten()));
        (label.clone(), figures.collect())
    });
    Chart {
        id: id.into(),
        title: title.into(),
        ticks: scale.ticks(),
        lines: drawn.collect(),
        labels: place_labels(labels, room),
        target: scale.target(target),
        rows: table.collect(),
        heads: series.iter().map(|row| row.name.clone()).collect(),
        unit,
        bars: Vec::new(),
    }
}

/// How far something has come, on a scale of a hundred.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Meter {
    /// What: 「免费法律咨询」.
    pub label: String,
    /// How much is done, with thousands marked.
    pub value: String,
    /// How much should be done.
    pub target: String,
    /// 「41.3%」.
    pub percent: String,
    /// The unit of both.
    pub unit: String,
    /// The width of what is done, at most 100.
    pub width: f64,
    /// Where it should be by now, 0 to 100.
    pub expected: Option<f64>,
    /// Whether it is behind what is expected by now.
    pub behind: bool,
}

/// A progress bar: `value` of `target`, and how much is expected by now.
#[must_use]
pub fn meter(
    label: impl Into<String>,
    unit: impl Into<String>,
    value: i64,
    target: i64,
    expected: Option<i64>,
) -> Meter {
    let share = |part: i64| 100.0 * to_f64(part) / to_f64(target.max(1));
    Meter {
        label: label.into(),
        unit: unit.into(),
        value: thousands(value),
        target: thousands(target),
        percent: format!("{:.1}%", share(value)),
        width: tenth(share(value).clamp(0.0, 100.0)),
        expected: expected.map(|expected| tenth(share(expected).clamp(0.0, 99.0))),
        behind: expected.is_some_and(|expected| value < expected),
    }
}

/// A list of bars lying down, the longest first or in the order given: the way
/// to compare venues, whose names are long.
#[must_use]
pub fn ranked(values: &[(String, i64)]) -> Vec<Meter> {
    let most = values.iter().map(|(_, value)| *value).max().unwrap_or(0);
    values.iter().map(|(label, value)| meter(label.clone(), "", *value, most.max(1), None)).collect()
}

/// The scale of the figures: from zero to a round number above the greatest.
struct Scale {
    step: i64,
    top: i64,
}

impl Scale {
    fn over(values: impl Iterator<Item = i64>, target: Option<&Target>) -> Self {
        let most = values.chain(target.map(|target| target.value)).max().unwrap_or(0).max(1);
        let mut step: i64 = 1;
        // 1, 2, 5, 10, 20, 50 … until at most five lines are needed.
        while most > step.saturating_mul(5) {
            let leading = step.to_string();
            step = step.saturating_mul(2);
            if leading.starts_with('2') {
                step = step.saturating_add(step / 4);
            }
        }
        let top = (most + step - 1) / step * step;
        Self { step, top }
    }

    fn y(&self, value: i64) -> f64 {
        let room = HEIGHT - TOP - BOTTOM;
        HEIGHT - BOTTOM - room * to_f64(value.clamp(0, self.top)) / to_f64(self.top)
    }

    fn ticks(&self) -> Vec<Tick> {
        (0..=self.top / self.step)
            .map(|place| Tick { y: tenth(self.y(place * self.step)), text: thousands(place * self.step) })
            .collect()
    }

    fn target(&self, target: Option<Target>) -> Option<TargetLine> {
        target.map(|target| TargetLine { y: tenth(self.y(target.value)), text: target.label })
    }
}

fn place_labels(labels: &[String], room: f64) -> Vec<Label> {
    labels
        .iter()
        .enumerate()
        .map(|(place, text)| Label {
            x: tenth(LEFT + room * (as_f64(place) + 0.5)),
            text: text.clone(),
            minor: labels.len() > 6 && place % 2 == 1,
        })
        .collect()
}

/// A figure with its thousands marked: `8,600`.
#[must_use]
pub fn thousands(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    if value < 0 {
        text.push('−');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn figure_or_dash(value: Option<i64>) -> String {
    value.map_or_else(|| "—".to_owned(), thousands)
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn as_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// Exact for all figures a chart can show.
#[expect(clippy::cast_precision_loss, reason = "a drawing has a thousand pixels, a figure above 2^53 is none")]
fn to_f64(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_round_and_holds_everything() {
        for (most, step, top) in [
            (1, 1, 1),
            (5, 1, 5),
            (6, 2, 6),
            (11, 5, 15),
            (290, 100, 300),
            (8_600, 2_000, 10_000),
            (1_234_567, 500_000, 1_500_000),
        ] {
            let scale = Scale::over([most].into_iter(), None);
            assert_eq!((scale.step, scale.top), (step, top), "for {most}");
            assert!(scale.ticks().len() <= 6);
        }
        assert!(Scale::over([].into_iter(), None).ticks().len() == 2);
    }

    #[test]
    fn thousands_are_marked() {
        let marked: Vec<_> = [0, 999, 1_000, 8_600, 1_234_567, -290_000].map(thousands).into();
        assert_eq!(marked, ["0", "999", "1,000", "8,600", "1,234,567", "−290,000"]);
    }

    #[test]
    fn a_meter_past_its_target_is_full_but_says_so() {
        let cases = meter("案件", "件", 291, 290, Some(290));
        assert!((cases.width - 100.0).abs() < f64::EPSILON);
        assert_eq!(cases.percent, "100.3%");
        assert!(!cases.behind);
    }

    #[test]
    fn a_line_stops_where_the_figures_are_not_known() {
        let labels = ["1月", "2月", "3月"].map(String::from);
        let series = Series { name: "完成".into(), kind: "main", values: vec![Some(1), Some(2), None] };
        let chart = lines("a", "进度", "件", &labels, &[series], None);
        assert_eq!(chart.lines[0].dots.len(), 2);
        assert_eq!(chart.rows[2], ("3月".to_owned(), vec!["—".to_owned()]));
    }
}
