//! The commands of the program.

fn main() {}
