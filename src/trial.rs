//! The command `huifa trial`: a request on standard input, its answer on standard output.
//! It needs no database; the calculation itself is [`crate::subsidy::trial`].

use std::io::{self, Read, Write};
use std::process::ExitCode;

use crate::plan::{Calendar, Dictionary, Programme};
use crate::subsidy::trial::{Kind, answer};

/// A request or a command line that is not valid.
const INVALID: u8 = 2;

/// Runs one trial under the shipped programme. A request that is not valid ends with
/// status 2 and a line on `errors` for each fault; nothing is then written to `output`.
pub fn run(kind: &str, input: impl Read, output: impl Write, errors: impl Write) -> ExitCode {
    match try_run(kind, input, output, errors) {
        Ok(code) => code,
        Err(_) => ExitCode::FAILURE,
    }
}

fn try_run(kind: &str, mut input: impl Read, mut output: impl Write, mut errors: impl Write) -> io::Result<ExitCode> {
    let Some(kind) = Kind::from_code(kind) else {
        writeln!(errors, "usage: huifa trial duty-pay|case-subsidy < request.json")?;
        return Ok(ExitCode::from(INVALID));
    };
    let mut request = Vec::new();
    if let Err(error) = input.read_to_end(&mut request) {
        writeln!(errors, "request: cannot be read: {error}")?;
        return Ok(ExitCode::FAILURE);
    }
    let (programme, calendar) = (Programme::gaoping_2024(), Calendar::shipped());
    match answer(kind, &programme, &calendar, &request) {
        Ok(answer) => {
            writeln!(output, "{answer}")?;
            output.flush()?;
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            let told: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
            errors.write_all(told.as_bytes())?;
            errors.flush()?;
            Ok(ExitCode::from(INVALID))
        }
    }
}
