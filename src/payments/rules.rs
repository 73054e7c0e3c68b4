//! PURE. The gate that every payee passes, and the columns of the bank's file.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::plan::dictionary::dictionary;
use crate::plan::time::chinese_date;

dictionary! {
    /// Where the money of a payable is.
    PayableStatus {
        /// Approved, and with nobody yet.
        Owed = "owed", "待发";
        /// Sent to the bank.
        Sent = "sent", "已发";
        /// Its payment was taken back.
        Void = "void", "已冲销";
    }
}

dictionary! {
    /// Where a transfer stands.
    TransferStatus {
        Sent = "sent", "已发";
        Returned = "returned", "已退汇";
        Void = "void", "已冲销";
    }
}

dictionary! {
    /// Where a change of an account stands.
    ChangeStatus {
        Asked = "asked", "待复核";
        Confirmed = "confirmed", "已确认";
        Refused = "refused", "未通过";
    }
}

dictionary! {
    /// What a column of the bank's file holds.
    BankField {
        Sequence = "sequence", "序号";
        Payee = "payee", "收款人姓名";
        Account = "account", "收款账号";
        Bank = "bank", "开户行";
        Amount = "amount", "金额（元）";
        Purpose = "purpose", "用途";
        Reference = "reference", "系统流水号";
        Blank = "blank", "空列";
    }
}

/// A column of the bank's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankColumn {
    /// What it holds.
    pub field: BankField,
    /// What stands above it.
    pub heading: String,
}

/// The columns of a bureau that chose none.
#[must_use]
pub fn usual_columns() -> Vec<BankColumn> {
    use crate::plan::dictionary::Dictionary as _;
    [
        BankField::Sequence,
        BankField::Payee,
        BankField::Account,
        BankField::Bank,
        BankField::Amount,
        BankField::Purpose,
        BankField::Reference,
    ]
    .into_iter()
    .map(|field| BankColumn { field, heading: field.label().to_owned() })
    .collect()
}

/// What keeps a file from being one: the bank must know whom, where and how much.
///
/// # Errors
/// A sentence.
pub fn check_columns(columns: &[BankColumn]) -> Result<(), String> {
    use crate::plan::dictionary::Dictionary as _;
    for needed in [BankField::Payee, BankField::Account, BankField::Amount] {
        match columns.iter().filter(|column| column.field == needed).count() {
            1 => {}
            0 => return Err(format!("文件中必须有“{}”一列", needed.label())),
            _ => return Err(format!("“{}”只能有一列", needed.label())),
        }
    }
    Ok(())
}

/// What the gate knows of a payee on the day of payment.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Why their pay is held, if it is.
    pub hold: Option<String>,
    /// Suspended in the duty bank.
    pub suspended: bool,
    /// A public official (A26).
    pub public_official: bool,
    /// The last day of their licence.
    pub licence_valid_to: Option<NaiveDate>,
    /// The last day of the work that is paid.
    pub worked_until: Option<NaiveDate>,
    /// They have an account.
    pub has_account: bool,
    /// A change of it waits for a second person.
    pub change_waits: bool,
}

/// The first reason for which nothing is sent to a payee now; `None` lets them through.
#[must_use]
pub fn gate(standing: &Standing) -> Option<String> {
    if let Some(reason) = &standing.hold {
        return Some(format!("暂缓发放：{reason}"));
    }
    if standing.public_official {
        return Some("公职人员，不发补贴（A26）".to_owned());
    }
    if standing.suspended {
        return Some("人员已暂停，恢复在库后发放".to_owned());
    }
    if let (Some(valid_to), Some(worked)) = (standing.licence_valid_to, standing.worked_until)
        && valid_to < worked
    {
        return Some(format!("执业证或资格证{}到期，更新登记后发放", chinese_date(valid_to)));
    }
    if standing.change_waits {
        return Some("银行账户变更待另一人复核".to_owned());
    }
    if !standing.has_account {
        return Some("没有登记银行账户".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_not_be_paid_is_stopped_with_a_reason() {
        let sound = Standing { has_account: true, ..Standing::default() };
        assert_eq!(gate(&sound), None);
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (standing, says) in [
            (Standing { hold: Some("账户信息待核实".to_owned()), ..sound.clone() }, "账户信息待核实"),
            (Standing { public_official: true, ..sound.clone() }, "公职人员"),
            (Standing { suspended: true, ..sound.clone() }, "暂停"),
            (
                Standing {
                    licence_valid_to: Some(day("2024-05-20")),
                    worked_until: Some(day("2024-05-31")),
                    ..sound.clone()
                },
                "2024年5月20日到期",
            ),
            (Standing { change_waits: true, ..sound.clone() }, "复核"),
            (Standing::default(), "没有登记"),
        ] {
            assert!(gate(&standing).unwrap().contains(says), "{says}");
        }
        let in_time =
            Standing { licence_valid_to: Some(day("2024-05-31")), worked_until: Some(day("2024-05-31")), ..sound };
        assert_eq!(gate(&in_time), None);
    }

    #[test]
    fn a_file_names_payee_account_and_amount_once() {
        assert_eq!(check_columns(&usual_columns()), Ok(()));
        let mut twice = usual_columns();
        twice.push(BankColumn { field: BankField::Amount, heading: "金额".to_owned() });
        assert!(check_columns(&twice).unwrap_err().contains("只能有一列"));
        let without: Vec<_> = usual_columns().into_iter().filter(|column| column.field != BankField::Account).collect();
        assert!(check_columns(&without).unwrap_err().contains("收款账号"));
    }
}
