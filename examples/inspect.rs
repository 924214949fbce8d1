//! Says what windlass understands of any Kubernetes manifests, without a cluster.
//!
//! ```text
//! cargo run --example inspect -- [--print yaml|json] FILE...
//! ```
//!
//! Each object is one line: where it starts, what it is, the facts that matter for a release. Below
//! stands what would go wrong with them, all files taken as one application. With `--print` the
//! documents are printed back instead, whatever they mean. `-` reads the standard input. Without a
//! file it looks at the application of the other examples. Ends with exit code 1 when something
//! cannot be read; everything that is wrong in all files is said at once.
//!
//! golden: examples/broken.yaml -> inspect_broken.txt exit 1

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::{Read, Write};
use std::process::ExitCode;
use std::sync::Arc;

use windlass::finding::Listing;
use windlass::manifest::{self, Manifest, Position};
use windlass::model::view::{Body, DeploymentView, Floor, Object, Objects, PodSpec};
use windlass::model::{DeploymentStrategy, Replicas};
use windlass::rollout::preflight::{ClusterFacts, preflight};

const APPLICATION: &str = "examples/threat-detection.yaml";

fn main() -> ExitCode {
    match Order::from_args(std::env::args().skip(1)) {
        Ok(order) => order.run(),
        Err(message) => {
            tell(&mut std::io::stderr(), &format!("{message}\n"));
            ExitCode::from(2)
        }
    }
}

/// What the user asked for.
struct Order {
    print: Option<Print>,
    files: Vec<String>,
}

#[derive(Clone, Copy)]
enum Print {
    Yaml,
    Json,
}

impl Order {
    fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut order = Order { print: None, files: Vec::new() };
        while let Some(arg) = args.next() {
            if arg == "--print" {
                order.print = Some(match args.next().as_deref() {
                    Some("yaml") => Print::Yaml,
                    Some("json") => Print::Json,
                    _ => return Err("--print takes `yaml` or `json`".to_owned()),
                });
            } else if arg.starts_with("--") {
                return Err(format!(
                    "unknown option {arg}; usage: inspect [--print yaml|json] FILE..."
                ));
            } else {
                order.files.push(arg);
            }
        }
        if order.files.is_empty() {
            order.files.push(APPLICATION.to_owned());
        }
        Ok(order)
    }

    fn run(&self) -> ExitCode {
        let mut errors = Errors::default();
        let mut manifests = Vec::new();
        for file in &self.files {
            manifests.extend(read(file, &mut errors));
        }
        if let Some(form) = self.print {
            tell(&mut std::io::stdout(), &printed(&manifests, form));
            tell(&mut std::io::stderr(), &errors.to_string());
        } else {
            tell(&mut std::io::stdout(), &report(&manifests, &mut errors));
        }
        if errors.lines.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// What cannot be read, by file and place.
#[derive(Default)]
struct Errors {
    lines: Vec<(Arc<str>, Position, String)>,
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|(_, _, line)| writeln!(f, "x error  {line}"))
    }
}

/// A closed pipe ends the output, not the program.
fn tell(to: &mut impl Write, text: &str) {
    if to.write_all(text.as_bytes()).is_err() {
        std::process::exit(0);
    }
}

/// The documents of a file that can be read.
fn read(file: &str, errors: &mut Errors) -> Vec<Manifest> {
    // One byte more than is read tells a file that is too large.
    let most = manifest::MAX_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let read = match file {
        "-" => std::io::stdin().take(most).read_to_end(&mut bytes),
        _ => std::fs::File::open(file).and_then(|from| from.take(most).read_to_end(&mut bytes)),
    };
    if let Err(error) = read {
        errors.lines.push((file.into(), Position::default(), format!("{file}: {error}")));
        return Vec::new();
    }
    match manifest::parse(file, &bytes) {
        Ok(manifests) => manifests,
        Err(unread) => {
            let lines = unread.errors.iter().map(|it| (it.file.clone(), it.at, it.to_string()));
            errors.lines.extend(lines);
            unread.sound
        }
    }
}

fn printed(manifests: &[Manifest], form: Print) -> String {
    let mut out = String::new();
    for (nth, manifest) in manifests.iter().enumerate() {
        match form {
            Print::Yaml => {
                out.push_str(if nth == 0 { "" } else { "---\n" });
                out.push_str(&manifest::to_yaml(&manifest.root));
            }
            Print::Json => out.push_str(&manifest::to_json(&manifest.root)),
        }
    }
    out
}

/// A line for each object under its file, then what should be mended, then what must be.
fn report(manifests: &[Manifest], errors: &mut Errors) -> String {
    let mut objects = Vec::new();
    for manifest in manifests {
        let read = Objects::read([manifest]);
        if read.errors.is_empty() {
            objects.extend(read.objects);
        }
        let lines = read.errors.iter().map(|it| (it.file.clone(), it.at, it.to_string()));
        errors.lines.extend(lines);
    }
    errors.lines.sort();
    let findings = preflight(&objects, &ClusterFacts::default(), &BTreeMap::new());
    let warnings: Vec<_> = manifests.iter().flat_map(|manifest| &manifest.warnings).collect();
    let mut out = table(&objects);
    let _infallible = write!(out, "{}", Listing(&findings));
    for warning in &warnings {
        let _infallible = writeln!(out, "! warn   {warning}");
    }
    let understood = objects.iter().filter(|it| !matches!(it.body, Body::Other)).count();
    let _infallible = writeln!(
        out,
        "{errors}{} read, {understood} understood, {} only carried along; {}, {}, {} in the files",
        count(objects.len(), "object"),
        objects.len() - understood,
        count(findings.len(), "finding"),
        count(warnings.len(), "warning"),
        count(errors.lines.len(), "error"),
    );
    out
}

fn table(objects: &[Object]) -> String {
    let mut out = String::new();
    let width = objects.iter().map(|object| object.title().chars().count()).max().unwrap_or(0);
    let mut file = None;
    for object in objects {
        if file != Some(&object.place.file) {
            let _infallible = writeln!(out, "{}", object.place.file);
            file = Some(&object.place.file);
        }
        let line = object.place.at.line;
        let _infallible = writeln!(out, "{line:>5}  {:<width$}  {}", object.title(), facts(object));
    }
    out
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn pods(replicas: Replicas) -> String {
    count(replicas.get() as usize, "pod")
}

/// What matters for a release, in one line.
fn facts(object: &Object) -> String {
    match &object.body {
        Body::Deployment(it) => deployment(it),
        Body::Workload(it) => format!("{}, {}", pods(it.replicas.value), pod(&it.template.spec)),
        Body::Pod(it) => pod(&it.spec),
        Body::Service(it) => {
            let ports: Vec<_> = it.ports.iter().map(|port| port.port.to_string()).collect();
            format!("{} on {} to pods with {}", it.kind, ports.join(", "), it.selector.value)
        }
        Body::Autoscaler(it) => format!(
            "{} to {} pods of {} {} by {}",
            it.min,
            it.max.value,
            it.target.kind,
            it.target.name.value,
            count(it.metrics.len(), "metric")
        ),
        Body::Budget(it) => match it.floor.value {
            Floor::Available(kept) => format!("keeps {kept} pods"),
            Floor::Missing(missing) => format!("lets {missing} pods go"),
        },
        Body::Claim(it) => {
            let storage = it.storage.as_ref().map(|size| size.value.to_string());
            let modes: Vec<_> = it.access_modes.iter().map(|mode| mode.value.to_string()).collect();
            let class = it.storage_class.as_deref().unwrap_or("of the default class");
            format!("{} {} {class}", storage.unwrap_or_default(), modes.join(", "))
        }
        Body::ConfigMap(it) => count(it.data.len() + it.binary.len(), "key"),
        Body::Secret(it) => count(it.data.len() + it.texts.len(), "key"),
        Body::Other => format!("of {}, only carried along", object.api_version),
    }
}

fn deployment(it: &DeploymentView) -> String {
    let strategy = match it.strategy {
        DeploymentStrategy::Recreate => "recreated".to_owned(),
        DeploymentStrategy::RollingUpdate(limits) => {
            format!("rolling +{} -{}", limits.surge(), limits.unavailable())
        }
    };
    format!("{}, {strategy}, {}", pods(it.replicas.value), pod(&it.template.spec))
}

fn pod(spec: &PodSpec) -> String {
    match spec.containers.as_slice() {
        [container] => match &container.image {
            Some(image) => image.value.to_string(),
            None => format!("container {} without an image", container.name),
        },
        containers => count(containers.len(), "container"),
    }
}
