//! What the screens are there to find, planted: believable and invented, one of each kind at least.

use anyhow::Context as _;
use chrono::NaiveDate;

use super::super::cast::scope;
use super::super::db;
use super::aid::Recipient;
use super::matters::{self, Matter};
use super::{Story, hour, told};
use crate::cases::eligibility::rules::{Means, Proof, ScopeBasis};
use crate::cases::life::dossier::Way;
use crate::cases::life::handling::{NewRecord, RecordKind};
use crate::cases::screens::rules::Verdict;
use crate::cases::screens::service as screens;
use crate::plan::dictionaries::{Basis, CaseKind, SpecialGroup};
use crate::web::permissions::Action;

/// Who gets nearly every civil case of some weeks of May: the month stands out.
pub(super) const BUSY_HANDLER: usize = 5;
/// Who handles the two odd cases that are closed.
const CARELESS_HANDLER: usize = 3;

/// A wage claim without anything else in it.
const fn wages(acts: &'static [(u64, matters::Act)]) -> Matter {
    Matter {
        kind: CaseKind::CivilFirstInstance,
        basis: Basis::Application,
        way: Way::Window,
        cause: "劳务合同纠纷",
        group: Some(SpecialGroup::MigrantWorker),
        proofs: &[Proof::Labour, Proof::IdCard],
        scope: ScopeBasis::Labour,
        means: Means::ExemptPerson,
        opponent: "",
        facts: "",
        request: "请求支付拖欠的劳务报酬。",
        born: 1982,
        acts,
    }
}

static UNSIGNED: Matter = wages(matters::UNSIGNED);
static NOBODY_MET: Matter = wages(matters::NOBODY_MET);
static LOOKED_AT: Matter = wages(matters::LOOKED_AT);
static HANDLED: Matter = wages(matters::HANDLED);

/// A planted case: the day, the matter, the handler, and whom it is about.
struct Planted {
    on: (u32, u32),
    matter: &'static Matter,
    name: &'static str,
    sequence: u16,
    phone: u32,
    opponent: &'static str,
    facts: &'static str,
}

const SAME_WORDS: &str =
    "2023年8月到12月跟着包工头在晋城做外墙保温，说好干完就结账，至今分文未付，电话不接，人也找不到。";

static PLANTED: &[Planted] = &[
    Planted {
        on: (4, 29),
        matter: &UNSIGNED,
        name: "郜新生",
        sequence: 811,
        phone: 41_001,
        opponent: "晋城市示例保温工程队",
        facts: "2023年10月给保温工程队贴外墙，拖欠劳务费9600元，有欠条一张。",
    },
    Planted {
        on: (4, 30),
        matter: &NOBODY_MET,
        name: "靳志平",
        sequence: 813,
        phone: 41_002,
        opponent: "泽州县示例砖厂",
        facts: "2023年冬在砖厂烧窑四个月，厂里停产后欠劳务费12800元，有工友作证。",
    },
    // One matter in two files, three weeks apart.
    Planted {
        on: (5, 8),
        matter: &HANDLED,
        name: "成来喜",
        sequence: 815,
        phone: 41_003,
        opponent: "高平市示例园林绿化有限公司",
        facts: "2024年春在城北公园栽树，拖欠3月份劳务费3100元。",
    },
    Planted {
        on: (5, 29),
        matter: &LOOKED_AT,
        name: "成来喜",
        sequence: 815,
        phone: 41_003,
        opponent: "高平市示例园林绿化有限公司",
        facts: "2024年春在城北公园栽树，拖欠4月份劳务费2900元，另行主张。",
    },
    // Two people, one telephone.
    Planted {
        on: (5, 27),
        matter: &HANDLED,
        name: "苗春生",
        sequence: 817,
        phone: 41_004,
        opponent: "陵川县示例建材厂",
        facts: "在建材厂装车，拖欠2024年1月、2月劳务费共5400元。",
    },
    Planted {
        on: (5, 28),
        matter: &HANDLED,
        name: "苗春旺",
        sequence: 819,
        phone: 41_004,
        opponent: "高平市示例物流有限公司",
        facts: "在物流公司卸货，2024年3月干了二十天没有结账，约4000元。",
    },
    // Two people, the same words.
    Planted {
        on: (5, 30),
        matter: &HANDLED,
        name: "和建军",
        sequence: 821,
        phone: 41_005,
        opponent: "晋城市示例装饰有限公司",
        facts: SAME_WORDS,
    },
    Planted {
        on: (5, 31),
        matter: &HANDLED,
        name: "逯小兵",
        sequence: 823,
        phone: 41_006,
        opponent: "阳城县示例建筑劳务有限公司",
        facts: SAME_WORDS,
    },
];

/// The weeks in which one handler is given all civil cases.
pub(super) fn one_handler_takes_all(day: NaiveDate) -> bool {
    let on = |month, of| NaiveDate::from_ymd_opt(2024, month, of).unwrap_or_default();
    (on(5, 6)..=on(5, 31)).contains(&day)
}

impl Story<'_> {
    /// Cases that the screens will point at begin among the others.
    pub(super) async fn plant_oddities(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        for it in PLANTED.iter().filter(|it| NaiveDate::from_ymd_opt(2024, it.on.0, it.on.1) == Some(day)) {
            let who = Recipient {
                name: it.name.to_owned(),
                female: false,
                birth: NaiveDate::from_ymd_opt(it.matter.born, 3, 9).context("a birth date")?,
                sequence: it.sequence,
                phone: it.phone,
                opponent: it.opponent.to_owned(),
                facts: it.facts.to_owned(),
            };
            self.begin_case(day, it.matter, CARELESS_HANDLER, who).await?;
        }
        Ok(())
    }

    /// A hearing that falls on a duty, and the clerk's decisions on some of the hits; the others wait.
    pub(super) async fn decide_hits(&self) -> anyhow::Result<()> {
        let (_, handler) = self.cast.handlers.get(BUSY_HANDLER).context("a handler")?;
        let case = self
            .aided
            .iter()
            .find(|it| it.handler == BUSY_HANDLER && one_handler_takes_all(it.begun))
            .context("a case")?;
        let mut conn = self.state.pool.acquire().await?;
        let served = db::day_served(&mut conn, handler.person_id.context("a person")?, case.begun).await?;
        drop(conn);
        if let Some(on) = served {
            let new = NewRecord {
                kind: RecordKind::Hearing,
                on,
                time: Some(hour(9, 30)),
                place: "高平市人民法院第二法庭".to_owned(),
                content: "开庭，双方陈述并举证。".to_owned(),
            };
            self.record(handler, case.id, new).await?;
        }
        let clerk = &self.cast.clerk;
        let reach = scope(clerk, Action::ReviewCaseQuality)?;
        for (kind, verdict, note) in [
            ("phone", Verdict::Harmless, "两人是兄弟，家里只有一部电话，已分别见面核对身份和事由。"),
            ("unsigned", Verdict::FollowedUp, "协议已签，签名页留在律师事务所，要求三日内补入卷宗。"),
            ("spike", Verdict::FollowedUp, "五月其他人在外培训，集中指派；要求六月起均衡指派并说明。"),
        ] {
            let mut work = self.work(clerk).await?;
            let waiting = screens::waiting(&mut work, reach).await.map_err(told)?;
            let Some(key) = waiting.iter().find(|(found, _)| found == kind).map(|(_, key)| key.clone()) else {
                continue;
            };
            screens::decide(&mut work, reach, (kind, &key), verdict, note).await.map_err(told)?;
            work.commit().await.map_err(told)?;
        }
        Ok(())
    }
}
