//! The main journeys in a real browser: headless Chromium, driven through WebDriver.

mod frame;
mod journey;
mod screen;
