//! The commands of the program.

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["trial", kind] => huifa::trial::run(
            kind,
            io::stdin().lock(),
            io::stdout().lock(),
            io::stderr().lock(),
        ),
        _ => ExitCode::from(2),
    }
}
