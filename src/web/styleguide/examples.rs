//! The invented people and figures of the style guide.

use chrono::{Datelike as _, NaiveDate, Weekday};

use super::{ComponentsPage, DashboardPage, PAGES, PostingPage, RosterPage, SettlementPage, ShiftLine};
use crate::web::chart::{self, Series, Target};
use crate::web::form_errors::Errors;
use crate::web::layout::{Crumb, Flash, Layout, MonthBar, NavGroup, NavItem, Who};
use crate::web::parts::{
    Day, DayKind, Entry, Event, ExplainLine, Matrix, MatrixRow, MonthGrid, Pager, Rows, Step, days_of, long_date,
};

/// The fifteen stations, by their short names.
const STATIONS: [&str; 15] = [
    "北城街道",
    "东城街道",
    "南城街道",
    "米山镇",
    "三甲镇",
    "神农镇",
    "陈区镇",
    "北诗镇",
    "河西镇",
    "马村镇",
    "野川镇",
    "寺庄镇",
    "建宁乡",
    "石末乡",
    "原村乡",
];

/// Invented duty persons.
const PEOPLE: [&str; 16] = [
    "申示安",
    "郭例文",
    "秦示明",
    "牛例华",
    "毕示远",
    "姬例清",
    "司马示宁",
    "赵例和",
    "庞示川",
    "邢例东",
    "焦示平",
    "崔例雨",
    "阿依古丽",
    "冯例山",
    "宋示原",
    "常例立",
];

/// The units these people are invented to belong to.
const UNITS: [&str; 3] = ["山西示例律师事务所", "高平示例法律服务所", "示例（晋城）律师事务所"];

fn may() -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 5, 8).unwrap_or_default()
}

/// May 2024: a holiday until the fifth, and a Saturday worked for it.
fn kind_of(date: NaiveDate) -> DayKind {
    match date.day() {
        1..=5 => DayKind::Rest,
        11 => DayKind::MakeUp,
        _ => DayKind::by_weekday(date),
    }
}

fn person(place: usize) -> &'static str {
    PEOPLE.get(place % PEOPLE.len()).copied().unwrap_or_default()
}

fn unit(place: usize) -> &'static str {
    UNITS.get(place % UNITS.len()).copied().unwrap_or_default()
}

fn frame(title: &str, current: &str) -> Layout {
    let group = |label: &str, items: &[(&str, Option<u32>)]| NavGroup {
        label: label.into(),
        items: items
            .iter()
            .map(|(label, badge)| NavItem {
                label: (*label).into(),
                href: "#".into(),
                current: *label == current,
                badge: *badge,
                ..NavItem::default()
            })
            .collect(),
    };
    Layout {
        title: title.into(),
        who: Some(Who {
            account_id: 0,
            name: "秦示明".into(),
            role_label: "排班管理员".into(),
            bureau_name: "高平市司法局".into(),
            venue_name: None,
        }),
        nav: vec![
            NavGroup {
                label: "样式页".into(),
                items: PAGES
                    .iter()
                    .map(|(name, label)| NavItem {
                        label: (*label).into(),
                        href: format!("/styleguide/{name}"),
                        ..NavItem::default()
                    })
                    .collect(),
            },
            group("首页", &[("首页", None), ("进度总览", None)]),
            group(
                "值班",
                &[
                    ("值班人员库", None),
                    ("排班", Some(3)),
                    ("签到与审定", None),
                    ("咨询记录", Some(12)),
                    ("抽查与扣款", None),
                ],
            ),
            group("案件", &[("案件台账", Some(2)), ("结案审查", None)]),
            group("经费", &[("月度结算", Some(1)), ("案件补贴", None), ("资金台账", None)]),
            group("报表", &[("月报季报", None), ("公示管理", None)]),
        ],
        crumbs: vec![Crumb { label: "首页".into(), href: Some("#".into()) }, Crumb { label: title.into(), href: None }],
        flash: None,
        month: Some(MonthBar {
            label: "2024年5月".into(),
            previous_href: "?month=2024-04".into(),
            next_href: "?month=2024-06".into(),
        }),
        venue: Some("全部服务点".into()),
        now_text: "2024年5月8日 星期三 09:12".into(),
        demonstration: Some("这里的人员、案件和金额都是虚构的，每天零点恢复。".into()),
        form_token: "token".into(),
        path: "/styleguide".into(),
        back: "/styleguide".into(),
        supervision_phone: Some("0356-0000000".into()),
        ..Layout::default()
    }
}

fn step(label: &str, who: &str, when: &str, state: &'static str) -> Step {
    Step { label: label.into(), who: who.into(), when: when.into(), state }
}

fn steps() -> Vec<Step> {
    vec![
        step("制表", "秦示明", "5月6日 16:20", "done"),
        step("审核", "郭例文（公律股）", "5月7日 10:05", "done"),
        step("批准", "申示安（分管领导）", "请于5月9日前", "current"),
        step("支付", "财务", "", "todo"),
    ]
}

pub(super) fn components() -> ComponentsPage {
    let mut errors = Errors::new();
    errors.add("name", "请填写姓名");
    errors.add("phone", "手机号应为11位数字，现在是10位");
    errors.add("category", "请选择人员类别");
    errors.add("", "该人员已在5月8日的另一班次中");
    let event = |when: &str, who: &str, what: &str, note: &str, kind| Event {
        when: when.into(),
        who: who.into(),
        what: what.into(),
        note: note.into(),
        kind,
    };
    let categories = [
        ("lawyer", "律师"),
        ("grassroots", "基层法律服务工作者"),
        ("retired", "政法机关退休人员"),
        ("academic", "高校法律专业师生"),
        ("other", "其他非公职人员"),
    ];
    ComponentsPage {
        layout: Layout {
            flash: Some(Flash {
                kind: "success", text: "5月排班已提交审核，审核人会在待办中看到。".into()
            }),
            ..frame("组件与状态", "首页")
        },
        errors,
        none: Errors::new(),
        categories: categories.map(|(code, words)| (code.to_owned(), words.to_owned())).into(),
        ticked: vec!["lawyer".into(), "retired".into()],
        steps: steps(),
        refused: vec![
            step("制表", "秦示明", "5月6日 16:20", "done"),
            step("审核", "郭例文", "5月7日退回：寺庄镇5月22日缺人", "refused"),
            step("批准", "", "", "todo"),
            step("支付", "", "", "todo"),
        ],
        events: vec![
            event("5月8日 09:02", "郭例文 · 审核人", "确认扣款50.00元", "", "bad"),
            event(
                "5月7日 17:40",
                "毕示远 · 值班人员",
                "提出异议",
                "当天公交停运，已在08:05电话告知站长，附车站证明。",
                "warn",
            ),
            event("5月7日 10:05", "秦示明 · 排班管理员", "告知本人：5月6日迟到12分钟", "", ""),
            event("5月6日 08:12", "系统", "签到晚于计划12分钟", "", ""),
        ],
        pager: Pager {
            previous: Some("#".into()),
            next: Some("#".into()),
            text: "本页50条".into(),
            rows: Rows::default(),
        },
        grid: MonthGrid::new(may(), may(), |date| {
            let entries = match (kind_of(date), date.day()) {
                (DayKind::Rest, _) => Vec::new(),
                (_, 14) => vec![Entry::new("缺", "5月14日尚未排人").kind("gap").to("#")],
                (_, 16) => vec![Entry::new("毕示远", "原为秦示明，已调整").kind("changed")],
                (_, 21) => vec![
                    Entry::new("牛例华", "请假，待替班").kind("leave"),
                    Entry::new("缺", "需要替班").kind("gap").to("#"),
                ],
                (_, 23) => vec![Entry::new("姬例清", "同日另有班次").kind("conflict")],
                (_, day @ ..=7) => vec![Entry::new(person(day as usize), "已完成").kind("done")],
                (_, day) => vec![Entry::new(person(day as usize), "09:00至17:30").to("#")],
            };
            let note = match date.day() {
                1..=5 => "劳动节",
                11 => "调休上班",
                _ => "",
            };
            Day { kind: kind_of(date), note: note.into(), entries }
        }),
    }
}

pub(super) fn roster() -> RosterPage {
    let mut matrix = Matrix::new("2024年5月排班表", "服务点", may(), may(), kind_of);
    matrix.total_label = "班次".into();
    let row = |label: &str, note: &str, cell: &dyn Fn(NaiveDate) -> Entry| {
        let cells: Vec<Entry> = days_of(may()).map(cell).collect();
        let total = cells.iter().filter(|cell| !cell.text.is_empty() && cell.kind != "gap").count();
        MatrixRow { label: label.into(), note: note.into(), href: Some("#".into()), cells, total: total.to_string() }
    };
    matrix.rows.push(row("公共法律服务中心", "每个工作日", &|date| match kind_of(date) {
        DayKind::Rest => Entry::default(),
        DayKind::Workday | DayKind::MakeUp => {
            let name = person(date.day() as usize);
            Entry::new(name, format!("{}，{name}，律师", long_date(date))).to("#")
        }
    }));
    for (place, station) in STATIONS.iter().enumerate() {
        matrix.rows.push(row(station, "每周三", &|date| {
            let name = person(place + date.day() as usize / 7);
            let entry = Entry::new(name, format!("{}，{station}，{name}", long_date(date))).to("#");
            match (date.weekday(), date.day(), place) {
                (_, 6, _) if place % 4 == 1 => entry.kind("changed"),
                (_, 7, _) if place % 4 != 1 => entry.kind("changed"),
                (Weekday::Wed, 1, _) => Entry::default(),
                (Weekday::Wed, 22, 11) => Entry::new("缺", "5月22日 星期三，寺庄镇，尚未排人").kind("gap").to("#"),
                (Weekday::Wed, 15, 4) => entry.kind("leave"),
                (Weekday::Wed, 29, 8) => entry.kind("conflict"),
                (Weekday::Wed, _, _) => entry,
                _ => Entry::default(),
            }
        }));
    }
    RosterPage {
        layout: frame("排班", "排班"),
        matrix,
        steps: vec![
            step("排班", "秦示明", "4月22日", "done"),
            step("审核", "郭例文", "请于4月25日前", "current"),
            step("公示", "", "4月28日前", "todo"),
        ],
    }
}

pub(super) fn settlement() -> SettlementPage {
    let shift = |date: &str, venue, times, base, deducted, paid, remark| ShiftLine {
        date: date.into(),
        venue,
        times,
        base,
        deducted,
        paid,
        remark,
    };
    let line = |clause: &str, text: &str, quantity: &str, rate: &str, amount: &str, kind| ExplainLine {
        clause: clause.into(),
        text: text.into(),
        quantity: quantity.into(),
        rate: rate.into(),
        amount: amount.into(),
        kind,
    };
    SettlementPage {
        layout: Layout {
            crumbs: vec![
                Crumb { label: "首页".into(), href: Some("#".into()) },
                Crumb { label: "月度结算".into(), href: Some("#".into()) },
                Crumb { label: "毕示远".into(), href: None },
            ],
            ..frame("毕示远 2024年5月值班补贴", "月度结算")
        },
        shifts: vec![
            shift(
                "5月6日 星期一",
                "公共法律服务中心",
                "08:12–17:31",
                "200.00",
                "50.00",
                "150.00",
                ("warn", "迟到12分钟"),
            ),
            shift("5月8日 星期三", "寺庄镇工作站", "08:55–13:02", "300.00", "0.00", "300.00", ("", "")),
            shift(
                "5月15日 星期三",
                "寺庄镇工作站",
                "08:57–13:00",
                "300.00",
                "20.00",
                "280.00",
                ("warn", "2份记录缺项"),
            ),
            shift("5月22日 星期三", "寺庄镇工作站", "09:00–13:05", "300.00", "150.00", "150.00", ("bad", "脱岗1次")),
            shift(
                "5月29日 星期三",
                "寺庄镇工作站",
                "08:50–13:00",
                "300.00",
                "0.00",
                "300.00",
                ("ok", "替班（原冯例山）"),
            ),
        ],
        lines: vec![
            line("五（二）1", "公共法律服务中心值班", "1天", "200.00", "200.00", ""),
            line("五（二）1", "乡镇（街道）工作站值班", "4次", "300.00", "1,200.00", ""),
            line("五（二）1（1）", "服务记录缺项或不规范", "2份", "10.00", "−20.00", "minus"),
            line("五（二）1（2）", "迟到", "1次", "50.00", "−50.00", "minus"),
            line("五（二）1（4）", "点名抽查脱岗（工作站）", "1次", "150.00", "−150.00", "minus"),
            line("", "本月应发", "", "", "1,180.00", "total"),
        ],
        steps: steps(),
    }
}

pub(super) fn posting() -> PostingPage {
    let row = |venue: String, date: &str, hours: &str, place: usize, category: &str| {
        [
            venue,
            date.into(),
            hours.into(),
            person(place).into(),
            format!("{category}，{}", unit(place)),
            "0356-0000000".into(),
        ]
    };
    let mut rows: Vec<_> = (13..=17)
        .filter_map(|day| may().with_day(day))
        .map(|date| {
            row(
                "高平市公共法律服务中心".into(),
                &long_date(date),
                "08:30–12:00　14:30–18:00",
                date.day() as usize,
                "律师",
            )
        })
        .collect();
    rows.extend(STATIONS.iter().enumerate().map(|(place, station)| {
        row(
            format!("{station}公共法律服务工作站"),
            "5月15日 星期三",
            "09:00–13:00",
            place,
            if place % 3 == 1 { "基层法律服务工作者" } else { "律师" },
        )
    }));
    PostingPage {
        layout: Layout {
            who: None,
            nav: Vec::new(),
            venue: Some("高平市公共法律服务".into()),
            demonstration: None,
            ..frame("值班公示 2024年5月13日至17日", "")
        },
        rows,
    }
}

pub(super) fn dashboard() -> DashboardPage {
    let months: Vec<String> = (1..=12).map(|month| format!("{month}月")).collect();
    let done = [612, 480, 795, 841, 826];
    let closed = [14, 31, 58, 89, 118];
    let plan: Vec<_> = (1..=12).map(|month| Some(290 * month / 12)).collect();
    let known = |values: &[i64]| -> Vec<Option<i64>> { (0..12).map(|place| values.get(place).copied()).collect() };
    let bars: Vec<(String, Option<i64>)> = months.iter().cloned().zip(known(&done)).collect();
    let mut venues = vec![("公共法律服务中心".to_owned(), 1_326), ("法律援助中心".to_owned(), 412)];
    venues.extend(
        STATIONS
            .iter()
            .zip([164, 158, 151, 149, 141, 132, 127, 121, 118, 112, 104, 98, 87, 79, 75])
            .map(|(name, value)| ((*name).to_owned(), value)),
    );
    DashboardPage {
        layout: frame("进度总览", "进度总览"),
        meters: vec![
            chart::meter("免费法律咨询", "人次", 3_554, 8_600, Some(3_045)),
            chart::meter("特殊群体法律援助", "件", 96, 290, Some(103)),
        ],
        months: chart::bars(
            "months",
            "每月免费法律咨询",
            "人次",
            &bars,
            Some(Target { label: "每月应完成717".into(), value: 717 }),
        ),
        cases: chart::lines(
            "cases",
            "法律援助案件累计",
            "件",
            &months,
            &[
                Series { name: "累计结案".into(), kind: "main", values: known(&closed) },
                Series { name: "累计录入省系统".into(), kind: "second", values: known(&[12, 26, 49, 77, 96]) },
                Series { name: "时间进度".into(), kind: "plan", values: plan },
            ],
            Some(Target { label: "全年目标290".into(), value: 290 }),
        ),
        venues: chart::ranked(&venues),
    }
}
