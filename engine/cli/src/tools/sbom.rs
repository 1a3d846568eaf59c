//! `sidetone sbom`: what this program is made of, for whoever looks for known weaknesses in it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Outcome;

/// Print all that is compiled in, as CycloneDX 1.5 (JSON): names, versions, checksums, and what needs what.
#[derive(Args, Debug)]
pub struct SbomArgs {}

/// What the program was built from: versions and checksums of all packages.
const LOCK: &str = include_str!("../../../../Cargo.lock");
/// Our packages. The lock does not tell what only their tests need; that of others is not in it.
const MANIFESTS: [&str; 15] = [
    include_str!("../../Cargo.toml"),
    include_str!("../../../access/Cargo.toml"),
    include_str!("../../../audit/Cargo.toml"),
    include_str!("../../../core/Cargo.toml"),
    include_str!("../../../doors/Cargo.toml"),
    include_str!("../../../language/Cargo.toml"),
    include_str!("../../../media/Cargo.toml"),
    include_str!("../../../server/Cargo.toml"),
    include_str!("../../../soap/Cargo.toml"),
    include_str!("../../../types/Cargo.toml"),
    include_str!("../../../vault/Cargo.toml"),
    include_str!("../../../../kb/Cargo.toml"),
    include_str!("../../../../models/Cargo.toml"),
    include_str!("../../../../models/weights/Cargo.toml"),
    include_str!("../../../../proto/Cargo.toml"),
];
/// The package of the program.
const PROGRAM: &str = env!("CARGO_PKG_NAME");
/// Where packages come from that have an address of this form.
const REGISTRY: &str = "registry+";
const OURS: &str = "MIT OR Apache-2.0";
const SCOPE: &str = "packages for any platform, those that only take part in the build among them, and a few of \
                     features that are off; without those that only tests need";

/// Runs the command.
pub fn run(_: &SbomArgs) -> anyhow::Result<Outcome> {
    let text = serde_json::to_string_pretty(&bill()?)?;
    writeln!(io::stdout(), "{text}")?;
    Ok(Outcome::Done)
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    /// `name`, with a version behind it where there are several.
    #[serde(default)]
    dependencies: Vec<String>,
}

#[derive(Deserialize)]
struct Manifest {
    package: Named,
    #[serde(default)]
    dependencies: toml::Table,
    #[serde(default, rename = "build-dependencies")]
    build: toml::Table,
    #[serde(default, rename = "dev-dependencies")]
    tests: toml::Table,
    #[serde(default)]
    target: BTreeMap<String, ForTarget>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct ForTarget {
    #[serde(default)]
    dependencies: toml::Table,
}

impl Manifest {
    /// What its tests need and nothing else of it.
    fn for_tests_alone(self) -> BTreeSet<String> {
        let mut targets = self.target.values();
        let mut needed = |name: &String| {
            self.dependencies.contains_key(name)
                || self.build.contains_key(name)
                || targets.any(|target| target.dependencies.contains_key(name))
        };
        let tests = self.tests.keys();
        tests.filter(|name| !needed(name)).cloned().collect()
    }
}

impl Package {
    fn is_ours(&self) -> bool {
        self.source.is_none()
    }

    /// What it is called in the bill: its purl, where others can look it up by that.
    fn reference(&self) -> String {
        match &self.source {
            Some(source) if source.starts_with(REGISTRY) => self.purl(),
            _ => format!("{}@{}", self.name, self.version),
        }
    }

    /// A `+` would be a space there.
    fn purl(&self) -> String {
        let version = self.version.replace('+', "%2B");
        format!("pkg:cargo/{}@{version}", self.name)
    }

    fn component(&self) -> Value {
        let mut component = json!({
            "type": if self.name == PROGRAM { "application" } else { "library" },
            "bom-ref": self.reference(),
            "name": self.name,
            "version": self.version,
        });
        if self.is_ours() {
            component["licenses"] = json!([{ "expression": OURS }]);
        } else {
            component["purl"] = self.purl().into();
        }
        if let Some(checksum) = &self.checksum {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
        }
        component
    }
}

/// All that the program is made of, and what needs what.
fn bill() -> anyhow::Result<Value> {
    let lock: Lock = toml::from_str(LOCK)?;
    let needs = needs(&lock)?;
    let others = needs.keys().filter(|at| lock.package[**at].name != PROGRAM);
    let program = needs.keys().find(|at| lock.package[**at].name == PROGRAM);
    let program = program.map(|at| {
        let mut program = lock.package[*at].component();
        program["name"] = "sidetone".into();
        program
    });
    let references = |all: &BTreeSet<usize>| -> Vec<String> {
        all.iter().map(|at| lock.package[*at].reference()).collect()
    };
    let dependencies = needs.iter().map(
        |(at, all)| json!({ "ref": lock.package[*at].reference(), "dependsOn": references(all) }),
    );
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": program,
            "properties": [{ "name": "sidetone:scope", "value": SCOPE }],
        },
        "components": others.map(|at| lock.package[*at].component()).collect::<Vec<_>>(),
        "dependencies": dependencies.collect::<Vec<_>>(),
    }))
}

/// The places of all packages that the program needs, and of those that each of them needs.
fn needs(lock: &Lock) -> anyhow::Result<BTreeMap<usize, BTreeSet<usize>>> {
    let mut tests = BTreeMap::new();
    for manifest in MANIFESTS {
        let manifest: Manifest = toml::from_str(manifest)?;
        tests.insert(manifest.package.name.clone(), manifest.for_tests_alone());
    }
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, package) in lock.package.iter().enumerate() {
        named.entry(&package.name).or_default().push(at);
    }
    let find = |dependency: &str| {
        let mut parts = dependency.split(' ');
        let (name, version) = (parts.next()?, parts.next());
        let mut found = named.get(name)?.iter().copied();
        found.find(|at| version.is_none_or(|version| lock.package[*at].version == version))
    };
    let mut needs = BTreeMap::new();
    let mut left: Vec<usize> = find(PROGRAM).into_iter().collect();
    while let Some(at) = left.pop() {
        if needs.contains_key(&at) {
            continue;
        }
        let package = &lock.package[at];
        let found = package.dependencies.iter().filter_map(|one| find(one));
        let unneeded = tests.get(&package.name).filter(|_| package.is_ours());
        let is_needed =
            |at: &usize| unneeded.is_none_or(|tests| !tests.contains(&lock.package[*at].name));
        let found: BTreeSet<usize> = found.filter(is_needed).collect();
        left.extend(&found);
        needs.insert(at, found);
    }
    Ok(needs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<'a>(of: &'a Value, name: &str) -> &'a str {
        of[name].as_str().unwrap_or_default()
    }

    #[test]
    fn the_bill_names_what_is_compiled_in_each_once_and_nothing_that_only_tests_need() {
        let bill = bill().expect("the lock is readable");
        assert_eq!(text(&bill["metadata"]["component"], "name"), "sidetone");
        let components = bill["components"].as_array().expect("a list");
        let names: BTreeSet<&str> = components.iter().map(|one| text(one, "name")).collect();
        for name in [
            "ring",
            "tokio",
            "rustls-webpki",
            "libsqlite3-sys",
            "sidetone-core",
        ] {
            assert!(names.contains(name), "{name}");
        }
        for name in [
            "proptest",
            "rcgen",
            "criterion",
            "sidetone-tests",
            "sidetone-benches",
        ] {
            assert!(!names.contains(name), "{name}");
        }

        let program = text(&bill["metadata"]["component"], "bom-ref");
        let mut references: BTreeSet<&str> =
            components.iter().map(|one| text(one, "bom-ref")).collect();
        assert_eq!(references.len(), components.len(), "each is called its own");
        references.insert(program);
        let dependencies = bill["dependencies"].as_array().expect("a list");
        assert_eq!(dependencies.len(), references.len());
        for one in dependencies {
            let needs = one["dependsOn"].as_array().expect("a list").iter();
            for reference in needs.chain([&one["ref"]]) {
                let reference = reference.as_str().expect("text");
                assert!(references.contains(reference), "{reference}");
            }
        }
    }

    #[test]
    fn packages_of_others_have_an_address_and_a_checksum() {
        let bill = bill().expect("the lock is readable");
        for one in bill["components"].as_array().expect("a list") {
            let name = text(one, "name");
            if name.starts_with("sidetone") {
                continue;
            }
            let purl = text(one, "purl");
            assert!(
                purl.starts_with(&format!("pkg:cargo/{name}@")) && !purl.contains('+'),
                "{purl}"
            );
            let sum = text(&one["hashes"][0], "content");
            assert!(
                sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{purl}"
            );
        }
    }

    #[test]
    fn it_is_known_of_each_package_of_ours_what_its_tests_need() {
        let lock: Lock = toml::from_str(LOCK).expect("the lock");
        let known: BTreeSet<String> = MANIFESTS
            .iter()
            .map(|text| {
                let manifest: Manifest = toml::from_str(text).expect("a manifest");
                manifest.package.name
            })
            .collect();
        for at in needs(&lock).expect("readable").into_keys() {
            let package = &lock.package[at];
            assert!(
                !package.is_ours() || known.contains(&package.name),
                "{}",
                package.name
            );
        }
    }
}
