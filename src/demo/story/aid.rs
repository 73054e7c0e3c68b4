//! Legal aid cases lived in the system: from the application to the archive, each step by
//! whoever's it is, on working days.

use anyhow::Context as _;
use chrono::{Days, NaiveDate, NaiveTime};

use super::super::cast::scope;
use super::super::db;
use super::super::invented::{GIVEN_NAMES, SURNAMES};
use super::{Story, hour, told};
use crate::cases::documents::Kind;
use crate::cases::eligibility::rules::{Means, NoticeBasis, Proof, Refusal, ScopeBasis, TerminationGround};
use crate::cases::life::NewClosing;
use crate::cases::life::dossier::Way;
use crate::cases::life::handling::{self, NewRecord, RecordKind};
use crate::cases::life::intake::{self, Beginning, NewApplication};
use crate::cases::life::named;
use crate::cases::life::papers::{self, NewPaper};
use crate::cases::life::take::{Examination, MoveInput, take};
use crate::cases::states::Move;
use crate::cases::states::wordings::Wording;
use crate::cases::{online, quality};
use crate::error::AppError;
use crate::plan::dictionaries::{Basis, CaseKind, SpecialGroup};
use crate::plan::dictionary::Dictionary as _;
use crate::plan::time::at;
use crate::secrets::{Gender, demo_id_number, demo_phone};
use crate::web::actor::Actor;
use crate::web::permissions::Action;

/// From when on cases are lived in the system.
pub(super) fn begins() -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 4, 15).unwrap_or_default()
}

/// A case on its way.
#[derive(Debug)]
pub(super) struct Aided {
    id: i64,
    begun: NaiveDate,
    handler: usize,
    matter: usize,
    next: usize,
}

#[derive(Clone, Copy)]
enum Act {
    Step(Move),
    Paper(Kind, i32),
    Record(RecordKind, &'static str),
    Hearing(u64),
    Message(&'static str),
}

/// A kind of case: what it is about, and what is done when, in days from its beginning.
struct Matter {
    kind: CaseKind,
    basis: Basis,
    way: Way,
    cause: &'static str,
    group: Option<SpecialGroup>,
    proofs: &'static [Proof],
    scope: ScopeBasis,
    means: Means,
    opponent: &'static str,
    facts: &'static str,
    request: &'static str,
    born: i32,
    acts: &'static [(u64, Act)],
}

use Act::{Hearing, Message, Paper, Record, Step};

const CIVIL: &[(u64, Act)] = &[
    (0, Paper(Kind::Identity, 1)),
    (0, Paper(Kind::GroupProof, 2)),
    (1, Step(Move::Accept)),
    (2, Step(Move::Review)),
    (3, Step(Move::Grant)),
    (4, Step(Move::Assign)),
    (5, Record(RecordKind::Told, "告知受援人权利义务、援助免费、承办人姓名和联系方式，受援人表示清楚。")),
    (5, Step(Move::TakeOn)),
    (6, Step(Move::Sign)),
    (6, Paper(Kind::Agreement, 2)),
    (7, Step(Move::Begin)),
    (7, Record(RecordKind::Meeting, "在律师事务所约见受援人，核对事实和证据，告知诉讼风险，制作笔录。")),
    (8, Paper(Kind::MeetingRecord, 3)),
    (10, Paper(Kind::Pleading, 2)),
    (10, Paper(Kind::Evidence, 12)),
    (12, Hearing(6)),
    (14, Record(RecordKind::Supervised, "电话了解进展：已立案，排期开庭，承办人与受援人保持联系。")),
    (20, Paper(Kind::Judgment, 2)),
    (20, Record(RecordKind::Informed, "向受援人通报调解结果，说明付款方式和期限。")),
    (20, Paper(Kind::ProgressReport, 1)),
    (21, Step(Move::Conclude)),
    (22, Step(Move::FileMaterials)),
    (24, Step(Move::PassClosing)),
    (25, Step(Move::AgreeClosing)),
    (27, Step(Move::Enter)),
    (28, Record(RecordKind::Visited, "电话回访：未收费，承办人按时到庭，及时告知结果，受援人满意。")),
    (29, Paper(Kind::ReturnVisit, 1)),
    (30, Step(Move::Archive)),
];

const SUPPLEMENTED: &[(u64, Act)] = &[
    (1, Step(Move::AskSupplement)),
    (7, Paper(Kind::Identity, 1)),
    (7, Step(Move::Supplemented)),
    (7, Step(Move::AskCooperation)),
    (8, Step(Move::CooperationBack)),
    (8, Step(Move::Review)),
    (9, Step(Move::Grant)),
    (11, Step(Move::Assign)),
    (12, Step(Move::TakeOn)),
    (13, Step(Move::Sign)),
    (14, Step(Move::Begin)),
    (15, Record(RecordKind::Meeting, "上门约见行动不便的受援人，由其女儿在场协助，制作笔录。")),
    (16, Message("受援人要求追加一名对方当事人，是否需要变更指派？")),
];

const DEFENCE: &[(u64, Act)] = &[
    (0, Paper(Kind::NoticeLetter, 2)),
    (1, Step(Move::Assign)),
    (2, Step(Move::TakeOn)),
    (2, Record(RecordKind::AskedToMeet, "向看守所提出会见要求，已递交手续。")),
    (3, Record(RecordKind::Meeting, "在看守所会见，告知权利义务，了解案情和到案经过。")),
    (3, Step(Move::Sign)),
    (3, Paper(Kind::Agreement, 2)),
    (4, Step(Move::Begin)),
    (5, Paper(Kind::MeetingRecord, 4)),
    (9, Record(RecordKind::Reading, "到检察机关阅卷，复制案卷材料。")),
    (9, Paper(Kind::ReadingRecord, 6)),
    (16, Record(RecordKind::Submission, "向检察机关提交辩护意见，建议从宽处理。")),
    (16, Paper(Kind::Opinion, 5)),
    (18, Paper(Kind::ProgressReport, 1)),
    (19, Step(Move::Conclude)),
    (20, Step(Move::FileMaterials)),
    (22, Step(Move::ReturnMaterials)),
    (24, Step(Move::FileMaterials)),
    (25, Step(Move::PassClosing)),
    (26, Step(Move::AgreeClosing)),
    (27, Step(Move::Enter)),
];

const REFUSED: &[(u64, Act)] =
    &[(0, Paper(Kind::Identity, 1)), (1, Step(Move::Accept)), (3, Step(Move::Review)), (4, Step(Move::Refuse))];

const CHANGED: &[(u64, Act)] = &[
    (0, Paper(Kind::Identity, 1)),
    (1, Step(Move::Accept)),
    (2, Step(Move::Review)),
    (3, Step(Move::Grant)),
    (4, Step(Move::Assign)),
    (5, Step(Move::TakeOn)),
    (6, Step(Move::AskChange)),
    (9, Step(Move::Change)),
    (10, Step(Move::TakeOn)),
    (11, Step(Move::Sign)),
    (12, Step(Move::Begin)),
    (18, Step(Move::Terminate)),
    (19, Step(Move::Serve)),
];

const MATTERS: &[Matter] = &[
    Matter {
        kind: CaseKind::CivilFirstInstance,
        basis: Basis::Application,
        way: Way::Window,
        cause: "追索劳动报酬纠纷",
        group: Some(SpecialGroup::MigrantWorker),
        proofs: &[Proof::Labour, Proof::IdCard],
        scope: ScopeBasis::Labour,
        means: Means::ExemptPerson,
        opponent: "高平市示例建筑工程有限公司",
        facts: "去年3月至10月在城东一处工地做木工，约定日工资260元，完工后还有工资没有付清，多次催要没有结果；有考勤记录和微信聊天记录。",
        request: "请求支付拖欠的劳动报酬23450元。",
        born: 1980,
        acts: CIVIL,
    },
    Matter {
        kind: CaseKind::CivilFirstInstance,
        basis: Basis::Application,
        way: Way::Post,
        cause: "赡养纠纷",
        group: Some(SpecialGroup::Elderly),
        proofs: &[Proof::IdCard],
        scope: ScopeBasis::Maintenance,
        means: Means::Declared,
        opponent: "申请人之子",
        facts: "年老多病，没有收入来源，儿子三年没有给付赡养费，村委会调解没有结果。",
        request: "请求每月给付赡养费800元。",
        born: 1951,
        acts: SUPPLEMENTED,
    },
    Matter {
        kind: CaseKind::CriminalProsecution,
        basis: Basis::NotifiedDefence,
        way: Way::Authority,
        cause: "故意伤害罪",
        group: Some(SpecialGroup::Minor),
        proofs: &[Proof::HouseholdRegister],
        scope: ScopeBasis::Notified,
        means: Means::NotNeeded,
        opponent: "",
        facts: "在校外与同学发生冲突，致一人轻伤，案件移送审查起诉。",
        request: "",
        born: 2008,
        acts: DEFENCE,
    },
    Matter {
        kind: CaseKind::CivilFirstInstance,
        basis: Basis::Application,
        way: Way::Station,
        cause: "离婚纠纷",
        group: Some(SpecialGroup::Woman),
        proofs: &[Proof::IdCard],
        scope: ScopeBasis::OtherLaw,
        means: Means::Shared,
        opponent: "申请人之夫",
        facts: "结婚八年，丈夫长期不归，不承担家庭支出，两个孩子由申请人抚养；家庭收入低，正在领取低保。",
        request: "请求离婚，孩子由申请人抚养，对方给付抚养费。",
        born: 1988,
        acts: CIVIL,
    },
    Matter {
        kind: CaseKind::CivilFirstInstance,
        basis: Basis::Application,
        way: Way::HomeVisit,
        cause: "机动车交通事故责任纠纷",
        group: Some(SpecialGroup::Farmer),
        proofs: &[Proof::Household, Proof::IdCard],
        scope: ScopeBasis::Injury,
        means: Means::Certified,
        opponent: "肇事车主和承保的保险公司",
        facts: "骑电动车途中被小客车撞倒，右腿骨折，住院41天，交警认定对方负全部责任，赔偿没有谈成。",
        request: "请求赔偿医疗费、误工费、护理费等。",
        born: 1969,
        acts: CHANGED,
    },
    Matter {
        kind: CaseKind::CivilFirstInstance,
        basis: Basis::Application,
        way: Way::Window,
        cause: "民间借贷纠纷",
        group: None,
        proofs: &[Proof::IdCard],
        scope: ScopeBasis::OtherLaw,
        means: Means::Above,
        opponent: "朋友某某",
        facts: "借给朋友十二万元没有归还，本人有固定工作和房产。",
        request: "请求归还借款。",
        born: 1979,
        acts: REFUSED,
    },
];

impl Story<'_> {
    /// A case begins on most working days, and those on their way go on.
    pub(super) async fn aid(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        if day < begins() || !self.reach(at(day, hour(15, 0))) {
            return Ok(());
        }
        if self.aided.len() < 200 && self.dice.between(1, 10) > 2 {
            self.begin_aid(day).await?;
        }
        if !self.reach(at(day, hour(16, 10))) {
            return Ok(());
        }
        if day == NaiveDate::from_ymd_opt(2024, 5, 31).context("a day")? {
            self.review_quality().await?;
        }
        if day == NaiveDate::from_ymd_opt(2024, 6, 4).context("a day")? {
            self.send_online().await?;
        }
        let mut aided = std::mem::take(&mut self.aided);
        for case in &mut aided {
            self.go_on(day, case).await.with_context(|| format!("case {}", case.id))?;
        }
        self.aided = aided;
        Ok(())
    }

    /// 行政评查: the bureau's clerk draws three closed cases and reviews one at once.
    async fn review_quality(&self) -> anyhow::Result<()> {
        let clerk = &self.cast.clerk;
        let reach = scope(clerk, Action::ReviewCaseQuality)?;
        let mut work = self.work(clerk).await?;
        quality::draw_reviews(
            &mut work,
            reach,
            quality::rules::Kind::Administrative,
            clerk.account_id,
            &quality::Choice::Lot(3),
        )
        .await
        .map_err(told)?;
        work.commit().await.map_err(told)?;
        let mut work = self.work(clerk).await?;
        let review = db::first_review(work.conn(), self.cast.bureau).await?;
        let scores = quality::rules::Indicator::ALL.iter().map(|it| (*it, it.weight() - 1)).collect();
        let new = quality::NewResult {
            scores,
            veto: None,
            faults: "约见笔录没有写明诉讼风险告知。".to_owned(),
            mend_until: NaiveDate::from_ymd_opt(2024, 6, 14),
        };
        quality::finish_review(&mut work, reach, review, &new).await.map_err(told)?;
        work.commit().await.map_err(told)
    }

    /// Two applications come from outside and wait for the window.
    async fn send_online(&self) -> anyhow::Result<()> {
        for (name, birth, sequence, hard, facts) in [
            ("申有福", (1948, 3, 9), 901_u16, true, "儿子在外地，两年没有给生活费，腿脚不便，没办法到窗口去。"),
            (
                "冯小燕",
                (1994, 8, 20),
                902,
                false,
                "在饭店打工半年，老板拖欠四个月工资后关门，电话打不通，有工资条和聊天记录。",
            ),
        ] {
            let (year, month, day) = birth;
            let birth = NaiveDate::from_ymd_opt(year, month, day).context("a birth date")?;
            let sent = online::Sent {
                name: name.to_owned(),
                id_number: demo_id_number(birth, sequence).parse().map_err(anyhow::Error::new)?,
                phone: demo_phone(40_000 + u32::from(sequence)),
                township: "河西镇".to_owned(),
                groups: vec![if hard { SpecialGroup::Elderly } else { SpecialGroup::MigrantWorker }],
                hard_to_move: hard,
                opponent: String::new(),
                facts: facts.to_owned(),
                request: "请求法律援助，依法要回应得的钱。".to_owned(),
            };
            online::send_to_first(self.state, &sent).await.map_err(told)?;
        }
        Ok(())
    }

    async fn begin_aid(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        let number = self.aided.len();
        let matter = number % MATTERS.len();
        let it = MATTERS.get(matter).context("a matter")?;
        let (given, female) = self.dice.pick(GIVEN_NAMES).context("given names")?;
        let surname = self.dice.pick(SURNAMES).context("surnames")?;
        let female = it.group == Some(SpecialGroup::Woman) || *female;
        let sequence = u16::try_from(100 + number * 2)? + u16::from(!female);
        let birth =
            NaiveDate::from_ymd_opt(it.born, 1 + u32::try_from(number % 12)?, 9 + u32::try_from(number / 12 % 19)?)
                .context("a birth date")?;
        let mut new = NewApplication::blank(it.kind);
        new.cause = it.cause.to_owned();
        new.name = format!("{surname}{given}");
        new.gender = Some(if female { Gender::Female } else { Gender::Male });
        new.birth_date = Some(birth);
        new.id_number = Some(demo_id_number(birth, sequence));
        new.phone = Some(demo_phone(30_000 + u32::try_from(number)?));
        new.township = ["米山镇", "寺庄镇", "马村镇", "北诗镇"].get(number % 4).copied().unwrap_or_default().to_owned();
        new.ethnicity = "汉族".to_owned();
        new.domicile = format!("山西省高平市{}", new.township);
        new.occupation = if it.group == Some(SpecialGroup::MigrantWorker) { "务工" } else { "务农" }.to_owned();
        if it.basis == Basis::Application {
            new.household_size = Some(2 + i32::try_from(number % 4)?);
            new.household_income = Some(rust_decimal::Decimal::from(1200 + number % 7 * 300));
            new.property = "农村住房一处，无其他财产".to_owned();
        }
        new.groups = it.group.into_iter().collect();
        new.proofs = it.proofs.iter().copied().collect();
        new.opponent =
            if it.opponent.is_empty() { String::new() } else { format!("{}（{surname}某案）", it.opponent) };
        new.facts = it.facts.to_owned();
        new.request = it.request.to_owned();
        new.means = if it.basis == Basis::Application { Means::Unchecked } else { it.means };
        if it.basis != Basis::Application {
            new.scope_basis = Some(it.scope);
            new.notice_basis = Some(NoticeBasis::Minor);
            new.notice_number = format!("高检法援〔2024〕{}号", number + 1);
            new.authority = "高平市人民检察院".to_owned();
            new.detained = true;
        }
        new.hard_to_move = it.way == Way::HomeVisit;
        let beginning = Beginning {
            way: it.way,
            basis: it.basis,
            received_on: day,
            draft: false,
            earlier_stage: None,
            consultation: None,
            online_number: None,
        };
        let desk = &self.cast.legal_aid;
        let mut work = self.work(desk).await?;
        let id = intake::begin(&mut work, &self.state.seals, scope(desk, Action::RegisterCases)?, &beginning, &new)
            .await
            .map_err(told)?;
        work.commit().await.map_err(told)?;
        let handler = match it.kind {
            CaseKind::CriminalProsecution => 0,
            _ => 1 + number % 4,
        };
        self.aided.push(Aided { id, begun: day, handler, matter, next: 0 });
        Ok(())
    }

    async fn go_on(&self, day: NaiveDate, case: &mut Aided) -> anyhow::Result<()> {
        let it = MATTERS.get(case.matter).context("a matter")?;
        while let Some((after, act)) = it.acts.get(case.next) {
            let due = case.begun.checked_add_days(Days::new(*after)).context("a day")?;
            // What the last days of the demonstration leave undone waits on the to-do lists.
            if due > day || (*after > 0 && due >= self.until.date_naive()) {
                return Ok(());
            }
            self.act(day, case, it, *act).await?;
            case.next += 1;
        }
        Ok(())
    }

    async fn act(&self, day: NaiveDate, case: &mut Aided, it: &Matter, act: Act) -> anyhow::Result<()> {
        let (_, handler) = self.cast.handlers.get(case.handler).context("a handler")?;
        let desk = &self.cast.legal_aid;
        match act {
            Act::Paper(kind, pages) => {
                let by = if handlers_paper(kind) { handler } else { desk };
                let new = NewPaper { kind, title: String::new(), pages, on: day, scan: None };
                let mut work = self.work(by).await?;
                papers::file(&mut work, working(by)?, case.id, &new).await.map_err(told)?;
                work.commit().await.map_err(told)
            }
            Act::Record(kind, content) => {
                let by = if kind.is_centres() { desk } else { handler };
                self.record(
                    by,
                    case.id,
                    NewRecord { kind, on: day, time: None, place: String::new(), content: content.to_owned() },
                )
                .await
            }
            Act::Hearing(later) => {
                let on = day.checked_add_days(Days::new(later)).context("a day")?;
                let time = NaiveTime::from_hms_opt(9, 30, 0);
                let place = "高平市人民法院第三法庭".to_owned();
                let content = "收到出庭通知，定于当日开庭。".to_owned();
                self.record(handler, case.id, NewRecord { kind: RecordKind::Hearing, on, time, place, content }).await
            }
            Act::Message(body) => {
                let mut work = self.work(handler).await?;
                handling::message(&mut work, working(handler)?, case.id, body).await.map_err(told)?;
                work.commit().await.map_err(told)
            }
            Act::Step(step) => self.step(day, case, it, step).await,
        }
    }

    async fn record(&self, by: &Actor, case: i64, new: NewRecord) -> anyhow::Result<()> {
        let mut work = self.work(by).await?;
        handling::record(&mut work, working(by)?, case, &new).await.map_err(told)?;
        work.commit().await.map_err(told)
    }

    async fn step(&self, day: NaiveDate, case: &mut Aided, it: &Matter, step: Move) -> anyhow::Result<()> {
        if step == Move::Change {
            case.handler = 1 + case.handler % 4;
        }
        let (handler_id, handler) = self.cast.handlers.get(case.handler).context("a handler")?;
        let director = &self.cast.director;
        let desk = &self.cast.legal_aid;
        let mut input = MoveInput { on: Some(day), ..MoveInput::default() };
        let by = match step {
            Move::Grant | Move::Refuse | Move::Change | Move::AgreeClosing | Move::Terminate => director,
            Move::TakeOn | Move::Sign | Move::Begin | Move::Conclude | Move::FileMaterials => handler,
            _ => desk,
        };
        match step {
            Move::AskSupplement => {
                input.wording = Some(Wording::NoIdentity);
                input.note = Wording::NoIdentity.text().to_owned();
                input.until = day.checked_add_days(Days::new(9));
            }
            Move::AskCooperation => {
                input.addressee = "申请人子女住所地法律援助中心".to_owned();
                input.note = "请协助核查申请人之子的住址和收入情况。".to_owned();
            }
            Move::CooperationBack => input.note = "复函：其子在当地务工，月收入约5000元。".to_owned(),
            Move::Review => {
                input.examination = Some(Examination { scope: it.scope, means: it.means });
                input.means_note = "已核对申请人陈述和证明材料。".to_owned();
                input.note = "属于法律援助事项范围，材料齐全，请审批。".to_owned();
            }
            Move::Refuse => {
                input.refusal = Some(Refusal::MeansAbove);
                input.wording = Some(Wording::MeansAbove);
                input.note = Wording::MeansAbove.text().to_owned();
            }
            Move::Assign => input.handler = Some(*handler_id),
            Move::AskChange => {
                input.wording = Some(Wording::Unable);
                input.note = Wording::Unable.text().to_owned();
            }
            Move::Change => {
                input.handler = Some(*handler_id);
                input.note = "情况属实，同意更换。".to_owned();
            }
            Move::Conclude => {
                let criminal = it.kind.is_criminal();
                input.closing = Some(NewClosing {
                    way: if criminal { "no_prosecution" } else { "mediation" }.to_owned(),
                    summary: if criminal {
                        "检察机关作出不起诉决定。"
                    } else {
                        "经法院主持调解，双方达成协议。"
                    }
                    .to_owned(),
                    adopted: if criminal { "辩护意见被采纳" } else { "" }.to_owned(),
                    hearings: i32::from(!criminal),
                    meetings: 2,
                    readings: i32::from(criminal),
                    ..NewClosing::default()
                });
            }
            Move::ReturnMaterials => {
                input.wording = Some(Wording::Illegible);
                input.note = Wording::Illegible.text().to_owned();
                input.until = day.checked_add_days(Days::new(10));
            }
            Move::PassClosing => {
                let needed = crate::cases::documents::rules::required(it.kind, false);
                input.items = needed.into_iter().map(|kind| (kind.code().to_owned(), "ok".to_owned())).collect();
                input.note = "材料齐全，办案及时。".to_owned();
            }
            Move::Enter => input.entry_number = format!("SXFY2024L{:04}", case.id),
            Move::Terminate => {
                input.ground = Some(TerminationGround::OwnLawyer);
                input.wording = Some(Wording::OwnLawyer);
                input.note = Wording::OwnLawyer.text().to_owned();
            }
            Move::Serve => input.note = "终止决定书直接送达受援人，本人签收。".to_owned(),
            _ => {}
        }
        let mut work = self.work(by).await?;
        let version = db::case_version(work.conn(), case.id).await?;
        take(&mut work, working(by)?, case.id, version, step, &input)
            .await
            .map_err(|error| told(error).context(format!("{step}")))?;
        work.commit().await.map_err(told)?;
        // A restricted case that is closing is opened to the reviewer of its quality.
        if step == Move::FileMaterials && it.group == Some(SpecialGroup::Minor) {
            let mut work = self.work(director).await?;
            let named = named::name_person(&mut work, working(director)?, case.id, "clerk", "案件质量评查").await;
            match named {
                Ok(()) => work.commit().await.map_err(told)?,
                // The file came back and was handed in again.
                Err(AppError::Refused(_)) => drop(work),
                Err(error) => return Err(told(error)),
            }
        }
        Ok(())
    }
}

fn working(actor: &Actor) -> anyhow::Result<crate::web::actor::Scope> {
    scope(actor, Action::WorkOnCases)
}

fn handlers_paper(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::MeetingRecord
            | Kind::Agreement
            | Kind::Pleading
            | Kind::Evidence
            | Kind::Judgment
            | Kind::ProgressReport
            | Kind::ReadingRecord
            | Kind::Opinion
    )
}
