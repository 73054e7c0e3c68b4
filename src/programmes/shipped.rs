//! What comes with the product: Gaoping's bureau, its 17 service points, the plan of 2024 and the calendar.

use chrono::{DateTime, FixedOffset};
use sqlx::PgConnection;

use crate::error::AppError;
use crate::plan::dictionaries::VenueKind;
use crate::plan::dictionary::Dictionary as _;
use crate::plan::programme::Programme;
use crate::{fund, venues};

/// The bureau of the plan: 高司字〔2024〕6号.
const DIVISION: &str = "140581";

/// The fifteen stations with their statistics codes: 3 街道, 9 镇, 3 乡.
const STATIONS: &[(&str, &str)] = &[
    ("140581001", "北城街道"),
    ("140581002", "东城街道"),
    ("140581003", "南城街道"),
    ("140581101", "米山镇"),
    ("140581102", "三甲镇"),
    ("140581103", "神农镇"),
    ("140581104", "陈区镇"),
    ("140581105", "北诗镇"),
    ("140581106", "河西镇"),
    ("140581107", "马村镇"),
    ("140581108", "野川镇"),
    ("140581109", "寺庄镇"),
    ("140581201", "建宁乡"),
    ("140581202", "石末乡"),
    ("140581203", "原村乡"),
];

/// Sets the bureau up: its venues, the calendar, the programme of 2024, the accounts of its fund.
///
/// # Errors
/// When the database fails, or Gaoping is there already.
pub async fn install_gaoping(conn: &mut PgConnection, now: DateTime<FixedOffset>) -> Result<i64, AppError> {
    let bureau = venues::db::insert_bureau(conn, DIVISION, "高平市司法局", "高平").await?;
    let centre = venues::db::NewVenue {
        kind: VenueKind::ServiceCentre,
        code: format!("{DIVISION}-C"),
        name: "高平市公共法律服务中心".to_owned(),
        short_name: "市公共法律服务中心".to_owned(),
        address: String::new(),
        hours: venues::db::CENTRE_HOURS,
        sort: 1,
    };
    let legal_aid = venues::db::NewVenue {
        kind: VenueKind::LegalAidCentre,
        code: format!("{DIVISION}-L"),
        name: "高平市法律援助中心".to_owned(),
        short_name: "市法律援助中心".to_owned(),
        address: "市社会治理中心大厅受理窗口".to_owned(),
        hours: venues::db::CENTRE_HOURS,
        sort: 2,
    };
    let stations = (10..).zip(STATIONS).map(|(sort, (code, name))| venues::db::NewVenue {
        kind: VenueKind::Station,
        code: (*code).to_owned(),
        name: format!("{name}公共法律服务工作站"),
        short_name: (*name).to_owned(),
        address: String::new(),
        hours: venues::db::STATION_HOURS,
        sort,
    });
    for venue in [centre, legal_aid].into_iter().chain(stations) {
        debug_assert!(VenueKind::ALL.contains(&venue.kind));
        venues::db::insert(conn, bureau, &venue).await?;
    }
    super::db::install_calendar(conn, now).await?;
    let programme = Programme::gaoping_2024();
    super::db::insert(conn, bureau, &programme, None, now).await?;
    fund::db::open_year(conn, bureau, programme.year).await?;
    Ok(bureau)
}
