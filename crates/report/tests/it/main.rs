//! What people and programs get to see of a run.

#[cfg(test)]
mod golden;
#[cfg(test)]
mod ndjson;
#[cfg(test)]
mod page;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod story;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod terminal;
