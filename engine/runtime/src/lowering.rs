//! `capstan_lower`: C++ writes values into the guest, through Wasmtime's lowering context.

use crate::abi::{
    BORROW, OWN, capstan_error, capstan_guest_resource, capstan_handle_kind, capstan_input_stream,
    capstan_lower, capstan_output_stream,
};
use crate::error::{self, Code, Error, Outcome};
use crate::guest_resource::GuestResource;
use crate::shared::Shared;
use crate::store::StoreData;
use crate::streams;
use crate::wasi::WasiState;
use crate::words::encoding;
use std::any::Any;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use wasmtime::component::__internal::wasmtime_environ::component::{
    CanonicalOptionsDataModel, ComponentTypes, TypeResourceTableIndex,
};
use wasmtime::component::__internal::{InterfaceType, LowerContext};
use wasmtime::component::{Lower, ResourceType};
use wasmtime::{Result, ValRaw, bail, ensure};

pub enum Destination<'a> {
    /// Memory is only shown once C++ asks for some.
    Words(&'a mut [MaybeUninit<u64>], Encoding),
    /// Checked for the whole tuple.
    Memory(usize),
}

/// Whether the values can have text; looking up how it is encoded costs a few nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Used,
    Unused,
}

/// What `capstan_lower.engine` points to.
struct Lowering<'a, 'b, T: 'static> {
    cx: &'a mut LowerContext<'b, T>,
    /// The tuple being lowered: where handle types are found.
    ty: InterfaceType,
    shared: &'a Shared,
    /// The last handle type found: lists repeat the same one.
    found: Option<(capstan_handle_kind, ResourceType, InterfaceType)>,
}

/// Lets `lower` write the values of type `ty`.
#[inline]
pub fn run<T: 'static>(
    cx: &mut LowerContext<'_, T>,
    ty: InterfaceType,
    shared: &Shared,
    to: Destination<'_>,
    lower: impl FnOnce(*mut capstan_lower) -> *mut Error,
) -> Result<()> {
    let (words, word_count, offset, text) = match to {
        Destination::Words(words, text) => (words.as_mut_ptr().cast(), words.len(), 0, text),
        Destination::Memory(offset) => (ptr::null_mut(), 0, u32::try_from(offset)?, Encoding::Used),
    };
    let encoding = match text {
        Encoding::Used => encoding(cx.options().string_encoding),
        Encoding::Unused => 0,
    };
    let mut state = Lowering {
        cx,
        ty,
        shared,
        found: None,
    };
    let mut c = capstan_lower {
        words,
        word_count,
        memory: ptr::null_mut(),
        memory_bytes: 0,
        offset,
        encoding,
        user: shared.user,
        realloc: realloc::<T>,
        give_handle: give_handle::<T>,
        give_guest_handle: give_guest_handle::<T>,
        engine: ptr::null_mut(),
        give_output_stream: give_output_stream::<T>,
        give_input_stream: give_input_stream::<T>,
    };
    if words.is_null() {
        state.show_memory(&mut c);
    }
    c.engine = ptr::from_mut(&mut state).cast::<c_void>();
    // SAFETY: what a callback returns is ours.
    unsafe { error::adopt(lower(&mut c)) }
}

/// The same for numbers, which need nothing of the guest: then Wasmtime's context is not even made.
#[inline]
pub fn run_plain(
    shared: &Shared,
    words: &mut [MaybeUninit<u64>],
    lower: impl FnOnce(*mut capstan_lower) -> *mut Error,
) -> Result<()> {
    let mut c = capstan_lower {
        words: words.as_mut_ptr().cast(),
        word_count: words.len(),
        memory: ptr::null_mut(),
        memory_bytes: 0,
        offset: 0,
        encoding: 0,
        user: shared.user,
        realloc: no_realloc,
        give_handle: no_handle,
        give_guest_handle: no_guest_handle,
        engine: ptr::null_mut(),
        give_output_stream: no_output_stream,
        give_input_stream: no_input_stream,
    };
    // SAFETY: what a callback returns is ours.
    unsafe { error::adopt(lower(&mut c)) }
}

unsafe extern "C" fn no_realloc(
    _: *mut capstan_lower,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: *mut u32,
) -> *mut capstan_error {
    plain()
}

unsafe extern "C" fn no_handle(
    _: *mut capstan_lower,
    _: capstan_handle_kind,
    _: u32,
    _: u32,
    _: *mut u32,
) -> *mut capstan_error {
    plain()
}

unsafe extern "C" fn no_guest_handle(
    _: *mut capstan_lower,
    _: capstan_handle_kind,
    _: *mut capstan_guest_resource,
    _: *mut u32,
) -> *mut capstan_error {
    plain()
}

unsafe extern "C" fn no_output_stream(
    _: *mut capstan_lower,
    stream: *const capstan_output_stream,
    _: *mut u32,
) -> *mut capstan_error {
    // SAFETY: the header's promise; made into an object only to be dropped.
    drop(unsafe { streams::output(stream) });
    plain()
}

unsafe extern "C" fn no_input_stream(
    _: *mut capstan_lower,
    stream: *const capstan_input_stream,
    _: *mut u32,
) -> *mut capstan_error {
    // SAFETY: as above.
    drop(unsafe { streams::input(stream) });
    plain()
}

fn plain() -> *mut capstan_error {
    Box::into_raw(error::internal(
        "memory or a handle was asked for where the type has only numbers",
    ))
}

impl<T: 'static> Lowering<'_, '_, T> {
    #[inline]
    fn show_memory(&mut self, c: &mut capstan_lower) {
        let memory = self.cx.as_slice_mut();
        c.memory = if memory.is_empty() {
            ptr::null_mut()
        } else {
            memory.as_mut_ptr()
        };
        c.memory_bytes = memory.len();
    }

    fn realloc(&mut self, old: u32, old_bytes: u32, align: u32, bytes: u32) -> Result<u32> {
        ensure!(
            matches!(align, 1 | 2 | 4 | 8),
            "realloc with alignment {align}"
        );
        let has_realloc = match self.cx.options().data_model {
            CanonicalOptionsDataModel::LinearMemory(options) => options.realloc.is_some(),
            CanonicalOptionsDataModel::Gc { .. } => false,
        };
        ensure!(has_realloc, "the guest gives no `realloc` here");
        let offset = self
            .cx
            .realloc(old as usize, old_bytes as usize, align, bytes as usize)?;
        Ok(u32::try_from(offset)?)
    }

    /// The type of the handles of this kind and resource in the tuple that is being lowered.
    fn handle_type(
        &mut self,
        kind: capstan_handle_kind,
        resource: ResourceType,
    ) -> Result<InterfaceType> {
        if let Some((known_kind, known, ty)) = self.found
            && known_kind == kind
            && known == resource
        {
            return Ok(ty);
        }
        let cx = &*self.cx;
        let same = |table: TypeResourceTableIndex| cx.resource_type(table) == resource;
        match find(cx.types, &self.ty, kind, &same) {
            Some(ty) => {
                self.found = Some((kind, resource, ty));
                Ok(ty)
            }
            None => bail!("the values being lowered have no handle of this kind and resource"),
        }
    }

    fn give(&mut self, kind: capstan_handle_kind, resource: u32, rep: u32) -> Result<u32> {
        match self.handle_type(kind, ResourceType::host_dynamic(resource))? {
            InterfaceType::Own(table) => self.cx.guest_resource_lower_own(table, rep),
            InterfaceType::Borrow(table) => self.cx.guest_resource_lower_borrow(table, rep),
            _ => unreachable!("only handle types are found"),
        }
    }

    /// Puts a stream into WASI's table, where its operations look for it.
    fn give_stream<S: Send + 'static>(&mut self, stream: Outcome<S>) -> Result<u32> {
        let stream = stream.map_err(error::into_wasmtime)?;
        let InterfaceType::Own(table) = self.handle_type(OWN, ResourceType::host::<S>())? else {
            unreachable!("only handle types of the kind are found");
        };
        let resource = self.wasi()?.table.push(stream)?;
        let index = self.cx.guest_resource_lower_own(table, resource.rep());
        if index.is_err() {
            self.wasi()?.table.delete(resource)?;
        }
        index
    }

    fn wasi(&mut self) -> Result<&mut WasiState> {
        let data: &mut dyn Any = self.cx.store.data_mut();
        let data = data.downcast_mut::<StoreData>();
        let wasi = data.and_then(|data| data.wasi.as_deref_mut());
        wasi.ok_or_else(|| wasmtime::format_err!("a stream was given in a store without WASI"))
    }

    fn give_guest(&mut self, kind: capstan_handle_kind, guest: &GuestResource) -> Result<u32> {
        ensure!(
            guest.belongs_to(self.shared),
            "the guest resource belongs to another store"
        );
        let resource = guest.resource();
        let ty = self.handle_type(kind, resource.ty())?;
        let mut index = MaybeUninit::uninit();
        resource.linear_lower_to_flat(self.cx, ty, &mut index)?;
        // SAFETY: initialised on success.
        let index: ValRaw = unsafe { index.assume_init() };
        Ok(index.get_u32())
    }
}

/// Depth first, in canonical order; signatures are small, and the first hit ends the search.
fn find(
    types: &ComponentTypes,
    ty: &InterfaceType,
    kind: capstan_handle_kind,
    same: &dyn Fn(TypeResourceTableIndex) -> bool,
) -> Option<InterfaceType> {
    let inside = |ty: &InterfaceType| find(types, ty, kind, same);
    match ty {
        InterfaceType::Own(table) if kind == OWN && same(*table) => Some(*ty),
        InterfaceType::Borrow(table) if kind == BORROW && same(*table) => Some(*ty),
        InterfaceType::Record(i) => types[*i].fields.iter().find_map(|field| inside(&field.ty)),
        InterfaceType::Tuple(i) => types[*i].types.iter().find_map(inside),
        InterfaceType::Variant(i) => types[*i].cases.values().flatten().find_map(inside),
        InterfaceType::Option(i) => inside(&types[*i].ty),
        InterfaceType::Result(i) => {
            let result = &types[*i];
            result
                .ok
                .as_ref()
                .and_then(inside)
                .or_else(|| result.err.as_ref().and_then(inside))
        }
        InterfaceType::List(i) => inside(&types[*i].element),
        InterfaceType::FixedLengthList(i) => inside(&types[*i].element),
        InterfaceType::Map(i) => inside(&types[*i].key).or_else(|| inside(&types[*i].value)),
        _ => None,
    }
}

/// Writes the result of a callback from C++, or gives back the error.
///
/// # Safety
/// `out` has room for the value.
unsafe fn answer(result: Result<u32>, out: *mut u32) -> *mut capstan_error {
    match result {
        Ok(value) => {
            // SAFETY: the caller's promise.
            unsafe { out.write(value) };
            ptr::null_mut()
        }
        Err(error) => Box::into_raw(error::from_wasmtime(error, Code::Trap)),
    }
}

unsafe extern "C" fn realloc<T: 'static>(
    c: *mut capstan_lower,
    old_offset: u32,
    old_bytes: u32,
    align: u32,
    bytes: u32,
    offset_out: *mut u32,
) -> *mut capstan_error {
    // SAFETY: `engine` was set by `run` with the same T, whose frame is still there.
    let (c, state) = unsafe { (&mut *c, &mut *(*c).engine.cast::<Lowering<'_, '_, T>>()) };
    let result = state.realloc(old_offset, old_bytes, align, bytes);
    state.show_memory(c);
    // SAFETY: the header asks for room.
    unsafe { answer(result, offset_out) }
}

unsafe extern "C" fn give_handle<T: 'static>(
    c: *mut capstan_lower,
    kind: capstan_handle_kind,
    resource: u32,
    rep: u32,
    index_out: *mut u32,
) -> *mut capstan_error {
    // SAFETY: as in `realloc`.
    let state = unsafe { &mut *(*c).engine.cast::<Lowering<'_, '_, T>>() };
    let result = state.give(kind, resource, rep);
    // SAFETY: the header asks for room.
    unsafe { answer(result, index_out) }
}

unsafe extern "C" fn give_guest_handle<T: 'static>(
    c: *mut capstan_lower,
    kind: capstan_handle_kind,
    guest: *mut capstan_guest_resource,
    index_out: *mut u32,
) -> *mut capstan_error {
    if guest.is_null() {
        return Box::into_raw(error::argument("the guest resource is null"));
    }
    // SAFETY: as in `realloc`; the guest resource is alive.
    let (state, handle) = unsafe { (&mut *(*c).engine.cast::<Lowering<'_, '_, T>>(), &*guest) };
    let result = state.give_guest(kind, handle);
    if result.is_ok() && kind == OWN {
        // SAFETY: own handles are consumed on success, and this one came from `Box::into_raw`.
        drop(unsafe { Box::from_raw(guest) });
    }
    // SAFETY: the header asks for room.
    unsafe { answer(result, index_out) }
}

unsafe extern "C" fn give_output_stream<T: 'static>(
    c: *mut capstan_lower,
    stream: *const capstan_output_stream,
    index_out: *mut u32,
) -> *mut capstan_error {
    // SAFETY: as in `realloc`; the stream is as the header describes it.
    let (state, stream) = unsafe {
        (
            &mut *(*c).engine.cast::<Lowering<'_, '_, T>>(),
            streams::output(stream),
        )
    };
    let result = state.give_stream(stream);
    // SAFETY: the header asks for room.
    unsafe { answer(result, index_out) }
}

unsafe extern "C" fn give_input_stream<T: 'static>(
    c: *mut capstan_lower,
    stream: *const capstan_input_stream,
    index_out: *mut u32,
) -> *mut capstan_error {
    // SAFETY: as above.
    let (state, stream) = unsafe {
        (
            &mut *(*c).engine.cast::<Lowering<'_, '_, T>>(),
            streams::input(stream),
        )
    };
    let result = state.give_stream(stream);
    // SAFETY: the header asks for room.
    unsafe { answer(result, index_out) }
}
