//! WASI 0.2 and 0.3 with explicit grants, the same for both.

use crate::abi::{capstan_error, capstan_text, capstan_wasi};
use crate::error::{self, Code, Outcome, fail};
use crate::guard::{guard, guard_value};
use crate::network::Grants;
use crate::text;
use bytes::Bytes;
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::fd::BorrowedFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::cli::{InputFile, IsTerminal, OutputFile, StdoutStream};
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};

/// What wasmtime-wasi offers; components may import any compatible version.
pub const INTERFACES: [&str; 48] = [
    "wasi:cli/environment@0.2.12",
    "wasi:cli/exit@0.2.12",
    "wasi:cli/stderr@0.2.12",
    "wasi:cli/stdin@0.2.12",
    "wasi:cli/stdout@0.2.12",
    "wasi:cli/terminal-input@0.2.12",
    "wasi:cli/terminal-output@0.2.12",
    "wasi:cli/terminal-stderr@0.2.12",
    "wasi:cli/terminal-stdin@0.2.12",
    "wasi:cli/terminal-stdout@0.2.12",
    "wasi:clocks/monotonic-clock@0.2.12",
    "wasi:clocks/wall-clock@0.2.12",
    "wasi:filesystem/preopens@0.2.12",
    "wasi:filesystem/types@0.2.12",
    "wasi:io/error@0.2.12",
    "wasi:io/poll@0.2.12",
    "wasi:io/streams@0.2.12",
    "wasi:random/insecure-seed@0.2.12",
    "wasi:random/insecure@0.2.12",
    "wasi:random/random@0.2.12",
    "wasi:sockets/instance-network@0.2.12",
    "wasi:sockets/ip-name-lookup@0.2.12",
    "wasi:sockets/network@0.2.12",
    "wasi:sockets/tcp-create-socket@0.2.12",
    "wasi:sockets/tcp@0.2.12",
    "wasi:sockets/udp-create-socket@0.2.12",
    "wasi:sockets/udp@0.2.12",
    "wasi:cli/environment@0.3.0",
    "wasi:cli/exit@0.3.0",
    "wasi:cli/stderr@0.3.0",
    "wasi:cli/stdin@0.3.0",
    "wasi:cli/stdout@0.3.0",
    "wasi:cli/terminal-input@0.3.0",
    "wasi:cli/terminal-output@0.3.0",
    "wasi:cli/terminal-stderr@0.3.0",
    "wasi:cli/terminal-stdin@0.3.0",
    "wasi:cli/terminal-stdout@0.3.0",
    "wasi:cli/types@0.3.0",
    "wasi:clocks/monotonic-clock@0.3.0",
    "wasi:clocks/system-clock@0.3.0",
    "wasi:clocks/types@0.3.0",
    "wasi:filesystem/preopens@0.3.0",
    "wasi:filesystem/types@0.3.0",
    "wasi:random/insecure-seed@0.3.0",
    "wasi:random/insecure@0.3.0",
    "wasi:random/random@0.3.0",
    "wasi:sockets/ip-name-lookup@0.3.0",
    "wasi:sockets/types@0.3.0",
];

/// The WASI side of a store.
pub struct WasiState {
    pub context: WasiCtx,
    pub table: ResourceTable,
    /// Which names may be looked up; all of them when it is absent, if look-up is on at all.
    pub grants: Option<Arc<Grants>>,
}

enum Stream {
    In = 0,
    Out = 1,
    Err = 2,
}

impl Stream {
    fn from_c(value: u32) -> Outcome<Stream> {
        match value {
            0 => Ok(Stream::In),
            1 => Ok(Stream::Out),
            2 => Ok(Stream::Err),
            _ => Err(error::argument(format!("{value} is no capstan_stream"))),
        }
    }
}

struct Directory {
    host: String,
    guest: String,
    access: FsPerms,
}

/// Grants in the making. Directories are opened at the end, because they copy the blocking setting.
pub struct Wasi {
    builder: WasiCtxBuilder,
    directories: Vec<Directory>,
    grants: Grants,
    whole_network: bool,
}

impl Wasi {
    pub fn new() -> Wasi {
        Wasi {
            builder: WasiCtxBuilder::new(),
            directories: Vec::new(),
            grants: Grants::default(),
            whole_network: false,
        }
    }

    pub fn build(mut self) -> Outcome<Box<WasiState>> {
        for directory in &self.directories {
            let opened =
                self.builder
                    .preopened_dir(&directory.host, &directory.guest, directory.access);
            if let Err(error) = opened {
                let text = format!("cannot open directory `{}`: {error:#}", directory.host);
                return Err(fail(Code::Io, text));
            }
        }
        let grants = self.grant_network();
        Ok(Box::new(WasiState {
            context: self.builder.build(),
            table: ResourceTable::new(),
            grants,
        }))
    }

    fn grant_network(&mut self) -> Option<Arc<Grants>> {
        if !self.whole_network && self.grants.is_empty() {
            return None;
        }
        self.builder.allow_tcp(true).allow_udp(true);
        if self.whole_network {
            self.builder.inherit_network().allow_ip_name_lookup(true);
            return None;
        }
        let grants = Arc::new(std::mem::take(&mut self.grants));
        let checked = Arc::clone(&grants);
        self.builder
            .allow_ip_name_lookup(grants.has_names())
            .socket_addr_check(move |address, reason| Grants::check(&checked, address, reason));
        Some(grants)
    }

    fn output(&mut self, stream: &Stream, output: impl StdoutStream + 'static) -> Outcome<()> {
        match stream {
            Stream::In => return Err(error::argument("standard input cannot be written to")),
            Stream::Out => self.builder.stdout(output),
            Stream::Err => self.builder.stderr(output),
        };
        Ok(())
    }

    fn descriptor(&mut self, stream: &Stream, fd: i32) -> Outcome<()> {
        if fd < 0 {
            return Err(error::argument(format!("{fd} is no file descriptor")));
        }
        // SAFETY: not -1, and the caller keeps it open during this call.
        let copy = unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned();
        let copy = copy.map_err(|error| {
            fail(
                Code::Io,
                format!("cannot duplicate file descriptor {fd}: {error}"),
            )
        })?;
        let file = File::from(copy);
        match stream {
            Stream::In => {
                self.builder.stdin(InputFile::new(file));
                Ok(())
            }
            _ => self.output(stream, OutputFile::new(file)),
        }
    }
}

type WriteFn = unsafe extern "C" fn(*mut c_void, *const u8, usize);

/// A caller's callback; the last clone runs `drop`.
struct Sink {
    write: WriteFn,
    drop: Option<unsafe extern "C" fn(*mut c_void)>,
    context: *mut c_void,
}

// SAFETY: the header says that writes happen on the thread that runs the guest; a caller that moves
// its store between threads moves the callback with it.
unsafe impl Send for Sink {}
// SAFETY: as above; one write at a time, because a store runs on one thread at a time.
unsafe impl Sync for Sink {}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(drop) = self.drop {
            // SAFETY: once, as the header says.
            unsafe { drop(self.context) };
        }
    }
}

#[derive(Clone)]
struct SinkStream(Arc<Sink>);

impl SinkStream {
    fn put(&self, bytes: &[u8]) {
        // SAFETY: the caller's callback with its context.
        unsafe { (self.0.write)(self.0.context, bytes.as_ptr(), bytes.len()) };
    }
}

impl IsTerminal for SinkStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for SinkStream {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for SinkStream {
    async fn ready(&mut self) {}
}

impl OutputStream for SinkStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.put(&bytes);
        Ok(())
    }
    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }
    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 << 10)
    }
}

impl AsyncWrite for SinkStream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.put(bytes);
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// For functions without an error to return: a wrong argument changes nothing.
///
/// # Safety
/// `wasi` is NULL or a live object.
unsafe fn change(wasi: *mut Wasi, change: impl FnOnce(&mut Wasi) -> Outcome<()>) {
    guard_value((), || {
        // SAFETY: the caller's promise.
        if let Some(wasi) = unsafe { wasi.as_mut() } {
            let _ = change(wasi);
        }
    });
}

/// # Safety
/// `wasi` is NULL or a live object.
unsafe fn try_change(
    wasi: *mut Wasi,
    change: impl FnOnce(&mut Wasi) -> Outcome<()>,
) -> *mut capstan_error {
    guard(|| {
        // SAFETY: the caller's promise.
        let wasi = unsafe { wasi.as_mut() };
        change(wasi.ok_or_else(|| error::argument("the capstan_wasi is null"))?)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_wasi_new() -> *mut capstan_wasi {
    guard_value(std::ptr::null_mut(), || {
        Box::into_raw(Box::new(Wasi::new()))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_wasi_delete(wasi: *mut capstan_wasi) {
    guard_value((), || {
        if !wasi.is_null() {
            // SAFETY: owned by the caller until now.
            drop(unsafe { Box::from_raw(wasi) });
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_wasi_argument(wasi: *mut capstan_wasi, value: capstan_text) {
    // SAFETY: the header's promises.
    unsafe {
        change(wasi, |wasi| {
            wasi.builder.arg(value.lossy());
            Ok(())
        });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_wasi_environment(
    wasi: *mut capstan_wasi,
    name: capstan_text,
    value: capstan_text,
) {
    // SAFETY: the header's promises.
    unsafe {
        change(wasi, |wasi| {
            wasi.builder.env(name.lossy(), value.lossy());
            Ok(())
        });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_wasi_directory(
    wasi: *mut capstan_wasi,
    host_path: capstan_text,
    guest_path: capstan_text,
    access: u32,
) -> *mut capstan_error {
    // SAFETY: the header's promises.
    unsafe {
        try_change(wasi, |wasi| {
            let host = host_path.str("the host path")?.to_owned();
            let guest = guest_path.str("the guest path")?.to_owned();
            let access = match access {
                0 => FsPerms::ReadOnly,
                1 => FsPerms::ReadWrite,
                _ => {
                    return Err(error::argument(format!(
                        "{access} is no capstan_dir_access"
                    )));
                }
            };
            // Reported here, where the caller can still say which grant was wrong.
            std::fs::read_dir(&host).map_err(|error| {
                fail(Code::Io, format!("cannot open directory `{host}`: {error}"))
            })?;
            wasi.directories.push(Directory {
                host,
                guest,
                access,
            });
            Ok(())
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_wasi_inherit(wasi: *mut capstan_wasi, stream: u32) {
    // SAFETY: the header's promises.
    unsafe {
        change(wasi, |wasi| {
            match Stream::from_c(stream)? {
                Stream::In => wasi.builder.inherit_stdin(),
                Stream::Out => wasi.builder.inherit_stdout(),
                Stream::Err => wasi.builder.inherit_stderr(),
            };
            Ok(())
        });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_wasi_descriptor(
    wasi: *mut capstan_wasi,
    stream: u32,
    fd: i32,
) -> *mut capstan_error {
    // SAFETY: the header's promises.
    unsafe { try_change(wasi, |wasi| wasi.descriptor(&Stream::from_c(stream)?, fd)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_wasi_stdin_bytes(
    wasi: *mut capstan_wasi,
    bytes: *const u8,
    size: usize,
) {
    // SAFETY: the header's promises.
    unsafe {
        change(wasi, |wasi| {
            let copy = Bytes::copy_from_slice(text::bytes(bytes, size)?);
            wasi.builder.stdin(MemoryInputPipe::new(copy));
            Ok(())
        });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_wasi_sink(
    wasi: *mut capstan_wasi,
    stream: u32,
    write: Option<WriteFn>,
    drop: Option<unsafe extern "C" fn(*mut c_void)>,
    context: *mut c_void,
) {
    // SAFETY: the header's promises.
    unsafe {
        change(wasi, |wasi| {
            let write = write.ok_or_else(|| error::argument("`write` is null"))?;
            let sink = SinkStream(Arc::new(Sink {
                write,
                drop,
                context,
            }));
            wasi.output(&Stream::from_c(stream)?, sink)
        });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_wasi_block_on_files(wasi: *mut capstan_wasi, block: bool) {
    // SAFETY: the header's promises.
    unsafe {
        change(wasi, |wasi| {
            wasi.builder.allow_blocking_current_thread(block);
            Ok(())
        });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_wasi_inherit_network(wasi: *mut capstan_wasi) {
    // SAFETY: the header's promises.
    unsafe {
        change(wasi, |wasi| {
            wasi.whole_network = true;
            Ok(())
        });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_wasi_allow_address(
    wasi: *mut capstan_wasi,
    address: capstan_text,
) -> *mut capstan_error {
    // SAFETY: the header's promises.
    unsafe { try_change(wasi, |wasi| wasi.grants.add(address.str("the address")?)) }
}
