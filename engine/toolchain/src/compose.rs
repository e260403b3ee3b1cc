//! Plugging components into each other: exports of providers become imports of an app, and of other
//! providers.

use crate::boundary::Outcome;
use crate::wit::chain;
use serde::Serialize;
use wac_graph::types::{ItemKind, Package, SubtypeChecker, are_semver_compatible};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId};

/// A component and what messages call it.
pub struct Part<'a> {
    pub name: &'a str,
    pub component: &'a [u8],
}

/// The report as the header describes it.
#[derive(Default, Serialize)]
struct Report<'a> {
    satisfied: Vec<Satisfied<'a>>,
    left: Vec<Left<'a>>,
    unused: Vec<Unused<'a>>,
}

#[derive(Serialize)]
struct Satisfied<'a> {
    import: String,
    of: &'a str,
    by: &'a str,
    export: String,
}

#[derive(Serialize)]
struct Left<'a> {
    import: String,
    of: &'a str,
    reason: String,
}

#[derive(Serialize)]
struct Unused<'a> {
    provider: &'a str,
    exports: Vec<String>,
    reason: String,
}

struct Composition<'a> {
    graph: CompositionGraph,
    /// The app first.
    parts: &'a [Part<'a>],
    packages: Vec<PackageId>,
    /// Those of the parts that are used.
    nodes: Vec<Option<NodeId>>,
    /// Which parts a part gets imports from.
    sources: Vec<Vec<usize>>,
    report: Report<'a>,
}

/// How an export relates to an import.
enum Fit {
    Yes,
    /// The reason in words.
    No(String),
}

/// "a:b/c" of "a:b/c@1.2.3".
fn without_version(name: &str) -> &str {
    name.split_once('@').map_or(name, |(name, _)| name)
}

impl<'a> Composition<'a> {
    fn new(parts: &'a [Part<'a>]) -> Outcome<Composition<'a>> {
        let mut graph = CompositionGraph::new();
        let mut packages = Vec::new();
        for (position, part) in parts.iter().enumerate() {
            let key = format!("part:p{position}");
            let bytes = part.component.to_vec();
            let package = Package::from_bytes(&key, None, bytes, graph.types_mut());
            let package = package.map_err(|error| format!("{}: {}", part.name, chain(&error)))?;
            let registered = graph.register_package(package);
            packages.push(registered.map_err(|error| format!("{}: {error}", part.name))?);
        }
        Ok(Composition {
            graph,
            parts,
            packages,
            nodes: vec![None; parts.len()],
            sources: vec![Vec::new(); parts.len()],
            report: Report::default(),
        })
    }

    fn imports(&self, part: usize) -> Vec<(String, ItemKind)> {
        let world = self.graph[self.packages[part]].ty();
        let imports = &self.graph.types()[world].imports;
        imports.iter().map(|(n, ty)| (n.clone(), *ty)).collect()
    }

    fn exports(&self, part: usize) -> Vec<(String, ItemKind)> {
        let world = self.graph[self.packages[part]].ty();
        let exports = &self.graph.types()[world].exports;
        exports.iter().map(|(n, ty)| (n.clone(), *ty)).collect()
    }

    /// Whether `part` already needs `other`, directly or through others.
    fn needs(&self, part: usize, other: usize) -> bool {
        let mut seen = vec![false; self.parts.len()];
        let mut open = vec![part];
        while let Some(next) = open.pop() {
            if next == other {
                return true;
            }
            if !std::mem::replace(&mut seen[next], true) {
                open.extend(&self.sources[next]);
            }
        }
        false
    }

    fn fit(&self, import: (&str, ItemKind), export: (&str, ItemKind)) -> Fit {
        let types = self.graph.types();
        let mut cache = Default::default();
        let checked = SubtypeChecker::new(&mut cache).is_subtype(export.1, types, import.1, types);
        match checked {
            Ok(()) => Fit::Yes,
            Err(error) => Fit::No(format!("it has another type there: {}", chain(&error))),
        }
    }

    /// The provider and the export that serve an import, or why there is none.
    fn find(&self, part: usize, name: &str, ty: ItemKind) -> Result<(usize, String), String> {
        let mut reason = None;
        for exact in [true, false] {
            for provider in (1..self.parts.len()).filter(|provider| *provider != part) {
                let provider_name = self.parts[provider].name;
                for (export, export_ty) in self.exports(provider) {
                    let named = match exact {
                        true => export == name,
                        false => are_semver_compatible(&export, name),
                    };
                    if !named {
                        if without_version(&export) == without_version(name) {
                            reason.get_or_insert(format!(
                                "`{provider_name}` exports another version of it: {export}"
                            ));
                        }
                        continue;
                    }
                    if self.needs(provider, part) {
                        reason = Some(format!(
                            "`{provider_name}` exports it, but needs `{}` itself",
                            self.parts[part].name
                        ));
                        continue;
                    }
                    match self.fit((name, ty), (&export, export_ty)) {
                        Fit::Yes => return Ok((provider, export)),
                        Fit::No(why) => {
                            reason = Some(format!("`{provider_name}` exports it, but {why}"));
                        }
                    }
                }
            }
        }
        Err(reason.unwrap_or_else(|| "no provider exports it".to_owned()))
    }

    fn node(&mut self, part: usize) -> NodeId {
        match self.nodes[part] {
            Some(node) => node,
            None => {
                let node = self.graph.instantiate(self.packages[part]);
                *self.nodes[part].insert(node)
            }
        }
    }

    /// Connects the imports of one part; gives the providers that this brought in.
    fn connect(&mut self, part: usize) -> Outcome<Vec<usize>> {
        let mut added = Vec::new();
        let of = self.parts[part].name;
        for (import, ty) in self.imports(part) {
            let (provider, export) = match self.find(part, &import, ty) {
                Ok(found) => found,
                Err(reason) => {
                    self.report.left.push(Left { import, of, reason });
                    continue;
                }
            };
            if self.nodes[provider].is_none() {
                added.push(provider);
            }
            let (from, to) = (self.node(provider), self.node(part));
            let alias = self.graph.alias_instance_export(from, &export);
            let alias = alias.map_err(|error| chain(&error.into()))?;
            let set = self.graph.set_instantiation_argument(to, &import, alias);
            set.map_err(|error| chain(&error.into()))?;
            self.sources[part].push(provider);
            let by = self.parts[provider].name;
            self.report.satisfied.push(Satisfied {
                import,
                of,
                by,
                export,
            });
        }
        Ok(added)
    }

    fn report_unused(&mut self) {
        for provider in (1..self.parts.len()).filter(|part| self.nodes[*part].is_none()) {
            let exports: Vec<String> = self.exports(provider).into_iter().map(|e| e.0).collect();
            let name = self.parts[provider].name;
            let related = self.report.left.iter().find(|left| {
                let base = without_version(&left.import);
                exports.iter().any(|export| without_version(export) == base)
            });
            let served = self.report.satisfied.iter().find(|satisfied| {
                exports
                    .iter()
                    .any(|export| without_version(export) == without_version(&satisfied.import))
            });
            let reason = match (related, served) {
                (Some(left), _) => format!("{}: {}", left.import, left.reason),
                (None, Some(satisfied)) => {
                    format!("{} is served by `{}`", satisfied.import, satisfied.by)
                }
                (None, None) => "nobody imports what it exports".to_owned(),
            };
            self.report.unused.push(Unused {
                provider: name,
                exports,
                reason,
            });
        }
    }

    fn run(mut self) -> Outcome<(Vec<u8>, Vec<u8>)> {
        let app = self.node(0);
        let mut open = vec![0];
        while let Some(part) = open.pop() {
            let added = self.connect(part)?;
            open.extend(added);
        }
        self.report_unused();
        if self.report.satisfied.is_empty() {
            let reasons: Vec<String> = self.report.unused.iter().map(describe).collect();
            let app = self.parts[0].name;
            return Err(format!(
                "nothing to plug into `{app}`: {}",
                reasons.join("; ")
            ));
        }
        for (name, _) in self.exports(0) {
            let alias = self.graph.alias_instance_export(app, &name);
            let alias = alias.map_err(|error| chain(&error.into()))?;
            let exported = self.graph.export(alias, &name);
            exported.map_err(|error| chain(&error.into()))?;
        }
        let encoded = self.graph.encode(EncodeOptions::default());
        let component = encoded.map_err(|error| chain(&error.into()))?;
        let report = serde_json::to_vec(&self.report).map_err(|error| error.to_string())?;
        Ok((component, report))
    }
}

fn describe(unused: &Unused) -> String {
    format!("`{}` is not used, {}", unused.provider, unused.reason)
}

/// The app comes first. Gives the component and the report.
pub fn compose(parts: &[Part]) -> Outcome<(Vec<u8>, Vec<u8>)> {
    if parts.len() < 2 {
        return Err("there is no provider to plug in".to_owned());
    }
    Composition::new(parts)?.run()
}
