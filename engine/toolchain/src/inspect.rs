//! What a file is, and what it says about who made it.

use crate::boundary::Outcome;
use serde::Serialize;
use std::collections::BTreeMap;
use wasmparser::{
    BinaryReader, ComponentExternalKind, ComponentName, ComponentNameSectionReader, Encoding,
    KnownCustom, Name, Parser, Payload,
};

/// See capstan_toolchain_kind in the header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Kind {
    Unknown = 0,
    Component = 1,
    Module = 2,
    WitPackage = 3,
    Text = 4,
    Precompiled = 5,
}

/// Wasmtime marks its artefacts with an operating system of their own.
const ELF_MAGIC: &[u8] = b"\x7fELF";
const ELF_OS_WASMTIME: u8 = 200;

pub fn kind(bytes: &[u8]) -> Kind {
    if Parser::is_core_wasm(bytes) {
        return Kind::Module;
    }
    if Parser::is_component(bytes) {
        return match is_wit_package(bytes) {
            true => Kind::WitPackage,
            false => Kind::Component,
        };
    }
    if bytes.starts_with(ELF_MAGIC) && bytes.get(7) == Some(&ELF_OS_WASMTIME) {
        return Kind::Precompiled;
    }
    match is_text(bytes) {
        true => Kind::Text,
        false => Kind::Unknown,
    }
}

/// An encoded WIT package consists of types and their names.
fn is_wit_package(bytes: &[u8]) -> bool {
    let mut exports = 0;
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload {
            Ok(Payload::Version { .. }) => depth += 1,
            Ok(Payload::End(_)) => depth -= 1,
            Ok(Payload::ComponentTypeSection(_) | Payload::CustomSection(_)) => {}
            Ok(Payload::ComponentExportSection(section)) if depth == 1 => {
                for export in section {
                    if !export.is_ok_and(|e| e.kind == ComponentExternalKind::Type) {
                        return false;
                    }
                    exports += 1;
                }
            }
            _ => return false,
        }
    }
    exports > 0
}

/// The text format begins with a parenthesis, after white space and comments.
fn is_text(bytes: &[u8]) -> bool {
    let Ok(mut text) = std::str::from_utf8(bytes) else {
        return false;
    };
    loop {
        text = text.trim_start();
        if let Some(comment) = text.strip_prefix(";;") {
            text = comment.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(comment) = text.strip_prefix("(;") {
            text = comment.split_once(";)").map_or("", |(_, rest)| rest);
        } else {
            let Some(inner) = text.strip_prefix('(') else {
                return false;
            };
            let word = inner.trim_start();
            return word.starts_with("component") || word.starts_with("module");
        }
    }
}

/// One component or module, as the header describes it.
#[derive(Serialize)]
struct Layer {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    producers: Vec<Producer>,
    /// Short texts that a registry puts in: authors, licenses and so on.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    children: Vec<Layer>,
}

#[derive(Serialize)]
struct Producer {
    field: String,
    name: String,
    version: String,
}

const TEXT_SECTIONS: [&str; 6] = [
    "authors",
    "description",
    "licenses",
    "source",
    "homepage",
    "revision",
];
/// Sections that are longer are left out: they are no short texts.
const TEXT_BYTES_MAX: usize = 64 << 10;

impl Layer {
    fn new(encoding: Encoding) -> Layer {
        Layer {
            kind: match encoding {
                Encoding::Component => "component",
                Encoding::Module => "module",
            },
            name: None,
            version: None,
            producers: Vec::new(),
            metadata: BTreeMap::new(),
            children: Vec::new(),
        }
    }

    fn read(&mut self, section: &wasmparser::CustomSectionReader) -> wasmparser::Result<()> {
        match section.as_known() {
            KnownCustom::Producers(fields) => {
                for field in fields {
                    let field = field?;
                    for value in field.values {
                        let value = value?;
                        self.producers.push(Producer {
                            field: field.name.to_owned(),
                            name: value.name.to_owned(),
                            version: value.version.to_owned(),
                        });
                    }
                }
            }
            KnownCustom::Name(names) => {
                for name in names {
                    if let Name::Module { name, .. } = name? {
                        self.name = Some(name.to_owned());
                    }
                }
            }
            KnownCustom::ComponentName(_) => {
                let reader = BinaryReader::new(section.data(), section.data_offset());
                for name in ComponentNameSectionReader::new(reader) {
                    if let ComponentName::Component { name, .. } = name? {
                        self.name = Some(name.to_owned());
                    }
                }
            }
            _ => self.read_text(section.name(), section.data()),
        }
        Ok(())
    }

    fn read_text(&mut self, name: &str, data: &[u8]) {
        if data.len() > TEXT_BYTES_MAX {
            return;
        }
        let text = String::from_utf8_lossy(data).into_owned();
        if name == "version" {
            self.version = Some(text);
        } else if TEXT_SECTIONS.contains(&name) {
            self.metadata.insert(name.to_owned(), text);
        }
    }
}

pub fn producers(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let fail = |error: wasmparser::BinaryReaderError| {
        format!("{} (at byte {:#x})", error.message(), error.offset())
    };
    let mut open: Vec<Layer> = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(fail)? {
            Payload::Version { encoding, .. } => open.push(Layer::new(encoding)),
            Payload::CustomSection(section) => {
                if let Some(layer) = open.last_mut() {
                    layer.read(&section).map_err(fail)?;
                }
            }
            Payload::End(_) => {
                let Some(done) = open.pop() else { break };
                match open.last_mut() {
                    Some(outer) => outer.children.push(done),
                    None => return serde_json::to_vec(&done).map_err(|error| error.to_string()),
                }
            }
            _ => {}
        }
    }
    Err("this is neither a component nor a module".to_owned())
}
