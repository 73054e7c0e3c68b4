//! Legal aid cases lived in the system: from the application to the archive, each step by
//! whoever's it is, on working days.

use anyhow::Context as _;
use chrono::{Days, NaiveDate};

use super::super::cast::scope;
use super::super::db;
use super::super::invented::{GIVEN_NAMES, SURNAMES};
use super::matters::{Act, MATTERS, Matter};
use super::{Story, hour, oddities, told};
use crate::cases::documents::Kind;
use crate::cases::eligibility::rules::{Means, NoticeBasis, Refusal, TerminationGround};
use crate::cases::life::NewClosing;
use crate::cases::life::dossier::Way;
use crate::cases::life::handling::{self, NewRecord, RecordKind};
use crate::cases::life::intake::{self, Beginning, NewApplication};
use crate::cases::life::named;
use crate::cases::life::papers::{self, NewPaper};
use crate::cases::life::person::{Education, Health};
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
    pub(super) id: i64,
    pub(super) begun: NaiveDate,
    pub(super) handler: usize,
    matter: &'static Matter,
    next: usize,
}

/// Who a case is about, and what is particular to it.
pub(super) struct Recipient {
    pub(super) name: String,
    pub(super) female: bool,
    pub(super) birth: NaiveDate,
    pub(super) sequence: u16,
    pub(super) phone: u32,
    pub(super) opponent: String,
    pub(super) facts: String,
}

impl Story<'_> {
    /// A case begins on most working days, and those on their way go on.
    pub(super) async fn aid(&mut self, day: NaiveDate) -> anyhow::Result<()> {
        if day < begins() || !self.reach(at(day, hour(15, 0))) {
            return Ok(());
        }
        self.plant_oddities(day).await?;
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
            self.decide_hits().await?;
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
                person: online::Told { ethnicity: "汉族".to_owned(), ..online::Told::default() },
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
        let it = MATTERS.get(number % MATTERS.len()).context("a matter")?;
        let (given, female) = self.dice.pick(GIVEN_NAMES).context("given names")?;
        let surname = self.dice.pick(SURNAMES).context("surnames")?;
        let female = it.group == Some(SpecialGroup::Woman) || *female;
        let place = ["城东", "城西", "开发区", "米山镇", "马村镇"].get(number % 5).copied().unwrap_or_default();
        let recipient = Recipient {
            name: format!("{surname}{given}"),
            female,
            birth: NaiveDate::from_ymd_opt(it.born, 1 + u32::try_from(number % 12)?, 9).context("a birth date")?,
            sequence: u16::try_from(100 + number * 2)? + u16::from(!female),
            phone: 30_000 + u32::try_from(number)?,
            opponent: if it.opponent.is_empty() {
                String::new()
            } else {
                format!("{}（{surname}某案）", it.opponent)
            },
            facts: it.facts.replace("{地}", place).replace("{数}", &(210 + number * 13).to_string()),
        };
        let handler = match it.kind {
            CaseKind::CriminalProsecution => 0,
            _ if number == 0 || oddities::one_handler_takes_all(day) => oddities::BUSY_HANDLER,
            _ => 1 + number % 4,
        };
        self.begin_case(day, it, handler, recipient).await
    }

    /// A case begins as the window puts it down.
    pub(super) async fn begin_case(
        &mut self,
        day: NaiveDate,
        it: &'static Matter,
        handler: usize,
        who: Recipient,
    ) -> anyhow::Result<()> {
        let number = self.aided.len();
        let mut new = NewApplication::blank(it.kind);
        new.cause = it.cause.to_owned();
        new.name = who.name;
        new.gender = Some(if who.female { Gender::Female } else { Gender::Male });
        new.birth_date = Some(who.birth);
        new.id_number = Some(demo_id_number(who.birth, who.sequence));
        new.phone = Some(demo_phone(who.phone));
        new.township = ["米山镇", "寺庄镇", "马村镇", "北诗镇"].get(number % 4).copied().unwrap_or_default().to_owned();
        new.ethnicity = "汉族".to_owned();
        new.postcode = "048400".to_owned();
        new.education = Education::ALL.get(1 + number % 4).copied();
        new.health = Some(if it.way == Way::HomeVisit { Health::Disabled } else { Health::Healthy });
        new.domicile = format!("山西省高平市{}", new.township);
        new.occupation = if it.group == Some(SpecialGroup::MigrantWorker) { "务工" } else { "务农" }.to_owned();
        if it.basis == Basis::Application {
            new.household_size = Some(2 + i32::try_from(number % 4)?);
            new.household_income = Some(rust_decimal::Decimal::from(1200 + number % 7 * 300));
            new.property = "农村住房一处，无其他财产".to_owned();
        }
        new.groups = it.group.into_iter().collect();
        new.proofs = it.proofs.iter().copied().collect();
        new.opponent = who.opponent;
        new.facts = who.facts;
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
        self.aided.push(Aided { id, begun: day, handler, matter: it, next: 0 });
        Ok(())
    }

    async fn go_on(&self, day: NaiveDate, case: &mut Aided) -> anyhow::Result<()> {
        let it = case.matter;
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
                self.hearing(day, case.id, handler, (later, (9, 30), "高平市人民法院第三法庭")).await
            }
            Act::HearingAt(later, time, place) => self.hearing(day, case.id, handler, (later, time, place)).await,
            Act::Message(body) => {
                let mut work = self.work(handler).await?;
                handling::message(&mut work, working(handler)?, case.id, body).await.map_err(told)?;
                work.commit().await.map_err(told)
            }
            Act::Step(step) => self.step(day, case, it, step).await,
            Act::BackDated(step, days) => {
                let on = day.checked_sub_days(Days::new(days)).context("a day")?;
                self.step(on, case, it, step).await
            }
        }
    }

    async fn hearing(
        &self,
        day: NaiveDate,
        case: i64,
        by: &Actor,
        (later, (hours, minutes), place): (u64, (u32, u32), &str),
    ) -> anyhow::Result<()> {
        let new = NewRecord {
            kind: RecordKind::Hearing,
            on: day.checked_add_days(Days::new(later)).context("a day")?,
            time: Some(hour(hours, minutes)),
            place: place.to_owned(),
            content: "收到出庭通知，定于当日开庭。".to_owned(),
        };
        self.record(by, case, new).await
    }

    pub(super) async fn record(&self, by: &Actor, case: i64, new: NewRecord) -> anyhow::Result<()> {
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

pub(super) fn working(actor: &Actor) -> anyhow::Result<crate::web::actor::Scope> {
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
