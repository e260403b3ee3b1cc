//! Does a component need an engine with concurrency?

use crate::error::{Code, Outcome, fail};
use wasmparser::{Parser, Payload, ValidPayload, Validator, WasmFeatures};

/// Of an import's name: its functions may be async, also when the ones that a component picked are
/// not.
pub fn is_wasi_03(name: &str) -> bool {
    name.starts_with("wasi:") && name.contains("@0.3.")
}

/// What only an engine with concurrency accepts.
const CONCURRENT: WasmFeatures = WasmFeatures::CM_ASYNC
    .union(WasmFeatures::CM_ASYNC_STACKFUL)
    .union(WasmFeatures::CM_MORE_ASYNC_BUILTINS)
    .union(WasmFeatures::CM_THREADING)
    .union(WasmFeatures::CM_ERROR_CONTEXT);

/// Asks the validator itself, without function bodies: valid without the concurrent features means
/// not needed. WASI 0.3 is served by an engine with concurrency only.
pub fn needs_concurrency(bytes: &[u8]) -> Outcome<bool> {
    if !Parser::is_component(bytes) {
        let what = if Parser::is_core_wasm(bytes) {
            "the bytes are a core module, not a component"
        } else {
            "the bytes are no WebAssembly component"
        };
        return Err(fail(Code::NotLoadable, what));
    }
    if validate(bytes, WasmFeatures::all().difference(CONCURRENT)).is_ok() {
        return Ok(imports_wasi_03(bytes));
    }
    match validate(bytes, WasmFeatures::all()) {
        Ok(()) => Ok(true),
        Err(error) => Err(fail(
            Code::NotLoadable,
            format!("{} (at offset {:#x})", error.message(), error.offset()),
        )),
    }
}

/// Looks at the imports of the component itself, not of those inside it.
fn imports_wasi_03(bytes: &[u8]) -> bool {
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        match payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 1 => {
                let mut imports = imports.into_iter().map_while(Result::ok);
                if imports.any(|import| is_wasi_03(import.name.name)) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

fn validate(bytes: &[u8], features: WasmFeatures) -> wasmparser::Result<()> {
    let mut validator = Validator::new_with_features(features);
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        if matches!(payload, Payload::CustomSection(_)) {
            continue;
        }
        // Function bodies come back unvalidated; nothing in them matters here.
        if let ValidPayload::Func(..) = validator.payload(&payload)? {}
    }
    Ok(())
}
