//! The main journeys in a real browser: headless Chromium, driven through WebDriver.

mod journey;
mod pay;
mod screen;
