//! The integration tests, one program laid out as the house is.

#[cfg(test)]
mod rules;
#[cfg(test)]
mod trial;
