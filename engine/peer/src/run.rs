//! The cases, and the C interface to them.

use crate::dynamic::Dynamic;
use crate::typed::Typed;
use capstan_engine::peer::{Code, Engine, argument, from_wasmtime, guard, live};
use std::time::Instant;
use wasmtime::component::Component;
use wasmtime::{Result, bail};

/// Which loop of the guest, or which export, is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Case {
    Scalar,
    BytesIn,
    BytesOut,
    Echo,
    Entries,
    Method,
    ExportScalar,
    ExportEcho,
    Instantiate,
}

impl Case {
    pub const ALL: [Case; 9] = [
        Case::Scalar,
        Case::BytesIn,
        Case::BytesOut,
        Case::Echo,
        Case::Entries,
        Case::Method,
        Case::ExportScalar,
        Case::ExportEcho,
        Case::Instantiate,
    ];

    /// The guest's loop for cases in which the guest calls.
    pub fn guest_loop(self) -> Option<&'static str> {
        match self {
            Case::Scalar => Some("run-scalar"),
            Case::BytesIn => Some("run-bytes-in"),
            Case::BytesOut => Some("run-bytes-out"),
            Case::Echo => Some("run-echo"),
            Case::Entries => Some("run-entries"),
            Case::Method => Some("run-method"),
            Case::ExportScalar | Case::ExportEcho | Case::Instantiate => None,
        }
    }
}

pub const HOST: &str = "bench:calls/host";

/// Bytes that the host gives out, at most.
pub const BLOB_BYTES: usize = 1 << 20;

pub enum Peer {
    Typed(Box<Typed>),
    Dynamic(Box<Dynamic>),
}

impl Peer {
    pub fn new(engine: &wasmtime::Engine, kind: u32, bytes: &[u8]) -> Result<Peer> {
        let component = Component::from_binary(engine, bytes)?;
        match kind {
            0 => Ok(Peer::Typed(Box::new(Typed::new(&component)?))),
            1 => Ok(Peer::Dynamic(Box::new(Dynamic::new(&component)?))),
            _ => bail!("{kind} is no capstan_peer_kind"),
        }
    }

    /// Nanoseconds for all iterations.
    pub fn run(&mut self, case: Case, iterations: u32, size: u32) -> Result<u64> {
        let start = Instant::now();
        match self {
            Peer::Typed(typed) => typed.run(case, iterations, size)?,
            Peer::Dynamic(dynamic) => dynamic.run(case, iterations, size)?,
        }
        Ok(u64::try_from(start.elapsed().as_nanos())?)
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_peer_new(
    engine: *const Engine,
    kind: u32,
    bytes: *const u8,
    size: usize,
    peer_out: *mut *mut Peer,
) -> *mut capstan_engine::c::capstan_error {
    guard(|| {
        // SAFETY: the header's promises.
        let (engine, bytes) = unsafe {
            (
                live(engine, "the engine")?,
                std::slice::from_raw_parts(bytes, size),
            )
        };
        let peer = Peer::new(engine.wasmtime(), kind, bytes)
            .map_err(|error| from_wasmtime(error, Code::NotLinkable))?;
        // SAFETY: the header's promises.
        unsafe { peer_out.write(Box::into_raw(Box::new(peer))) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_peer_delete(peer: *mut Peer) {
    if !peer.is_null() {
        // SAFETY: owned by the caller until now.
        drop(unsafe { Box::from_raw(peer) });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_peer_run(
    peer: *mut Peer,
    case: u32,
    iterations: u32,
    size: u32,
    nanoseconds_out: *mut u64,
) -> *mut capstan_engine::c::capstan_error {
    guard(|| {
        // SAFETY: the header's promises.
        let peer = unsafe { peer.as_mut() }.ok_or_else(|| argument("the peer is null"))?;
        let case = Case::ALL.get(case as usize);
        let case = case.ok_or_else(|| argument("not a capstan_peer_case"))?;
        if iterations == 0 {
            return Err(argument("0 iterations"));
        }
        let nanoseconds = peer
            .run(*case, iterations, size)
            .map_err(|error| from_wasmtime(error, Code::Trap))?;
        // SAFETY: the header's promises.
        unsafe { nanoseconds_out.write(nanoseconds) };
        Ok(())
    })
}
