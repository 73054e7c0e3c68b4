//! The main journeys in a real browser: headless Chromium, driven through WebDriver.

mod bank;
mod frame;
mod journey;
mod ledger;
mod roster;
mod screen;
