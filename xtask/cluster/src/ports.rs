//! Free ports on 127.0.0.1, as the kernel gives them out.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The ports of one cluster. The other programs listen on none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// The API server's, HTTPS.
    pub api: u16,
    /// etcd's for its clients, HTTP.
    pub etcd: u16,
    /// etcd's for its peers, of which there are none.
    pub peer: u16,
}

impl Ports {
    /// Three that are free now. Somebody else may take one before it is used: then the program says so, and the start is
    /// tried again with others.
    pub(crate) fn free() -> io::Result<Self> {
        // All are held until all are known, so that they differ.
        let held = [listen()?, listen()?, listen()?];
        let [api, etcd, peer] = held.each_ref().map(|it| it.local_addr().map(|at| at.port()));
        Ok(Self { api: api?, etcd: etcd?, peer: peer? })
    }
}

fn listen() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}

/// Does somebody listen there?
pub(crate) fn answers(port: u16) -> bool {
    let address = (Ipv4Addr::LOCALHOST, port).into();
    TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()
}

/// Does a program say in its log that its port was taken?
pub(crate) fn was_taken(log: &str) -> bool {
    log.contains("address already in use")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ports_of_a_cluster_differ() {
        let ports = Ports::free().unwrap();
        assert!(ports.api != ports.etcd && ports.etcd != ports.peer && ports.api != ports.peer);
    }

    #[test]
    fn a_port_answers_while_somebody_listens() {
        let listener = listen().unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(answers(port));
        drop(listener);
        assert!(!answers(port));
    }

    #[test]
    fn a_taken_port_is_read_from_the_words_of_either_program() {
        assert!(was_taken("listen tcp 127.0.0.1:2379: bind: address already in use"));
        assert!(!was_taken("connection refused"));
    }
}
