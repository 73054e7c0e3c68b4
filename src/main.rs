//! The commands of the program.

use std::io::Write as _;
use std::process::ExitCode;

mod commands;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match commands::run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "惠法没有启动：{error:#}");
            ExitCode::FAILURE
        }
    }
}
