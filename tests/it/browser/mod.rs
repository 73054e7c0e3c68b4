//! The main journeys in a real browser: headless Chromium, driven through WebDriver.

mod bank;
mod cases;
mod desk;
mod everywhere;
mod frame;
mod journey;
mod journeys;
mod ledger;
mod moves;
mod paper;
mod passkeys;
mod pay;
mod pictures;
mod roster;
mod screen;
