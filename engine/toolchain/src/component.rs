//! Core modules to components, text to binary, validation, and dummy components.

use crate::boundary::Outcome;
use crate::wit::{Wit, chain};
use std::path::Path;
use wasi_preview1_component_adapter_provider as preview1;
use wasmparser::{Parser, Payload, Validator, WasmFeatures};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, WorldId};

#[derive(Clone, Copy, PartialEq)]
pub enum Adapter {
    Auto,
    None,
    Command,
    Reactor,
    Proxy,
}

impl Adapter {
    pub fn from_c(value: u32) -> Outcome<Adapter> {
        match value {
            0 => Ok(Adapter::Auto),
            1 => Ok(Adapter::None),
            2 => Ok(Adapter::Command),
            3 => Ok(Adapter::Reactor),
            4 => Ok(Adapter::Proxy),
            other => Err(format!("unknown adapter {other}")),
        }
    }

    fn bytes(self) -> Option<&'static [u8]> {
        match self {
            Adapter::Auto | Adapter::None => None,
            Adapter::Command => Some(preview1::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER),
            Adapter::Reactor => Some(preview1::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER),
            Adapter::Proxy => Some(preview1::WASI_SNAPSHOT_PREVIEW1_PROXY_ADAPTER),
        }
    }
}

/// What `Adapter::Auto` needs to know of a module.
#[derive(Default)]
struct Shape {
    uses_preview1: bool,
    exports_start: bool,
}

fn shape(module: &[u8]) -> Outcome<Shape> {
    let fail = |error: wasmparser::BinaryReaderError| format!("this is not a wasm module: {error}");
    let mut shape = Shape::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(fail)? {
            Payload::Version {
                encoding: wasmparser::Encoding::Component,
                ..
            } => {
                return Err("this is a component already; a core module was expected".to_string());
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    shape.uses_preview1 |= import.map_err(fail)?.module
                        == preview1::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    shape.exports_start |= export.map_err(fail)?.name == "_start";
                }
            }
            _ => {}
        }
    }
    Ok(shape)
}

pub fn componentize(
    module: &[u8],
    embed: Option<(&Wit, WorldId, StringEncoding)>,
    adapter: Adapter,
) -> Outcome<Vec<u8>> {
    let shape = shape(module)?;
    let adapter = match adapter {
        Adapter::Auto if !shape.uses_preview1 => Adapter::None,
        Adapter::Auto if shape.exports_start => Adapter::Command,
        Adapter::Auto => Adapter::Reactor,
        chosen => chosen,
    };
    let mut module = module.to_vec();
    if let Some((wit, world, encoding)) = embed {
        embed_component_metadata(&mut module, &wit.resolve, world, encoding, false)
            .map_err(|error| chain(&error))?;
    }
    encode(&module, adapter).map_err(|error| chain(&error))
}

fn encode(module: &[u8], adapter: Adapter) -> anyhow::Result<Vec<u8>> {
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(module)?;
    if let Some(bytes) = adapter.bytes() {
        encoder.adapter(preview1::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, bytes)?;
    }
    encoder.encode()
}

pub fn dummy(wit: &Wit, world: WorldId) -> Outcome<Vec<u8>> {
    let mut resolve = wit.resolve.clone();
    resolve.generate_nominal_type_ids(world);
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(
        &mut module,
        &wit.resolve,
        world,
        StringEncoding::UTF8,
        false,
    )
    .map_err(|error| chain(&error))?;
    encode(&module, Adapter::None).map_err(|error| chain(&error))
}

pub fn wat(name: &str, text: &[u8]) -> Outcome<Vec<u8>> {
    let parsed = wat::Parser::new().parse_bytes(Some(Path::new(name)), text);
    parsed
        .map(|wasm| wasm.into_owned())
        .map_err(|error| place_first(&error.to_string()))
}

/// Turns `message`, `--> file:line:column`, snippet into `file:line:column: message`, snippet.
fn place_first(error: &str) -> String {
    let mut lines = error.lines();
    let (message, place) = (
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
    );
    match place.trim_start().strip_prefix("--> ") {
        Some(place) => {
            let snippet: String = lines.map(|line| format!("\n{line}")).collect();
            format!("{place}: {message}{snippet}")
        }
        None => error.to_string(),
    }
}

pub fn validate(wasm: &[u8]) -> Outcome<()> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    validator
        .validate_all(wasm)
        .map(|_| ())
        .map_err(|error| format!("{} (at byte {:#x})", error.message(), error.offset()))
}
