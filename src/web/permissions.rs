//! Who may do what: the one table that every request is checked against.
//!
//! A role is granted an action together with its reach: on their own things, on
//! their venue's, or on the whole bureau's. What a table row does not grant is refused.

use crate::plan::dictionary::dictionary;

dictionary! {
    /// What an account is for. Each is bound to a person, a venue or a bureau.
    Role {
        /// A duty lawyer or another of the duty bank.
        DutyPerson = "duty_person", "值班人员";
        /// The staff of the service centre or of a station.
        VenueStaff = "venue_staff", "站点工作人员";
        /// The bureau's clerk: duty bank, rosters, findings, settlement.
        BureauClerk = "bureau_clerk", "司法局经办人";
        /// The second pair of eyes on rosters, findings and payments.
        Approver = "approver", "审批人";
        /// Pays, and keeps the ledger of the fund.
        Finance = "finance", "财务人员";
        /// Reads progress and figures.
        Leader = "leader", "局领导";
        /// The legal aid centre: its duty window and the register of cases.
        LegalAidStaff = "legal_aid_staff", "法律援助中心";
        /// The director of the legal aid centre: decides what its staff prepare.
        LegalAidDirector = "legal_aid_director", "法律援助中心负责人";
        /// Handles legal aid cases and need not be in the duty bank.
        Handler = "handler", "法律援助承办人";
        /// Creates accounts and venues, sets the system up.
        SystemAdministrator = "system_administrator", "系统管理员";
        /// Unlocks accounts, resets passwords, reads the permission table.
        SecurityAdministrator = "security_administrator", "安全管理员";
        /// Reads the audit trail and nothing else.
        AuditAdministrator = "audit_administrator", "审计管理员";
    }
}

dictionary! {
    /// Everything that can be allowed or refused.
    Action {
        /// See the roster of a month.
        ReadRoster = "read_roster", "查看排班";
        /// Draw a month's roster and submit it.
        EditRoster = "edit_roster", "编制排班";
        /// Approve a submitted roster or send it back.
        ApproveRoster = "approve_roster", "审核排班";
        /// Publish an approved roster.
        PublishRoster = "publish_roster", "公示排班";
        /// See the duty bank.
        ReadPeople = "read_people", "查看值班人员库";
        /// Add people to the duty bank and change their data.
        EditPeople = "edit_people", "维护值班人员库";
        /// See sealed numbers of people in the duty bank in full, for a reason, on record.
        RevealPerson = "reveal_person", "查看值班人员完整号码";
        /// See sealed numbers of those who came for advice in full, for a reason, on record.
        RevealClient = "reveal_client", "查看来访人完整号码";
        /// Answer people who ask what is held about them: find, copy, correct.
        AnswerPersons = "answer_persons", "答复个人信息请求";
        /// See attendance.
        ReadAttendance = "read_attendance", "查看考勤";
        /// Sign in and out.
        SignAttendance = "sign_attendance", "签到签退";
        /// Ask for a sign-in or sign-out to be corrected.
        AskCorrection = "ask_correction", "申请补签";
        /// Agree to a correction or refuse it.
        DecideCorrection = "decide_correction", "审批补签";
        /// Certify a venue's month and report it.
        CertifyMonth = "certify_month", "审定并上报考勤";
        /// Send a reported month back to its venue.
        ReturnMonth = "return_month", "退回考勤";
        /// See consultations.
        ReadConsultations = "read_consultations", "查看咨询记录";
        /// Record a consultation.
        RecordConsultation = "record_consultation", "登记咨询";
        /// Review the quality of records.
        ReviewConsultations = "review_consultations", "复核咨询记录";
        /// See findings.
        ReadFindings = "read_findings", "查看扣款事项";
        /// Propose a finding, with evidence.
        ProposeFinding = "propose_finding", "提出扣款事项";
        /// Tell the person concerned.
        TellFinding = "tell_finding", "告知扣款事项";
        /// Object to a finding about oneself.
        ObjectFinding = "object_finding", "提出异议";
        /// Confirm or revoke a finding that somebody else proposed.
        DecideFinding = "decide_finding", "认定扣款事项";
        /// See settlements.
        ReadSettlement = "read_settlement", "查看月结";
        /// Calculate a month.
        CalculateSettlement = "calculate_settlement", "计算月结";
        /// Approve a calculated month or send it back.
        ApproveSettlement = "approve_settlement", "审批月结";
        /// Pay an approved month.
        PaySettlement = "pay_settlement", "发放补贴";
        /// See case payouts and their batches.
        ReadPayouts = "read_payouts", "查看案件补贴";
        /// Put cases into batches, ask for payments to be put off, record what other funds paid.
        PreparePayouts = "prepare_payouts", "编制案件补贴";
        /// Approve a batch or send it back; let a payment be put off.
        ApprovePayouts = "approve_payouts", "审批案件补贴";
        /// See what was sent to whom, what came back and what is owed.
        ReadPayments = "read_payments", "查看发放记录";
        /// Hold one person's pay, or release what somebody else held.
        HoldPay = "hold_pay", "暂缓与恢复发放";
        /// Confirm an account that somebody else put down.
        ConfirmBankAccount = "confirm_bank_account", "复核银行账户";
        /// See reports.
        ReadReports = "read_reports", "查看报表";
        /// Prepare a report for checking.
        PrepareReports = "prepare_reports", "填报报表";
        /// Check a report that somebody else prepared, or take one back.
        CheckReports = "check_reports", "审核报表";
        /// Sign a checked report.
        SignReports = "sign_reports", "签发报表";
        /// Read the ledger of the fund.
        ReadFund = "read_fund", "查看资金台账";
        /// Record receipts and transfers, reverse entries.
        PostFund = "post_fund", "资金记账";
        /// See progress and figures.
        ReadDashboard = "read_dashboard", "查看进度总览";
        /// See the register of cases.
        ReadCases = "read_cases", "查看案件台账";
        /// Register cases and their dates.
        RegisterCases = "register_cases", "登记案件";
        /// Work on cases: each step asks for its own right besides.
        WorkOnCases = "work_on_cases", "办理案件";
        /// Decide what the centre's staff prepare: grant, refuse, change, terminate, close.
        DecideCases = "decide_cases", "审批案件";
        /// Handle the cases given to oneself.
        HandleCases = "handle_cases", "承办案件";
        /// Decide objections to the centre's decisions.
        DecideCaseObjections = "decide_case_objections", "处理法律援助异议";
        /// Pass somebody on to the legal aid centre from a consultation.
        PassOnCases = "pass_on_cases", "转交法律援助申请";
        /// Review the quality of closed cases and look at suspicions.
        ReviewCaseQuality = "review_case_quality", "案件质量评查";
        /// Read the programme of a year and its clauses.
        ReadProgramme = "read_programme", "查看实施方案";
        /// Prepare a year's programme.
        EditProgramme = "edit_programme", "维护实施方案";
        /// Add a year to the calendar.
        EditCalendar = "edit_calendar", "维护工作日历";
        /// Use the trial calculation.
        TrialCalculation = "trial_calculation", "补贴试算";
        /// Read who may do what.
        ReadPermissions = "read_permissions", "查看权限表";
        /// See who has an account.
        ReadAccounts = "read_accounts", "查看账号";
        /// Create accounts and disable them.
        ManageAccounts = "manage_accounts", "管理账号";
        /// Unlock accounts and reset passwords.
        ResetPasswords = "reset_passwords", "解锁与重置密码";
        /// Give an account that somebody else asked for its rights.
        GrantRights = "grant_rights", "授予权限";
        /// Look through all accounts each quarter.
        ReviewAccess = "review_access", "季度权限复核";
        /// Keep the rules of passwords, locks and sessions.
        EditSecurityPolicy = "edit_security_policy", "维护登录安全设置";
        /// Maintain service points.
        EditVenues = "edit_venues", "维护服务点";
        /// Take out everything behind a period, a venue or a person, for an audit.
        ExportEvidence = "export_evidence", "导出核查材料";
        /// Read the audit trail.
        ReadAudit = "read_audit", "查看审计记录";
        /// Take the audit trail away as a file.
        ExportAudit = "export_audit", "导出审计记录";
    }
}

dictionary! {
    /// How far a grant reaches.
    Reach {
        /// Things of the person the account belongs to.
        Own = "own", "本人";
        /// Cases given to the account; queries ask for it by the account.
        Assigned = "assigned", "本人承办";
        /// Things of the account's venue.
        Venue = "venue", "本服务点";
        /// Things of the account's bureau.
        Bureau = "bureau", "全局";
    }
}

impl Role {
    /// One of the three administrators: none of them has business data, nobody is two of them.
    pub fn is_administrator(self) -> bool {
        matches!(self, Role::SystemAdministrator | Role::SecurityAdministrator | Role::AuditAdministrator)
    }

    /// Whether the role signs in with a second factor: those who keep the system, who
    /// approve and who pay.
    pub fn needs_second_factor(self) -> bool {
        self.is_administrator() || matches!(self, Role::Approver | Role::Finance)
    }
}

/// The grants of one role.
pub fn grants(role: Role) -> &'static [(Action, Reach)] {
    use Action::*;
    use Reach::{Assigned, Bureau, Own, Venue};
    match role {
        Role::DutyPerson => &[
            (ReadRoster, Own),
            (ReadAttendance, Own),
            (SignAttendance, Own),
            (AskCorrection, Own),
            (ReadConsultations, Own),
            (RecordConsultation, Own),
            (RevealClient, Own),
            (ReadFindings, Own),
            (ObjectFinding, Own),
            (ReadSettlement, Own),
            (ReadCases, Assigned),
            (WorkOnCases, Assigned),
            (HandleCases, Assigned),
            (PassOnCases, Own),
            (ReadProgramme, Bureau),
            (TrialCalculation, Bureau),
            (ReadPermissions, Bureau),
        ],
        Role::VenueStaff => &[
            (PassOnCases, Venue),
            (ReadRoster, Venue),
            (ReadAttendance, Venue),
            (SignAttendance, Venue),
            (AskCorrection, Venue),
            (DecideCorrection, Venue),
            (CertifyMonth, Venue),
            (ReadConsultations, Venue),
            (RecordConsultation, Venue),
            (RevealClient, Venue),
            (ReadFindings, Venue),
            (ProposeFinding, Venue),
            (TellFinding, Venue),
            (ReadProgramme, Bureau),
            (ReadPermissions, Bureau),
        ],
        Role::BureauClerk => &[
            (ReadRoster, Bureau),
            (EditRoster, Bureau),
            (PublishRoster, Bureau),
            (ReadPeople, Bureau),
            (EditPeople, Bureau),
            (RevealPerson, Bureau),
            (RevealClient, Bureau),
            (AnswerPersons, Bureau),
            (ReadAttendance, Bureau),
            (DecideCorrection, Bureau),
            (ReturnMonth, Bureau),
            (ExportEvidence, Bureau),
            (ReadConsultations, Bureau),
            (ReviewConsultations, Bureau),
            (ReadFindings, Bureau),
            (ProposeFinding, Bureau),
            (TellFinding, Bureau),
            (DecideFinding, Bureau),
            (ReadSettlement, Bureau),
            (CalculateSettlement, Bureau),
            (ReadFund, Bureau),
            (ReadDashboard, Bureau),
            (ReadCases, Bureau),
            (WorkOnCases, Bureau),
            (DecideCaseObjections, Bureau),
            (ReviewCaseQuality, Bureau),
            (ReadPayouts, Bureau),
            (PreparePayouts, Bureau),
            (ReadPayments, Bureau),
            (HoldPay, Bureau),
            (ReadReports, Bureau),
            (PrepareReports, Bureau),
            (ReadProgramme, Bureau),
            (EditProgramme, Bureau),
            (EditCalendar, Bureau),
            (TrialCalculation, Bureau),
            (ReadPermissions, Bureau),
        ],
        Role::Approver => &[
            (ReadRoster, Bureau),
            (ApproveRoster, Bureau),
            (ReadPeople, Bureau),
            (ReadAttendance, Bureau),
            (ReadConsultations, Bureau),
            (ReadFindings, Bureau),
            (DecideFinding, Bureau),
            (ReadSettlement, Bureau),
            (ApproveSettlement, Bureau),
            (ExportEvidence, Bureau),
            (ReadFund, Bureau),
            (ReadDashboard, Bureau),
            (ReadCases, Bureau),
            (ReadPayouts, Bureau),
            (ApprovePayouts, Bureau),
            (ReadPayments, Bureau),
            (HoldPay, Bureau),
            (ConfirmBankAccount, Bureau),
            (ReadReports, Bureau),
            (CheckReports, Bureau),
            (ReadProgramme, Bureau),
            (TrialCalculation, Bureau),
            (ReadPermissions, Bureau),
        ],
        Role::Finance => &[
            (ReadSettlement, Bureau),
            (PaySettlement, Bureau),
            (ReadFund, Bureau),
            (PostFund, Bureau),
            (ReadDashboard, Bureau),
            (ReadPayouts, Bureau),
            (ReadPayments, Bureau),
            (ReadReports, Bureau),
            (PrepareReports, Bureau),
            (ReadProgramme, Bureau),
            (TrialCalculation, Bureau),
            (ReadPermissions, Bureau),
        ],
        Role::Leader => &[
            (ReadRoster, Bureau),
            (ReadAttendance, Bureau),
            (ReadFindings, Bureau),
            (ReadSettlement, Bureau),
            (ReadFund, Bureau),
            (ReadDashboard, Bureau),
            (ReadCases, Bureau),
            (ReadPayouts, Bureau),
            (ReadPayments, Bureau),
            (ReadReports, Bureau),
            (SignReports, Bureau),
            (ReadProgramme, Bureau),
            (TrialCalculation, Bureau),
            (ReadPermissions, Bureau),
        ],
        Role::LegalAidStaff => &[
            (ReadRoster, Venue),
            (ReadAttendance, Venue),
            (SignAttendance, Venue),
            (AskCorrection, Venue),
            (DecideCorrection, Venue),
            (CertifyMonth, Venue),
            (ReadConsultations, Venue),
            (RecordConsultation, Venue),
            (RevealClient, Venue),
            (ReadFindings, Venue),
            (ProposeFinding, Venue),
            (TellFinding, Venue),
            (ReadCases, Bureau),
            (RegisterCases, Bureau),
            (WorkOnCases, Bureau),
            (PassOnCases, Bureau),
            (ReadPayouts, Bureau),
            (PreparePayouts, Bureau),
            (ReadProgramme, Bureau),
            (TrialCalculation, Bureau),
            (ReadPermissions, Bureau),
        ],
        Role::LegalAidDirector => &[
            (ReadCases, Bureau),
            (WorkOnCases, Bureau),
            (DecideCases, Bureau),
            (ReadDashboard, Bureau),
            (ReadProgramme, Bureau),
            (TrialCalculation, Bureau),
            (ReadPermissions, Bureau),
        ],
        Role::Handler => &[
            (ReadCases, Assigned),
            (WorkOnCases, Assigned),
            (HandleCases, Assigned),
            (ReadProgramme, Bureau),
            (ReadPermissions, Bureau),
        ],
        Role::SystemAdministrator => &[
            (ReadAccounts, Bureau),
            (ManageAccounts, Bureau),
            (ReviewAccess, Bureau),
            (EditVenues, Bureau),
            (ReadPermissions, Bureau),
            (ReadProgramme, Bureau),
        ],
        Role::SecurityAdministrator => &[
            (ReadAccounts, Bureau),
            (ResetPasswords, Bureau),
            (GrantRights, Bureau),
            (ReviewAccess, Bureau),
            (EditSecurityPolicy, Bureau),
            (ReadPermissions, Bureau),
        ],
        Role::AuditAdministrator => &[(ReadAudit, Bureau), (ExportAudit, Bureau), (ReadPermissions, Bureau)],
    }
}

/// How far `role` may go with `action`; `None` where it may not at all.
pub fn reach(role: Role, action: Action) -> Option<Reach> {
    grants(role).iter().find(|(granted, _)| *granted == action).map(|(_, reach)| *reach)
}
