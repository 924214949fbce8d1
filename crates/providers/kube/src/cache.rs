//! What is known of a namespace: its objects as the watches have told them, and how fresh that is.

mod behind;
mod feed;
mod kept;
mod pods;
mod space;
mod told;

pub(crate) use behind::Behind;
pub(crate) use feed::{FEEDS, FeedId};
pub(crate) use kept::Kept;
pub(crate) use space::Space;
pub(crate) use told::Told;
