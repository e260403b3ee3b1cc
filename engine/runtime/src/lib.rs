//! The engine layer: Wasmtime behind the C interface of `include/capstan/engine.h`.
//!
//! This crate adapts and decides nothing. Values are lifted and lowered by C++: Wasmtime is given
//! raw types that hand on the words and the memory of the canonical ABI (`params`, `results`,
//! `exports`, `lowering`, `handles`). Everything else is objects and their lifetimes.

// What callers of the C interface must keep to is said in the header.
#![allow(clippy::missing_safety_doc)]

mod abi;
mod cache;
mod call;
mod component;
mod current;
mod describe;
mod driven;
mod engine;
mod error;
mod exports;
mod frames;
mod guard;
mod guest_resource;
mod handles;
mod instantiate;
mod invoke;
mod limits;
mod link;
mod linked;
mod lowering;
mod network;
mod params;
mod plan;
mod prepared;
mod probe;
mod results;
mod scan;
mod shape;
mod shared;
mod store;
mod streams;
mod text;
mod ticker;
mod waker;
mod wasi;
mod wave;
mod words;

/// The C interface, for crates that are built into the same library.
pub mod c {
    pub use crate::abi::*;
    pub use crate::call::capstan_call_blocking;
    pub use crate::capstan_engine_abi;
    pub use crate::component::{
        capstan_component_delete, capstan_component_exports, capstan_component_from_precompiled,
        capstan_component_imports, capstan_component_needs_concurrency, capstan_component_new,
        capstan_component_serialize, capstan_wasi_interfaces,
    };
    pub use crate::driven::{
        capstan_call_delete, capstan_call_new, capstan_call_poll, capstan_instantiate_async,
    };
    pub use crate::engine::{
        capstan_engine_delete, capstan_engine_has_concurrency, capstan_engine_new,
    };
    pub use crate::error::{
        Code, capstan_error_backtrace, capstan_error_delete, capstan_error_exit_status,
        capstan_error_get_code, capstan_error_message, capstan_error_new,
    };
    pub use crate::guest_resource::{capstan_guest_resource_delete, capstan_guest_resource_forget};
    pub use crate::instantiate::capstan_instantiate;
    pub use crate::invoke::capstan_invoke_text;
    pub use crate::prepared::{
        capstan_prepared_delete, capstan_prepared_export, capstan_prepared_may_suspend,
        capstan_prepared_new,
    };
    pub use crate::store::{
        capstan_store_delete, capstan_store_get_fuel, capstan_store_memory, capstan_store_new,
        capstan_store_set_limits,
    };
    pub use crate::wasi::{
        capstan_wasi_allow_address, capstan_wasi_argument, capstan_wasi_block_on_files,
        capstan_wasi_delete, capstan_wasi_descriptor, capstan_wasi_directory,
        capstan_wasi_environment, capstan_wasi_inherit, capstan_wasi_inherit_network,
        capstan_wasi_new, capstan_wasi_sink, capstan_wasi_stdin_bytes,
    };
}

/// Wasmtime as this library configures it, for peers and oracles in tests and benchmarks.
pub mod peer {
    pub use crate::component::live;
    pub use crate::engine::Engine;
    pub use crate::error::{Code, Outcome, argument, fail, from_wasmtime};
    pub use crate::guard::guard;
    pub use wasmtime;

    impl Engine {
        pub fn wasmtime(&self) -> &wasmtime::Engine {
            &self.0.wasmtime
        }
    }
}

const ABI: u32 = 1;

/// The version of the interface, see CAPSTAN_ENGINE_ABI.
#[unsafe(no_mangle)]
pub extern "C" fn capstan_engine_abi() -> u32 {
    ABI
}
