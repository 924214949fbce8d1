//! Who may depend on whom, by what Cargo would link.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::finding::Finding;

/// A crate's place in the house, by its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    Core,
    Strategy,
    Sim,
    Provider,
    Report,
    Facade,
    Bench,
    Tool,
}

impl Layer {
    fn of(folder: &str) -> Option<Self> {
        match folder.split('/').collect::<Vec<_>>().as_slice() {
            [""] => Some(Self::Facade),
            ["xtask"] | ["xtask", _] => Some(Self::Tool),
            ["benches", _] => Some(Self::Bench),
            ["crates", "core"] => Some(Self::Core),
            ["crates", "report"] => Some(Self::Report),
            ["crates", "strategies", _] => Some(Self::Strategy),
            ["crates", "providers", "sim"] => Some(Self::Sim),
            ["crates", "providers", _] => Some(Self::Provider),
            _ => None,
        }
    }

    /// May a crate of this layer link one of that layer?
    fn may_link(self, other: Self) -> bool {
        match self {
            Self::Core => false,
            Self::Strategy => matches!(other, Self::Core | Self::Strategy),
            Self::Sim | Self::Provider | Self::Report => {
                !matches!(other, Self::Strategy | Self::Facade | Self::Bench | Self::Tool)
            }
            Self::Facade | Self::Bench => !matches!(other, Self::Bench | Self::Tool),
            Self::Tool => matches!(other, Self::Tool),
        }
    }

    /// Why a crate from outside has no place in this layer, if it has none.
    fn refuses(self, name: &str) -> Option<&'static str> {
        let kube = name == "kube" || name.starts_with("kube-");
        let outside = kube || matches!(name, "tokio" | "k8s-openapi" | "reqwest");
        match self {
            Self::Core | Self::Strategy if outside => {
                Some("core and strategies are pure: no runtime, no Kubernetes client, no network")
            }
            Self::Sim if kube => Some("the simulated cluster never sees a Kubernetes client"),
            Self::Core
            | Self::Strategy
            | Self::Sim
            | Self::Provider
            | Self::Report
            | Self::Facade
            | Self::Bench
            | Self::Tool => None,
        }
    }
}

/// A crate of the workspace and everything it links.
struct Member {
    name: String,
    /// Its manifest, from the root.
    manifest: String,
    /// Where each direct dependency stands in the manifest.
    lines: BTreeMap<String, usize>,
    links: BTreeSet<String>,
}

impl Member {
    fn folder(&self) -> &str {
        self.manifest.strip_suffix("Cargo.toml").unwrap_or_default().trim_end_matches('/')
    }

    fn finding(&self, name: &str, rule: &str) -> Finding {
        Finding::new(
            &self.manifest,
            self.lines.get(name).copied().unwrap_or(1),
            format!("{} links {name}: {rule}", self.name),
            format!(
                "see who brings it with `cargo tree -p {} -e normal --all-features -i {name}`",
                self.name
            ),
        )
    }
}

pub(crate) fn check(root: &Path) -> Result<Vec<Finding>, Box<dyn Error>> {
    Ok(judge(&members(root)?))
}

fn judge(members: &[Member]) -> Vec<Finding> {
    let layers: BTreeMap<&str, Layer> = members
        .iter()
        .filter_map(|member| Some((member.name.as_str(), Layer::of(member.folder())?)))
        .collect();
    members.iter().flat_map(|member| judge_one(member, &layers)).collect()
}

fn judge_one(member: &Member, layers: &BTreeMap<&str, Layer>) -> Vec<Finding> {
    let Some(layer) = layers.get(member.name.as_str()) else {
        let rule = format!("{} stands outside of the layers", member.name);
        return vec![Finding::new(
            &member.manifest,
            1,
            rule,
            "move it, or give its folder a layer in xtask",
        )];
    };
    let mut findings = Vec::new();
    for name in member.links.iter().filter(|name| **name != member.name) {
        let refused = match layers.get(name.as_str()) {
            Some(other) => (!layer.may_link(*other)).then_some(
                "strategies -> core <- providers and report; only the facade links them all, and nothing links it",
            ),
            None => None,
        };
        if let Some(rule) = refused.or_else(|| layer.refuses(name)) {
            findings.push(member.finding(name, rule));
        }
    }
    findings
}

fn members(root: &Path) -> Result<Vec<Member>, Box<dyn Error>> {
    let text = cargo(root, &["metadata", "--no-deps", "--locked", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&text)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata names no packages")?;
    packages.iter().map(|package| member(root, package)).collect()
}

fn member(root: &Path, package: &Value) -> Result<Member, Box<dyn Error>> {
    let name = package["name"].as_str().ok_or("a package without a name")?;
    let path = Path::new(package["manifest_path"].as_str().ok_or("a package without a manifest")?);
    let tree = cargo(
        root,
        &["tree", "-p", name, "-e", "normal", "--all-features", "--locked", "--prefix", "none"],
    )?;
    let manifest = std::fs::read_to_string(path)?;
    Ok(Member {
        name: name.to_owned(),
        manifest: path.strip_prefix(root)?.to_string_lossy().into_owned(),
        lines: manifest.lines().enumerate().map(|(i, line)| (first_word(line), i + 1)).collect(),
        links: tree.lines().map(first_word).collect(),
    })
}

/// `name` of `name v1.2.3 (path)`, `name.workspace = true` and `name = "1"`.
fn first_word(line: &str) -> String {
    line.split([' ', '.', '=']).next().unwrap_or_default().to_owned()
}

fn cargo(root: &Path, args: &[&str]) -> Result<String, Box<dyn Error>> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program).args(args).current_dir(root).output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("cargo {} failed: {told}", args.join(" ")).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(folder: &str, name: &str, links: &[&str]) -> Member {
        Member {
            name: name.to_owned(),
            manifest: format!("{folder}/Cargo.toml").trim_start_matches('/').to_owned(),
            lines: links.iter().zip(7..).map(|(link, line)| ((*link).to_owned(), line)).collect(),
            links: links.iter().map(|link| (*link).to_owned()).collect(),
        }
    }

    /// A house in order, with `links` added to the crate called `name`.
    fn house(name: &str, links: &[&str]) -> Vec<String> {
        let mut members = vec![
            member(
                "",
                "windlass",
                &["windlass-core", "windlass-rollout", "windlass-sim", "windlass-kube"],
            ),
            member("crates/core", "windlass-core", &["windlass-core", "serde"]),
            member(
                "crates/strategies/rollout",
                "windlass-rollout",
                &["windlass-core", "windlass-analysis"],
            ),
            member("crates/strategies/analysis", "windlass-analysis", &["windlass-core"]),
            member("crates/providers/sim", "windlass-sim", &["windlass-core"]),
            member("crates/providers/kube", "windlass-kube", &["windlass-core", "kube", "tokio"]),
            member("crates/providers/kind", "windlass-kind", &["windlass-core", "windlass-kube"]),
            member("crates/report", "windlass-report", &["windlass-core"]),
            member("benches/journal", "windlass-bench-journal", &["windlass-local", "rusqlite"]),
            member("crates/providers/local", "windlass-local", &["windlass-core"]),
            member("xtask", "xtask", &["serde_json", "windlass-cluster"]),
            member("xtask/cluster", "windlass-cluster", &["serde_json"]),
        ];
        for member in members.iter_mut().filter(|member| member.name == name) {
            member.links.extend(links.iter().map(|link| (*link).to_owned()));
        }
        judge(&members)
            .into_iter()
            .map(|f| f.rule.split(':').next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn a_house_in_order_has_no_findings() {
        assert_eq!(house("", &[]), Vec::<String>::new());
    }

    #[test]
    fn every_link_against_the_direction_is_found() {
        for (name, link) in [
            ("windlass-core", "windlass-sim"),
            ("windlass-core", "windlass-rollout"),
            ("windlass-core", "tokio"),
            ("windlass-rollout", "windlass-report"),
            ("windlass-rollout", "windlass-sim"),
            ("windlass-analysis", "reqwest"),
            ("windlass-analysis", "kube-client"),
            ("windlass-analysis", "k8s-openapi"),
            ("windlass-sim", "windlass-rollout"),
            ("windlass-sim", "kube"),
            ("windlass-kube", "windlass-rollout"),
            ("windlass-report", "windlass-analysis"),
            ("windlass-report", "windlass"),
            ("windlass-report", "windlass-bench-journal"),
            ("windlass", "windlass-bench-journal"),
            ("windlass-bench-journal", "xtask"),
            ("xtask", "windlass"),
            ("windlass-cluster", "windlass-core"),
            ("windlass-kube", "windlass-cluster"),
        ] {
            assert_eq!(house(name, &[link]), [format!("{name} links {link}")]);
        }
    }

    #[test]
    fn a_crate_in_no_known_folder_is_found() {
        let found = judge(&[member("crates/misc", "windlass-misc", &[])]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].file, "crates/misc/Cargo.toml");
    }

    #[test]
    fn a_finding_points_at_the_line_of_a_direct_dependency() {
        let found = judge(&[member("crates/core", "windlass-core", &["serde", "tokio"])]);
        assert_eq!((found[0].file.as_str(), found[0].line), ("crates/core/Cargo.toml", 8));
    }

    #[test]
    fn the_name_is_the_first_word_of_every_form() {
        for line in ["tokio v1.2.3 (*)", "tokio.workspace = true", "tokio = \"1\""] {
            assert_eq!(first_word(line), "tokio");
        }
    }
}
