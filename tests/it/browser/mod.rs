//! The main journeys in a real browser: headless Chromium, driven through WebDriver.

mod bank;
mod desk;
mod everywhere;
mod frame;
mod journey;
mod ledger;
mod pay;
mod roster;
mod screen;
