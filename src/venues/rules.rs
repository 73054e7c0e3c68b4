//! PURE. 四(一)4: how long a service point is staffed at least.

use chrono::NaiveTime;
use rust_decimal::Decimal;

use super::db::Hours;
use crate::plan::dictionaries::VenueKind;
use crate::plan::programme::Programme;

impl Hours {
    /// The parts of the day between first and last minute, without the break.
    pub fn segments(&self) -> Vec<(NaiveTime, NaiveTime)> {
        match self.pause {
            Some((from, to)) => vec![(self.starts_at, from), (to, self.ends_at)],
            None => vec![(self.starts_at, self.ends_at)],
        }
    }
}

/// Why hours do not satisfy the programme; none when they do.
pub fn shortfall(programme: &Programme, kind: VenueKind, hours: &Hours) -> Option<String> {
    let counted = programme.countable_hours(&hours.segments());
    let minimum = programme.minimum_hours(kind).filter(|minimum| counted < *minimum)?;
    let plain = |hours: Decimal| {
        // A02, A04: hours are told to the minute, not as long fractions.
        let minutes = (hours * Decimal::from(60)).trunc().normalize();
        let whole = (minutes / Decimal::from(60)).trunc();
        let rest = minutes - whole * Decimal::from(60);
        if rest.is_zero() { format!("{whole}小时") } else { format!("{whole}小时{rest}分钟") }
    };
    let breaks = if programme.count_midday_break { "" } else { "（不含休息时间）" };
    Some(format!("作息时间合计{}{breaks}，少于方案规定的每次值班{}（方案四(一)4）", plain(counted), plain(minimum)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venues::db::{CENTRE_HOURS, STATION_HOURS};

    #[test]
    fn four_1_4_the_usual_hours_satisfy_the_plan() {
        let plan = Programme::gaoping_2024();
        assert_eq!(shortfall(&plan, VenueKind::ServiceCentre, &CENTRE_HOURS), None);
        assert_eq!(shortfall(&plan, VenueKind::Station, &STATION_HOURS), None);
        assert_eq!(shortfall(&plan, VenueKind::LegalAidCentre, &STATION_HOURS), None);
    }

    #[test]
    fn four_1_4_the_break_does_not_count() {
        let plan = Programme::gaoping_2024();
        let short = Hours { ends_at: NaiveTime::from_hms_opt(17, 30, 0).unwrap(), ..CENTRE_HOURS };
        let sentence = shortfall(&plan, VenueKind::ServiceCentre, &short).unwrap();
        assert!(sentence.contains("7小时30分钟") && sentence.contains("8小时"), "{sentence}");
        let counted = Programme { count_midday_break: true, ..plan };
        assert_eq!(shortfall(&counted, VenueKind::ServiceCentre, &short), None);
        assert!(shortfall(&counted, VenueKind::ServiceCentre, &STATION_HOURS).is_some());
    }
}
