//! Reading WIT: from folders, files, memory and wasm binaries into one `Resolve`; and what is said
//! about it afterwards.

use crate::boundary::Outcome;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use wit_component::{DecodedWasm, WitPrinter};
use wit_parser::{
    Function, PackageId, PackageName, ParsedUsePath, Resolve, ResolveError, ResolveErrorKind,
    SourceMap, Span, Type, TypeDef, TypeDefKind, UnresolvedPackageGroup, WorldId, WorldItem,
    parse_use_path,
};

/// The largest WITs in use are well under one MiB.
const TEXT_BYTES_MAX: usize = 8 << 20;

/// Generators and their output recurse over types; the parser itself allows 100 levels in one
/// declaration.
const TYPE_DEPTH_MAX: u32 = 200;

pub enum Input<'a> {
    Path(&'a str),
    Memory { name: &'a str, contents: &'a [u8] },
}

/// The object behind `capstan_toolchain_wit`.
pub struct Wit {
    pub resolve: Resolve,
    pub main_packages: Vec<PackageId>,
    pub files: Vec<String>,
}

pub fn parse(inputs: &[Input], features: &[&str], all_features: bool) -> Outcome<Wit> {
    let mut reader = Reader::default();
    reader.resolve.all_features = all_features;
    for feature in features {
        reader.resolve.features.insert(feature.to_string());
    }
    for input in inputs {
        match input {
            Input::Path(path) if Path::new(path).is_dir() => reader.read_folder(path)?,
            Input::Path(path) => {
                let contents = read(path)?;
                reader.read_file(path, &contents, Role::Main)?;
            }
            Input::Memory { name, contents } => reader.read_file(name, contents, Role::Main)?,
        }
    }
    reader.finish()
}

/// Whether a package was asked for, or is only there for others to use.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Main,
    Dependency,
}

/// One text package before name lookup, and the texts it came from (to recognise a copy).
struct Group {
    package: UnresolvedPackageGroup,
    texts: Vec<String>,
}

#[derive(Default)]
struct Reader {
    resolve: Resolve,
    groups: Vec<Group>,
    main_names: Vec<PackageName>,
    main_decoded: Vec<PackageId>,
    files: Vec<String>,
}

impl Reader {
    /// A folder is one package; its `deps` holds one package per entry.
    fn read_folder(&mut self, folder: &str) -> Outcome<()> {
        self.read_package_folder(folder, Role::Main)?;
        let deps = format!("{}/deps", folder.trim_end_matches('/'));
        if !Path::new(&deps).is_dir() {
            return Ok(());
        }
        for path in entries(&deps)? {
            if Path::new(&path).is_dir() {
                self.read_package_folder(&path, Role::Dependency)?;
            } else if [".wit", ".wasm", ".wat"]
                .iter()
                .any(|end| path.ends_with(end))
            {
                let contents = read(&path)?;
                self.read_file(&path, &contents, Role::Dependency)?;
            }
        }
        Ok(())
    }

    fn read_package_folder(&mut self, folder: &str, role: Role) -> Outcome<()> {
        let mut texts = Vec::new();
        for path in entries(folder)? {
            if path.ends_with(".wit") && !Path::new(&path).is_dir() {
                let contents = read(&path)?;
                let text = utf8(&path, &contents)?.to_string();
                texts.push((path, text));
            }
        }
        if texts.is_empty() {
            return Err(format!("'{folder}': this folder has no .wit file"));
        }
        self.read_texts(texts, role)
    }

    fn read_file(&mut self, path: &str, contents: &[u8], role: Role) -> Outcome<()> {
        let decoded = if path.ends_with(".wat") {
            Some(crate::component::wat(path, contents)?)
        } else {
            contents.starts_with(b"\0asm").then(|| contents.to_vec())
        };
        match decoded {
            Some(wasm) => self.read_wasm(path, &wasm, role),
            None => {
                let text = utf8(path, contents)?.to_string();
                self.read_texts(vec![(path.to_string(), text)], role)
            }
        }
    }

    fn read_texts(&mut self, texts: Vec<(String, String)>, role: Role) -> Outcome<()> {
        let mut map = SourceMap::new();
        for (path, text) in &texts {
            map.push_str(path, text.as_str());
            self.files.push(path.clone());
        }
        let first = texts[0].0.clone();
        let package = map.parse().map_err(|(map, error)| {
            let message = error.kind().to_string();
            located(
                &map,
                error.kind().span(),
                &message,
                &error.render(&map),
                &first,
            )
        })?;
        let name = package.main.name.clone();
        if role == Role::Main && !self.main_names.contains(&name) {
            self.main_names.push(name.clone());
        }
        let group = Group {
            package,
            texts: texts.into_iter().map(|(_, text)| text).collect(),
        };
        let copy = |other: &Group| other.package.main.name == name && other.texts == group.texts;
        if !self.groups.iter().any(copy) {
            self.groups.push(group);
        }
        Ok(())
    }

    /// Encoded packages are complete: they and what they use merge into the `Resolve` at once.
    fn read_wasm(&mut self, path: &str, wasm: &[u8], role: Role) -> Outcome<()> {
        let fail = |error: anyhow::Error| format!("{path}: {}", chain(&error));
        self.files.push(path.to_string());
        let (decoded, package) = if wasmparser::Parser::is_component(wasm) {
            match wit_component::decode(wasm).map_err(fail)? {
                DecodedWasm::WitPackage(resolve, package) => (resolve, package),
                DecodedWasm::Component(resolve, world) => {
                    let package = resolve.worlds[world]
                        .package
                        .expect("a decoded world has a package");
                    (resolve, package)
                }
            }
        } else {
            let (stripped, bindgen) = wit_component::metadata::decode(wasm).map_err(fail)?;
            if stripped.is_none() {
                return Err(format!("{path}: this core module embeds no component type"));
            }
            let package = bindgen.resolve.worlds[bindgen.world]
                .package
                .expect("an embedded world has a package");
            (bindgen.resolve, package)
        };
        let remap = self.resolve.merge(decoded).map_err(fail)?;
        if role == Role::Main {
            self.main_decoded.push(remap.packages[package.index()]);
        }
        Ok(())
    }

    fn finish(mut self) -> Outcome<Wit> {
        let mut groups = self.groups.into_iter().map(|group| group.package);
        if let Some(first) = groups.next()
            && let Err(error) = self.resolve.push_groups(first, groups.collect())
        {
            return Err(resolve_error(&self.resolve, &error, &self.files[0]));
        }
        let mut main_packages = self.main_decoded;
        for name in &self.main_names {
            main_packages.push(self.resolve.package_names[name]);
        }
        if main_packages.is_empty() {
            return Err("no WIT was given: name a folder, a .wit file, or a component".to_string());
        }
        let wit = Wit {
            resolve: self.resolve,
            main_packages,
            files: self.files,
        };
        wit.check_depth()?;
        Ok(wit)
    }
}

fn read(path: &str) -> Outcome<Vec<u8>> {
    fs::read(path).map_err(|error| format!("cannot read '{path}': {}", reason(&error)))
}

/// The system's words without Rust's "(os error 2)".
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error")
        .next()
        .unwrap_or_default()
        .to_string()
}

/// The entries of a folder as paths, sorted.
fn entries(folder: &str) -> Outcome<Vec<String>> {
    let fail = |error: std::io::Error| format!("cannot read folder '{folder}': {}", reason(&error));
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name();
        if let Some(name) = name.to_str() {
            paths.push(format!("{}/{name}", folder.trim_end_matches('/')));
        }
    }
    paths.sort();
    Ok(paths)
}

fn utf8<'a>(path: &str, contents: &'a [u8]) -> Outcome<&'a str> {
    if contents.len() > TEXT_BYTES_MAX {
        let size = contents.len();
        return Err(format!(
            "{path}:1:1: this WIT text has {size} bytes; at most {TEXT_BYTES_MAX} are read"
        ));
    }
    std::str::from_utf8(contents).map_err(|error| {
        let before = &contents[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.len()
            - before
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |at| at + 1)
            + 1;
        format!("{path}:{line}:{column}: this is neither UTF-8 text nor a wasm binary")
    })
}

/// An error chain on one line.
pub fn chain(error: &anyhow::Error) -> String {
    format!("{error:#}")
}

/// `file:line:column: message` and below it the snippet of `rendered`, which is wit-parser's form.
/// Some errors concern a whole package: they are placed at the start of `file`.
fn located(map: &SourceMap, span: Span, message: &str, rendered: &str, file: &str) -> String {
    if !span.is_known() {
        return format!("{file}:1:1: {message}");
    }
    let place = map.render_location(span);
    let snippet: Vec<&str> = rendered
        .strip_prefix(message)
        .unwrap_or("")
        .lines()
        .filter(|line| line.contains(" | ") || line.ends_with('|'))
        .collect();
    let snippet = if snippet.is_empty() {
        String::new()
    } else {
        format!("\n{}", snippet.join("\n"))
    };
    format!("{place}: {message}{snippet}")
}

fn resolve_error(resolve: &Resolve, error: &ResolveError, file: &str) -> String {
    let map = &resolve.source_map;
    match error.kind() {
        ResolveErrorKind::DuplicatePackage { name, span1, span2 } => {
            let (first, second) = (map.render_location(*span2), map.render_location(*span1));
            format!(
                "{second}: package `{name}` is already defined, with other contents, at {first}"
            )
        }
        kind => located(
            map,
            kind.span(),
            &kind.to_string(),
            &error.render(map),
            file,
        ),
    }
}

/// `a, b, c` with at most 20 names.
fn names(all: &[String]) -> String {
    const SHOWN_MAX: usize = 20;
    let shown = all
        .iter()
        .take(SHOWN_MAX)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if all.len() > SHOWN_MAX {
        format!("{shown} and {} more", all.len() - SHOWN_MAX)
    } else {
        shown
    }
}

impl Wit {
    /// Checks an index that came over the C boundary.
    pub fn world(&self, index: u32) -> Outcome<WorldId> {
        self.resolve
            .worlds
            .iter()
            .map(|(id, _)| id)
            .find(|id| id.index() == index as usize)
            .ok_or_else(|| format!("there is no world with index {index}"))
    }

    pub fn select_world(&self, wanted: &str) -> Outcome<WorldId> {
        if wanted.is_empty() {
            return self.only_world();
        }
        let path = parse_use_path(wanted).map_err(|_| {
            format!(
                "'{wanted}' is not the name of a world \
                 (expected `name` or `namespace:package/name`)"
            )
        })?;
        match path {
            ParsedUsePath::Name(name) => self.world_of_name(&name),
            ParsedUsePath::Package(package, name) => self.world_of_package(&package, &name),
        }
    }

    fn only_world(&self) -> Outcome<WorldId> {
        let worlds = self.main_worlds();
        if let [world] = worlds[..] {
            return Ok(world);
        }
        let (subject, has) = match &self.main_packages[..] {
            [package] => (
                format!("package {}", self.resolve.packages[*package].name),
                "has",
            ),
            packages => (format!("these {} packages", packages.len()), "have"),
        };
        if worlds.is_empty() {
            return Err(format!("{subject} {has} no worlds"));
        }
        let choices = names(&self.world_names(&worlds));
        Err(format!(
            "{subject} {has} {} worlds: {choices}; choose one with --world",
            worlds.len()
        ))
    }

    fn world_of_name(&self, name: &str) -> Outcome<WorldId> {
        let worlds = self.main_worlds();
        let found: Vec<WorldId> = worlds
            .iter()
            .copied()
            .filter(|world| self.resolve.worlds[*world].name == name)
            .collect();
        match found[..] {
            [world] => Ok(world),
            [] if worlds.is_empty() => Err(format!(
                "there is no world '{name}': the package has no worlds"
            )),
            [] => Err(format!(
                "there is no world '{name}'; there is: {}",
                names(&self.world_names(&worlds))
            )),
            _ => {
                let full: Vec<String> = found.iter().map(|world| self.full_name(*world)).collect();
                Err(format!(
                    "more than one package has a world '{name}': name one of {}",
                    names(&full)
                ))
            }
        }
    }

    fn world_of_package(&self, wanted: &PackageName, name: &str) -> Outcome<WorldId> {
        let matches = |other: &PackageName| {
            other.namespace == wanted.namespace
                && other.name == wanted.name
                && (wanted.version.is_none() || other.version == wanted.version)
        };
        let packages: Vec<PackageId> = self
            .resolve
            .package_names
            .iter()
            .filter(|(other, _)| matches(other))
            .map(|(_, id)| *id)
            .collect();
        match packages[..] {
            [] => {
                let known: Vec<String> = self
                    .resolve
                    .package_names
                    .keys()
                    .map(ToString::to_string)
                    .collect();
                Err(format!(
                    "there is no package '{wanted}'; there is: {}",
                    names(&known)
                ))
            }
            [package] => {
                let package = &self.resolve.packages[package];
                package.worlds.get(name).copied().ok_or_else(|| {
                    let all: Vec<String> = package.worlds.keys().cloned().collect();
                    let choices = if all.is_empty() {
                        "no worlds".to_string()
                    } else {
                        names(&all)
                    };
                    format!(
                        "package {} has no world '{name}'; it has: {choices}",
                        package.name
                    )
                })
            }
            _ => {
                let known: Vec<String> = packages
                    .iter()
                    .map(|id| self.resolve.packages[*id].name.to_string())
                    .collect();
                Err(format!(
                    "there is more than one version of '{wanted}': name one of {}",
                    names(&known)
                ))
            }
        }
    }

    fn main_worlds(&self) -> Vec<WorldId> {
        let packages = self.main_packages.iter();
        packages
            .flat_map(|package| self.resolve.packages[*package].worlds.values().copied())
            .collect()
    }

    fn full_name(&self, world: WorldId) -> String {
        let world = &self.resolve.worlds[world];
        self.resolve.id_of_name(
            world.package.expect("a resolved world has a package"),
            &world.name,
        )
    }

    /// Short names within one package, full names among several.
    fn world_names(&self, worlds: &[WorldId]) -> Vec<String> {
        let one_package = self.main_packages.len() == 1;
        let name = |world: &WorldId| {
            if one_package {
                self.resolve.worlds[*world].name.clone()
            } else {
                self.full_name(*world)
            }
        };
        worlds.iter().map(name).collect()
    }

    pub fn print(&self) -> Outcome<String> {
        let main = self.main_packages[0];
        let others: Vec<PackageId> = self
            .resolve
            .packages
            .iter()
            .map(|(id, _)| id)
            .filter(|id| *id != main)
            .collect();
        let mut printer = WitPrinter::default();
        printer
            .print(&self.resolve, main, &others)
            .map_err(|error| chain(&error))?;
        Ok(printer.output.to_string())
    }

    /// Types come sorted: each one only refers to earlier ones, so one pass finds every depth.
    fn check_depth(&self) -> Outcome<()> {
        let mut depths = vec![0u32; self.resolve.types.len()];
        for (id, def) in self.resolve.types.iter() {
            let mut depth = 1;
            each_part(def, |part| {
                if let Type::Id(part) = part {
                    depth = depth.max(1 + depths[part.index()]);
                }
            });
            if depth > TYPE_DEPTH_MAX {
                let message = format!("types are nested more than {TYPE_DEPTH_MAX} deep");
                return Err(match self.place(def.span) {
                    Some(place) => format!("{place}: {message}"),
                    None => message,
                });
            }
            depths[id.index()] = depth;
        }
        Ok(())
    }

    fn place(&self, span: Span) -> Option<String> {
        self.resolve
            .source_map
            .resolve_span(span)
            .map(|_| self.resolve.render_location(span))
    }

    pub fn json(&self) -> Outcome<Vec<u8>> {
        let document = Document {
            resolve: &self.resolve,
            main_packages: self.main_packages.iter().map(|id| id.index()).collect(),
            locations: self.locations(),
            files: &self.files,
        };
        serde_json::to_vec(&document).map_err(|error| error.to_string())
    }

    fn locations(&self) -> Locations {
        let resolve = &self.resolve;
        let function_places = |functions: &mut dyn Iterator<Item = &'_ Function>| -> Places {
            functions
                .map(|function| (function.name.clone(), self.place(function.span)))
                .collect()
        };
        let interface = |(_, interface): (_, &wit_parser::Interface)| InterfaceLocations {
            at: self.place(interface.span),
            functions: function_places(&mut interface.functions.values()),
        };
        let world_functions = |(_, world): (_, &wit_parser::World)| {
            function_places(
                &mut world
                    .imports
                    .values()
                    .chain(world.exports.values())
                    .filter_map(|item| match item {
                        WorldItem::Function(function) => Some(function),
                        _ => None,
                    }),
            )
        };
        Locations {
            worlds: resolve
                .worlds
                .iter()
                .map(|(_, world)| self.place(world.span))
                .collect(),
            interfaces: resolve.interfaces.iter().map(interface).collect(),
            types: resolve
                .types
                .iter()
                .map(|(_, def)| self.place(def.span))
                .collect(),
            world_functions: resolve.worlds.iter().map(world_functions).collect(),
        }
    }
}

/// Calls `visit` for every type that `def` contains or renames.
fn each_part(def: &TypeDef, mut visit: impl FnMut(&Type)) {
    match &def.kind {
        TypeDefKind::Record(record) => record.fields.iter().for_each(|field| visit(&field.ty)),
        TypeDefKind::Tuple(tuple) => tuple.types.iter().for_each(visit),
        TypeDefKind::Variant(variant) => variant
            .cases
            .iter()
            .filter_map(|case| case.ty.as_ref())
            .for_each(visit),
        TypeDefKind::Result(result) => result.ok.iter().chain(&result.err).for_each(visit),
        TypeDefKind::Future(part) | TypeDefKind::Stream(part) => part.iter().for_each(visit),
        TypeDefKind::Option(part) | TypeDefKind::List(part) | TypeDefKind::Type(part) => {
            visit(part)
        }
        TypeDefKind::FixedLengthList(part, _) => visit(part),
        TypeDefKind::Map(key, value) => [key, value].into_iter().for_each(visit),
        TypeDefKind::Resource
        | TypeDefKind::Handle(_)
        | TypeDefKind::Flags(_)
        | TypeDefKind::Enum(_) => {}
        TypeDefKind::Unknown => {}
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    resolve: &'a Resolve,
    main_packages: Vec<usize>,
    locations: Locations,
    files: &'a [String],
}

/// Where each function of an interface or world is; none if the input was not text.
type Places = BTreeMap<String, Option<String>>;

#[derive(Serialize)]
struct Locations {
    worlds: Vec<Option<String>>,
    interfaces: Vec<InterfaceLocations>,
    types: Vec<Option<String>>,
    world_functions: Vec<Places>,
}

#[derive(Serialize)]
struct InterfaceLocations {
    at: Option<String>,
    functions: Places,
}
