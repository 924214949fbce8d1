//! Questions the kubelet asks a container, and what it runs at its start and end.

use super::place::Place;
use super::read::{port_ref, seconds, text, texts};
use crate::manifest::Cursor;
use crate::model::words::words;
use crate::model::{Port, PortRef};
use crate::time::Span;

/// A liveness, readiness or startup probe. Defaults are filled in as Kubernetes does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What is asked.
    pub handler: Handler,
    /// Wait before the first question; 0 where nothing is said.
    pub initial_delay: Span,
    /// Between two questions; 10 s where nothing is said.
    pub period: Span,
    /// How long an answer may take; 1 s where nothing is said.
    pub timeout: Span,
    /// Good answers in a row that count; 1 where nothing is said.
    pub success_threshold: u32,
    /// Bad answers in a row that count; 3 where nothing is said.
    pub failure_threshold: u32,
    /// Where it is written.
    pub place: Place,
}

/// What a probe or a lifecycle hook does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handler {
    /// Runs a command in the container; status 0 is good.
    Exec(Vec<Box<str>>),
    /// Sends an HTTP GET; a status from 200 to 399 is good.
    HttpGet(HttpGet),
    /// Opens a TCP connection.
    TcpSocket {
        /// The port.
        port: PortRef,
        /// The pod's address where no host is named.
        host: Option<Box<str>>,
    },
    /// Asks the gRPC health service.
    Grpc {
        /// The port.
        port: Port,
        /// The service to ask for; the server as a whole where none is named.
        service: Option<Box<str>>,
    },
    /// Waits; only in lifecycle hooks.
    Sleep(Span),
    /// A handler that is not modelled, by its field name.
    Other(Box<str>),
}

/// An HTTP GET request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpGet {
    /// `/` where nothing is said.
    pub path: Box<str>,
    /// The port.
    pub port: PortRef,
    /// The pod's address where no host is named.
    pub host: Option<Box<str>>,
    /// Plain or encrypted; plain where nothing is said.
    pub scheme: Scheme,
    /// Extra headers, name and value, in order.
    pub headers: Vec<(Box<str>, Box<str>)>,
}

words! {
    /// How an HTTP probe connects.
    pub Scheme {
        /// In the clear.
        Http = "HTTP",
        /// With TLS; certificates are not checked.
        Https = "HTTPS",
    }
}

/// Hooks at the start and the end of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// Runs right after the start.
    pub post_start: Option<Handler>,
    /// Runs before the container is told to stop, within the grace period.
    pub pre_stop: Option<Handler>,
}

/// The fields of a handler, in the order of the API.
const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
/// The fields of a probe beside its handler.
const SETTINGS: [&str; 6] = [
    "initialDelaySeconds",
    "periodSeconds",
    "timeoutSeconds",
    "successThreshold",
    "failureThreshold",
    "terminationGracePeriodSeconds",
];

impl Probe {
    pub(super) fn read(cursor: &Cursor<'_>) -> Option<Self> {
        cursor.node()?;
        let count = |name, default| cursor.field(name).int().unwrap_or(default);
        let span = |name, default| seconds(&cursor.field(name)).unwrap_or(Span::seconds(default));
        let handler = Handler::read(cursor);
        let initial_delay = span("initialDelaySeconds", 0);
        Some(Probe {
            initial_delay,
            period: span("periodSeconds", 10),
            timeout: span("timeoutSeconds", 1),
            success_threshold: count("successThreshold", 1),
            failure_threshold: count("failureThreshold", 3),
            place: Place::of(cursor),
            handler: handler?,
        })
    }
}

impl Lifecycle {
    pub(super) fn read(cursor: &Cursor<'_>) -> Self {
        let hook = |name| {
            let hook = cursor.field(name);
            hook.is_present().then(|| Handler::read(&hook)).flatten()
        };
        Lifecycle { post_start: hook("postStart"), pre_stop: hook("preStop") }
    }
}

impl Handler {
    fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let mut known = HANDLERS.into_iter().map(|name| (name, cursor.field(name)));
        let Some((name, action)) = known.find(|(_, action)| action.is_present()) else {
            return Self::unknown(cursor);
        };
        if let Some((second, action)) = known.find(|(_, action)| action.is_present()) {
            action.invalid(TwoHandlers { first: name, second });
        }
        match name {
            "exec" => Some(Handler::Exec(texts(&action.field("command")))),
            "httpGet" => HttpGet::read(&action).map(Handler::HttpGet),
            "tcpSocket" => {
                let host = text(&action.field("host"));
                Some(Handler::TcpSocket { port: port_ref(&action.required("port"))?, host })
            }
            "grpc" => {
                let service = text(&action.field("service"));
                let port = super::read::checked(&action.required("port"));
                Some(Handler::Grpc { port: port?, service })
            }
            _ => seconds(&action.required("seconds")).map(Handler::Sleep),
        }
    }

    /// A handler of a later API release, or none at all.
    fn unknown(cursor: &Cursor<'_>) -> Option<Self> {
        let other =
            cursor.entries().map(|(name, _)| name).find(|name| !SETTINGS.contains(&&***name));
        match other {
            Some(name) => Some(Handler::Other((&**name).into())),
            None => {
                cursor.invalid(NoHandler);
                None
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{first} and {second} are both given; keep one of them")]
struct TwoHandlers {
    first: &'static str,
    second: &'static str,
}

#[derive(Debug, thiserror::Error)]
#[error("says nothing to do; write exec, httpGet, tcpSocket or grpc")]
struct NoHandler;

impl HttpGet {
    fn read(cursor: &Cursor<'_>) -> Option<Self> {
        let port = port_ref(&cursor.required("port"));
        let headers = cursor.field("httpHeaders").items().filter_map(|header| {
            let name = text(&header.required("name"));
            let value = text(&header.field("value")).unwrap_or_default();
            Some((name?, value))
        });
        let headers = headers.collect();
        let scheme = cursor.field("scheme");
        let scheme = scheme.is_present().then(|| scheme.parse()).flatten();
        Some(HttpGet {
            path: text(&cursor.field("path")).unwrap_or_else(|| "/".into()),
            host: text(&cursor.field("host")),
            scheme: scheme.unwrap_or(Scheme::Http),
            headers,
            port: port?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{self, Problems};

    fn read(yaml: &str) -> (Option<Probe>, Vec<String>) {
        let manifest = manifest::parse("p.yaml", yaml.as_bytes()).unwrap().remove(0);
        let problems = Problems::new();
        let probe = Probe::read(&manifest.cursor(&problems));
        (probe, problems.into_errors().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn defaults_are_those_of_kubernetes() {
        let (probe, errors) = read("httpGet: {port: 8080}");
        assert!(errors.is_empty());
        let probe = probe.unwrap();
        let spans = [probe.initial_delay, probe.period, probe.timeout].map(Span::as_seconds);
        assert_eq!(spans, [0, 10, 1]);
        assert_eq!((probe.success_threshold, probe.failure_threshold), (1, 3));
    }

    #[test]
    fn every_handler_is_read() {
        let handler = |yaml: &str| read(yaml).0.unwrap().handler;
        assert_eq!(handler("exec: {command: [a, b]}"), Handler::Exec(vec!["a".into(), "b".into()]));
        assert!(matches!(handler("tcpSocket: {port: http}"), Handler::TcpSocket { .. }));
        assert!(matches!(handler("grpc: {port: 9000}"), Handler::Grpc { service: None, .. }));
        let Handler::HttpGet(get) =
            handler("httpGet: {port: 1, scheme: HTTPS, httpHeaders: [{name: a, value: b}]}")
        else {
            panic!("another handler")
        };
        assert_eq!((&*get.path, get.scheme), ("/", Scheme::Https));
        assert_eq!(get.headers, [("a".into(), "b".into())]);
        assert_eq!(
            handler("{fromTheFuture: {}, periodSeconds: 1}"),
            Handler::Other("fromTheFuture".into())
        );
    }

    #[test]
    fn none_and_two_handlers_are_refused() {
        assert_eq!(
            read("periodSeconds: 5").1,
            ["p.yaml:1:1: says nothing to do; write exec, httpGet, tcpSocket or grpc"]
        );
        let (_, errors) = read("{exec: {command: [a]}, tcpSocket: {port: 1}}");
        assert!(errors[0].contains("exec and tcpSocket are both given"), "{errors:?}");
    }

    #[test]
    fn a_probe_without_a_port_is_refused_at_its_line() {
        let (probe, errors) = read("httpGet:\n  path: /x\n");
        assert_eq!(probe, None);
        assert_eq!(errors, ["p.yaml:2:3: httpGet.port: required field is missing"]);
    }
}
