//! Building, with a `go` that only pretends: what counts is who builds, when, and what is left of a build that fails.
//!
//! The child is this test binary itself, with that `go` first on its PATH.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a test that cannot do its part fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use windlass_cluster::{Folders, build};

const CHILD: &str = "WINDLASS_TEST_BUILDS_IN";

/// Builds into the folder it is told. As a test of its own it does nothing.
#[test]
fn child_builds() {
    let Some(root) = std::env::var_os(CHILD) else { return };
    let mut said = Vec::new();
    let built = build(&Folders::below(Path::new(&root)), &mut |step| said.push(step.to_owned()));
    println!("said {said:?}\n{}", built.map_or_else(|error| error.to_string(), |_| "done".into()));
}

/// Notes each call in `calls`, and makes small scripts where Go would make programs. A file `breaks` with a word of a
/// call makes that call fail.
const GO: &str = r#"#!/bin/sh
root=${0%/*}
echo "$*" >> "$root/calls"
if [ -e "$root/breaks" ] && echo "$*" | grep -q -- "$(cat "$root/breaks")"; then
    echo "no space left on device" >&2
    exit 1
fi
program() { printf '#!/bin/sh\ntouch "$6/sa.key" "$6/sa.pub"\n' > "$1"; chmod +x "$1"; }
case $1 in
version) echo "go version ${PRETEND:-go1.26.8} linux/amd64" ;;
build) while [ "$1" != -o ]; do shift; done; program "$2"; sleep 0.2 ;;
install) program "$GOBIN/kwok" ;;
mod) echo "{\"Dir\": \"$root/kwok\"}" ;;
esac
"#;

struct Workshop(tempfile::TempDir);

impl Workshop {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for stages in ["node/fast", "node/heartbeat-with-lease", "pod/fast"] {
            let folder = dir.path().join("kwok/kustomize/stage").join(stages);
            fs::create_dir_all(&folder).expect("made");
            fs::write(folder.join("a.yaml"), format!("kind: Stage # {stages}")).expect("written");
        }
        fs::write(dir.path().join("go"), GO).expect("written");
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(dir.path().join("go"), executable).expect("set");
        Self(dir)
    }

    fn builder(&self, path: &str, pretend: &str) -> Child {
        let mut command = Command::new(std::env::current_exe().expect("known"));
        command.args(["--exact", "child_builds", "--nocapture"]);
        command.env(CHILD, self.0.path().join("cache")).env("PRETEND", pretend).env("PATH", path);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
    }

    fn start(&self) -> Child {
        self.builder(&format!("{}:/usr/bin:/bin", self.0.path().display()), "go1.26.8")
    }

    fn build(&self) -> String {
        told(self.start().wait_with_output().expect("it ends"))
    }

    /// How often Go was called with this word in front.
    fn calls(&self, word: &str) -> usize {
        let calls = fs::read_to_string(self.0.path().join("calls")).unwrap_or_default();
        calls.lines().filter(|line| line.starts_with(word)).count()
    }

    fn folders(&self) -> Folders {
        Folders::below(&self.0.path().join("cache"))
    }

    fn drafts(&self) -> usize {
        let entries = fs::read_dir(self.0.path().join("cache")).expect("there");
        let names = entries.map(|entry| entry.expect("readable").file_name());
        names.filter(|name| name.to_string_lossy().starts_with("draft")).count()
    }

    /// What stands in the folder of the build.
    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folders().programs()).expect("it is built");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

fn told(output: Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_build_has_every_program_under_its_name_the_stages_and_the_key() {
    let workshop = Workshop::new();
    let said = workshop.build();
    assert!(said.contains("done"), "{said}");
    let wanted = "etcd hyper kube-apiserver kube-controller-manager kube-proxy kube-scheduler kubeadm kubectl kubelet \
                  kwok nodes.yaml pods.yaml sa.key sa.pub supervise";
    assert_eq!(workshop.files().join(" "), wanted);
    let nodes =
        fs::read_to_string(workshop.folders().programs().join("nodes.yaml")).expect("there");
    assert_eq!(nodes, "kind: Stage # node/fast\n---\nkind: Stage # node/heartbeat-with-lease");
}

#[test]
fn two_builders_at_once_build_once() {
    let workshop = Workshop::new();
    let builders = [workshop.start(), workshop.start(), workshop.start()];
    for builder in builders {
        let said = told(builder.wait_with_output().expect("it ends"));
        assert!(said.contains("done"), "{said}");
    }
    assert_eq!((workshop.calls("build"), workshop.calls("install")), (2, 1));
}

#[test]
fn a_build_that_breaks_is_told_and_is_no_build_and_the_next_one_is_whole() {
    let workshop = Workshop::new();
    fs::write(workshop.0.path().join("breaks"), "install").expect("written");
    let said = workshop.build();
    assert!(said.contains("cmd/kwok@") && said.contains("no space left on device"), "{said}");
    assert!(workshop.folders().built().is_err());

    fs::remove_file(workshop.0.path().join("breaks")).expect("removed");
    assert!(workshop.build().contains("done"));
    assert!(workshop.folders().built().is_ok());
}

#[test]
fn a_builder_that_is_killed_leaves_nothing_that_is_taken_for_a_build() {
    let workshop = Workshop::new();
    let mut killed = workshop.start();
    while workshop.calls("build") == 0 {
        assert!(killed.try_wait().expect("known").is_none(), "it was still to build");
        std::thread::yield_now();
    }
    killed.kill().expect("killed");
    killed.wait().expect("ended");
    assert!(workshop.folders().built().is_err());
    assert!(workshop.build().contains("done"));
    assert_eq!(workshop.files().len(), 15);
    assert_eq!(workshop.drafts(), 0);
}

#[test]
fn without_go_or_with_an_old_one_the_line_says_what_is_needed() {
    let workshop = Workshop::new();
    let path = format!("{}:/usr/bin:/bin", workshop.0.path().display());
    for (path, pretend, line) in [
        ("/nowhere", "", "no `go` on PATH: Go 1.26 or later"),
        (path.as_str(), "go1.19.8", "go version go1.19.8 linux/amd64 is too old: Go 1.26 or later"),
    ] {
        let said = told(workshop.builder(path, pretend).wait_with_output().expect("it ends"));
        assert!(said.contains(line), "{said}");
    }
    assert_eq!(workshop.calls("build"), 0);
}
