//! The integration tests: one binary, laid out as the house is.

#[cfg(test)]
mod browser;
#[cfg(test)]
mod check;
#[cfg(test)]
mod database;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod server;
#[cfg(test)]
mod support;
#[cfg(test)]
mod trial;
#[cfg(test)]
mod walls;
