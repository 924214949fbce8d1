//! The process that keeps the others. What it does is told in `hyper/supervise/main.go`; this is its other end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::error::ClusterError;

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Order<'a> {
    Start(Started<'a>),
    Stop(&'a str),
    Look(&'a str),
    Stay(bool),
}

/// A program to start.
#[derive(Debug, Serialize)]
pub(crate) struct Started<'a> {
    pub(crate) name: &'a str,
    pub(crate) path: &'a Path,
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<String>,
    pub(crate) log: &'a Path,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    pid: u32,
    ended: String,
    error: String,
}

/// The supervisor of one cluster. When this is dropped, its programs are gone and so is its folder.
#[derive(Debug)]
pub(crate) struct Supervisor {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    stays: bool,
    pids: BTreeMap<String, u32>,
}

impl Supervisor {
    /// Starts it on a cluster's folder; it holds the folder's lock when this returns.
    pub(crate) fn start(program: &Path, folder: &Path) -> Result<Self, ClusterError> {
        let log = folder.join("supervisor.log");
        // Its own file: with our stderr it would hold the terminal of a test that is long over.
        let told = File::create(&log).map_err(ClusterError::file(&log))?;
        let mut command = Command::new(program);
        command.arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(told);
        let mut process = command.spawn().map_err(ClusterError::file(program))?;
        let (orders, answers) = (process.stdin.take(), process.stdout.take());
        let answers = answers.ok_or_else(|| gone("it has no stdout"))?;
        let mut started = Self {
            process,
            orders,
            answers: BufReader::new(answers),
            stays: false,
            pids: BTreeMap::new(),
        };
        started.hear()?;
        Ok(started)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The programs that were started and not stopped, by name.
    pub(crate) fn pids(&self) -> &BTreeMap<String, u32> {
        &self.pids
    }

    pub(crate) fn run(&mut self, program: Started<'_>) -> Result<(), ClusterError> {
        let name = program.name.to_owned();
        let pid = self.obey(&Order::Start(program))?.pid;
        self.pids.insert(name, pid);
        Ok(())
    }

    /// Kills a program and waits until it is gone.
    pub(crate) fn stop(&mut self, name: &str) -> Result<(), ClusterError> {
        self.obey(&Order::Stop(name))?;
        self.pids.remove(name);
        Ok(())
    }

    /// How a program that was started has ended, if it has.
    pub(crate) fn ended(&mut self, name: &str) -> Result<Option<String>, ClusterError> {
        let ended = self.obey(&Order::Look(name))?.ended;
        Ok((!ended.is_empty()).then_some(ended))
    }

    /// Lets the supervisor and its programs live on when this process ends, until they get a signal.
    pub(crate) fn stay(&mut self) -> Result<(), ClusterError> {
        self.obey(&Order::Stay(true))?;
        self.stays = true;
        Ok(())
    }

    fn obey(&mut self, order: &Order<'_>) -> Result<Answer, ClusterError> {
        let mut line = serde_json::to_vec(order).map_err(|cause| gone(&cause.to_string()))?;
        line.push(b'\n');
        let orders = self.orders.as_mut().ok_or_else(|| gone("it is told nothing any more"))?;
        orders.write_all(&line).map_err(|cause| gone(&cause.to_string()))?;
        self.hear()
    }

    fn hear(&mut self) -> Result<Answer, ClusterError> {
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|cause| gone(&cause.to_string()))?;
        let answer = read_answer(&line)?;
        if answer.error.is_empty() { Ok(answer) } else { Err(gone(&answer.error)) }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.orders.take());
        if !self.stays {
            // Whoever dropped it may look for leftovers now.
            let _ended = self.process.wait();
        }
    }
}

fn read_answer(line: &str) -> Result<Answer, ClusterError> {
    if line.is_empty() {
        return Err(gone("it ended without an answer; its folder's supervisor.log may say why"));
    }
    serde_json::from_str(line).map_err(|cause| gone(&format!("{cause} in `{}`", line.trim_end())))
}

fn gone(reason: &str) -> ClusterError {
    ClusterError::Supervisor(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_one_line_with_one_field() {
        let order = Order::Start(Started {
            name: "etcd",
            path: Path::new("/b/etcd"),
            args: vec!["--a=b\nc".to_owned()],
            env: vec![],
            log: Path::new("/r/etcd.log"),
        });
        assert_eq!(
            serde_json::to_string(&order).unwrap(),
            r#"{"start":{"name":"etcd","path":"/b/etcd","args":["--a=b\nc"],"env":[],"log":"/r/etcd.log"}}"#
        );
        assert_eq!(serde_json::to_string(&Order::Stop("etcd")).unwrap(), r#"{"stop":"etcd"}"#);
        assert_eq!(serde_json::to_string(&Order::Stay(true)).unwrap(), r#"{"stay":true}"#);
    }

    #[test]
    fn fields_that_an_answer_leaves_out_are_empty() {
        let answer = read_answer("{\"pid\":7}\n").unwrap();
        assert_eq!((answer.pid, answer.ended.as_str(), answer.error.as_str()), (7, "", ""));
    }

    #[test]
    fn silence_and_nonsense_are_told_apart() {
        let silence = read_answer("").unwrap_err().to_string();
        assert!(silence.contains("ended without an answer"), "{silence}");
        let nonsense = read_answer("panic: oh\n").unwrap_err().to_string();
        assert!(nonsense.contains("in `panic: oh`"), "{nonsense}");
    }
}
