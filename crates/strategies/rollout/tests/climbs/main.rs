//! Climbs in the simulator: with every fault, under oracles that know nothing of the climb.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod asking;
mod buggy;
mod bugs;
mod crash;
mod faults;
mod hostile;
mod lab;
mod plain;
mod points;
mod steering;
mod told;
mod vandal;
mod weather;
