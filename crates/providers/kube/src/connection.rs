//! The connection to one API server. Every request has a deadline of its own; reads are repeated a few
//! times, writes never: whoever decided them decides again.

use std::fmt;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};
use kube::Client;
use kube::core::WatchEvent;
use serde::de::DeserializeOwned;
use tokio::time::{sleep, timeout};
use windlass_core::platform::{Fault, Refusal};
use windlass_core::time::Span;

use crate::fault;

/// How long to wait before a read is repeated.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(400), Duration::from_millis(1_600)];

/// A request as the client library builds it.
pub(crate) type Request = Result<http::Request<Vec<u8>>, kube::core::request::Error>;

/// A client with a deadline.
#[derive(Clone)]
pub(crate) struct Connection {
    client: Client,
    deadline: Span,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl Connection {
    pub(crate) fn new(client: Client, deadline: Span) -> Self {
        Self { client, deadline }
    }

    /// Reads something; a transient fault is waited out a little while.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        request: impl Fn() -> Request,
    ) -> Result<T, Fault> {
        for pause in PAUSES {
            match self.read_once(request()).await {
                Err(Fault::Refused(Refusal::Throttled { after })) if after < self.deadline => {
                    sleep(duration(after)).await;
                }
                Err(Fault::Refused(Refusal::Unavailable { .. })) => sleep(pause).await,
                end => return end,
            }
        }
        self.read_once(request()).await
    }

    /// Reads something that may not be there.
    pub(crate) async fn find<T: DeserializeOwned>(
        &self,
        request: impl Fn() -> Request,
    ) -> Result<Option<T>, Fault> {
        match self.read(request).await {
            Ok(found) => Ok(Some(found)),
            Err(Fault::Refused(Refusal::Missing)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    async fn read_once<T: DeserializeOwned>(&self, request: Request) -> Result<T, Fault> {
        let request = request.map_err(built)?;
        match timeout(duration(self.deadline), self.client.request(request)).await {
            Ok(end) => end.map_err(fault::of_read),
            Err(_) => {
                let reason = format!("no answer within {}", self.deadline);
                Err(Refusal::Unavailable { reason }.into())
            }
        }
    }

    /// Sends one write, once.
    pub(crate) async fn write<T: DeserializeOwned>(&self, request: Request) -> Result<T, Fault> {
        let request = request.map_err(built)?;
        match timeout(duration(self.deadline), self.client.request(request)).await {
            Ok(end) => end.map_err(fault::of_write),
            Err(_) => Err(fault::no_answer(self.deadline)),
        }
    }

    /// Opens a watch. The stream has no deadline: whoever reads it has one.
    pub(crate) async fn watch<T: Clone + DeserializeOwned + 'static>(
        &self,
        request: Request,
    ) -> Result<impl Stream<Item = Result<WatchEvent<T>, Fault>> + use<T>, Fault> {
        let request = request.map_err(built)?;
        let opened = timeout(duration(self.deadline), self.client.request_events(request)).await;
        let events = opened.map_err(|_| fault::no_answer(self.deadline))?;
        Ok(events.map_err(fault::of_read)?.map(|event| event.map_err(fault::of_read)))
    }
}

fn built(error: kube::core::request::Error) -> Fault {
    Refusal::Invalid { reason: format!("the request cannot be built: {error}") }.into()
}

pub(crate) fn duration(span: Span) -> Duration {
    Duration::from_millis(span.as_millis())
}
