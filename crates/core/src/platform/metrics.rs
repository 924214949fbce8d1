//! Where evidence comes from.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::evidence::{NoEvidence, Reading};
use crate::id::{AppRef, PodHash};
use crate::time::{Span, Timestamp};

/// What is measured of one side of an app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Measure {
    /// Failed requests per request, 0 to 1.
    ErrorRate,
    /// A quantile of the response time, in seconds.
    Latency {
        /// The quantile in hundredths of a percent: 9,900 is p99.
        quantile: u16,
    },
    /// Requests answered in the window.
    Requests,
    /// A query in the source's own language; `{{hash}}` and `{{window}}` are filled in.
    Query(String),
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Measure::ErrorRate => f.write_str("error rate"),
            Measure::Latency { quantile } if quantile % 100 == 0 => {
                write!(f, "latency p{}", quantile / 100)
            }
            Measure::Latency { quantile } => {
                write!(f, "latency p{}.{:02}", quantile / 100, quantile % 100)
            }
            Measure::Requests => f.write_str("requests"),
            Measure::Query(query) => f.write_str(query),
        }
    }
}

/// One question to a metrics source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricQuery {
    /// What is measured.
    pub measure: Measure,
    /// The side it is measured of, by the hash of its pods.
    pub side: PodHash,
    /// How far back it reaches from now.
    pub window: Span,
}

/// A source of metrics.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Metrics: Debug + Send + Sync {
    /// Answers one question as of now, with the end of the window that the answer speaks of.
    /// A failing source answers [`NoEvidence::SourceFailed`]; there is no other error.
    async fn query(
        &self,
        app: &AppRef,
        query: &MetricQuery,
    ) -> (Timestamp, Result<Reading, NoEvidence>);
}

const _: fn(&dyn Metrics) = |_| {};
