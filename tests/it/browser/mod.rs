//! The main journeys in a real browser: headless Chromium, driven through WebDriver.

mod desk;
mod journey;
mod screen;
