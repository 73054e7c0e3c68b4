//! The main journeys in a real browser: headless Chromium, driven through WebDriver.

mod journey;
mod ledger;
mod screen;
