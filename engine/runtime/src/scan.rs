//! Does a component need an engine with concurrency?

use crate::error::{Code, Outcome, fail};
use wasmparser::{Parser, Payload, ValidPayload, Validator, WasmFeatures};

/// What only an engine with concurrency accepts.
const CONCURRENT: WasmFeatures = WasmFeatures::CM_ASYNC
    .union(WasmFeatures::CM_ASYNC_STACKFUL)
    .union(WasmFeatures::CM_MORE_ASYNC_BUILTINS)
    .union(WasmFeatures::CM_THREADING)
    .union(WasmFeatures::CM_ERROR_CONTEXT);

/// Asks the validator itself, without function bodies: valid without the concurrent features means
/// not needed.
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
        return Ok(false);
    }
    match validate(bytes, WasmFeatures::all()) {
        Ok(()) => Ok(true),
        Err(error) => Err(fail(
            Code::NotLoadable,
            format!("{} (at offset {:#x})", error.message(), error.offset()),
        )),
    }
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
