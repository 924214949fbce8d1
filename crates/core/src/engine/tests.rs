//! The kernel held to its claims, with a toy machine in a toy world.

mod audit;
mod crash;
mod drive;
mod lab;
mod run;
mod signals;
mod time;
mod toy;
mod world;
