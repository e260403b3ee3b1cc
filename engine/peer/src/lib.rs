//! What Capstan is compared with, see `include/capstan/peer.h`: for tests and benchmarks only.

// What callers of the C interface must keep to is said in the header.
#![allow(clippy::missing_safety_doc)]

mod dynamic;
pub mod oracle;
pub mod run;
mod text;
mod typed;

// This library offers the whole engine layer as well; the reference keeps its functions in.
pub use capstan_engine::c;
