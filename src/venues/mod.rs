//! Bureaus and their service points. Owns `bureaus` and `venues`.

pub mod db;
