//! Handles in lifted values.
//!
//! C++ lifts everything but handles: those must be taken out of the guest's tables while Wasmtime's
//! lifting context exists. So, when a signature has handles at all, the values are walked here
//! once, along their interface types and in canonical order, and what was found is handed out when
//! C++ asks for it (`capstan_lift.take_handle`).

use crate::abi::{capstan_error, capstan_handle, capstan_lift};
use crate::current;
use crate::error::{self, Code, Error, Outcome};
use crate::guest_resource::GuestResource;
use crate::linked::Resources;
use crate::shared::Shared;
use std::ptr;
use wasmtime::component::__internal::wasmtime_environ::component::{
    ComponentTypes, TypeMapIndex, VariantInfo,
};
use wasmtime::component::__internal::{InterfaceType, LiftContext};
use wasmtime::component::{Lift, ResourceAny, ResourceDynamic};
use wasmtime::{Result, ValRaw, bail};

/// A handle taken out of the guest's table, and the guest's number for it.
#[derive(Clone, Copy)]
struct Captured {
    index: u32,
    handle: capstan_handle,
}

/// The handles of one call in canonical order. The first one, if it is a host resource, needs no
/// allocation.
pub struct HandleList {
    index: u32,
    rep: u32,
    resource: u32,
    /// How many there are, the first included.
    count: u32,
    next: u32,
    /// All of them, once there is more than one.
    all: Vec<Captured>,
}

impl HandleList {
    #[inline]
    pub const fn new() -> HandleList {
        HandleList {
            index: 0,
            rep: 0,
            resource: 0,
            count: 0,
            next: 0,
            all: Vec::new(),
        }
    }

    #[inline]
    pub fn clear(&mut self) {
        (self.count, self.next) = (0, 0);
        if !self.all.is_empty() {
            self.all = Vec::new();
        }
    }

    #[inline]
    fn push(&mut self, index: u32, handle: capstan_handle) {
        self.count += 1;
        if self.count == 1 && handle.guest.is_null() {
            (self.index, self.rep, self.resource) = (index, handle.rep, handle.resource);
            return;
        }
        self.push_more(Captured { index, handle });
    }

    #[cold]
    fn push_more(&mut self, handle: Captured) {
        if self.count == 2 && self.all.is_empty() {
            self.all.push(self.first());
        }
        self.all.push(handle);
    }

    #[inline]
    fn first(&self) -> Captured {
        let guest = ptr::null_mut();
        let handle = capstan_handle {
            rep: self.rep,
            resource: self.resource,
            guest,
        };
        Captured {
            index: self.index,
            handle,
        }
    }

    #[inline]
    fn take(&mut self) -> Option<Captured> {
        if self.next == self.count {
            return None;
        }
        let position = self.next as usize;
        self.next += 1;
        match self.all.as_slice() {
            [] => Some(self.first()),
            all => all.get(position).copied(),
        }
    }

    #[inline]
    fn take_checked(&mut self, index: u32) -> Outcome<capstan_handle> {
        match self.take() {
            Some(captured) if captured.index == index => {
                if self.next == self.count {
                    // Nothing stays behind in the thread's list.
                    self.clear();
                }
                Ok(captured.handle)
            }
            other => Err(self.wrong(index, other)),
        }
    }

    #[cold]
    fn wrong(&mut self, index: u32, captured: Option<Captured>) -> Box<Error> {
        let text = match captured {
            Some(Captured { index: next, .. }) => {
                self.next -= 1;
                format!("handle {index} was asked for, but the next is {next}")
            }
            None => format!("handle {index} was not among the lifted values"),
        };
        error::fail(Code::Trap, text)
    }
}

impl Drop for HandleList {
    fn drop(&mut self) {
        // What nobody took; only results of exports have guest resources.
        while let Some(captured) = self.take() {
            if !captured.handle.guest.is_null() {
                // SAFETY: made by `Box::into_raw`, and nobody took it.
                drop(unsafe { Box::from_raw(captured.handle.guest) });
            }
        }
    }
}

/// The only handle of a host function's parameters. It travels with them: a list would have to be
/// looked for through the thread.
pub struct OneHandle {
    index: u32,
    rep: u32,
    resource: u32,
    taken: bool,
}

impl OneHandle {
    /// Linking has made sure that all resources of parameters are those of interface tables.
    #[inline]
    pub fn lift(cx: &mut LiftContext<'_>, ty: InterfaceType, index: u32) -> Result<OneHandle> {
        let host = ResourceDynamic::linear_lift_from_flat(cx, ty, &ValRaw::u32(index))?;
        Ok(OneHandle {
            index,
            rep: host.rep(),
            resource: host.ty(),
            taken: false,
        })
    }

    #[inline]
    fn take_checked(&mut self, index: u32) -> Outcome<capstan_handle> {
        if index != self.index || self.taken {
            return Err(self.wrong(index));
        }
        self.taken = true;
        Ok(capstan_handle {
            rep: self.rep,
            resource: self.resource,
            guest: ptr::null_mut(),
        })
    }

    #[cold]
    fn wrong(&self, index: u32) -> Box<Error> {
        error::fail(
            Code::Trap,
            match self.taken {
                true => format!("handle {index} was not among the lifted values"),
                false => format!(
                    "handle {index} was asked for, but the next is {}",
                    self.index
                ),
            },
        )
    }
}

/// `capstan_lift.take_handle` where there is one handle, to which `engine` points.
pub unsafe extern "C" fn take_one(
    lift: *mut capstan_lift,
    index: u32,
    handle_out: *mut capstan_handle,
) -> *mut capstan_error {
    // SAFETY: this function is only set together with a live handle.
    let handle = unsafe { &mut *(*lift).engine.cast::<OneHandle>() };
    // SAFETY: the caller gives room for one handle.
    unsafe { answer(handle.take_checked(index), handle_out) }
}

/// # Safety
/// `handle_out` has room.
#[inline]
unsafe fn answer(
    result: Outcome<capstan_handle>,
    handle_out: *mut capstan_handle,
) -> *mut capstan_error {
    match result {
        Ok(handle) => {
            // SAFETY: the caller's promise.
            unsafe { handle_out.write(handle) };
            ptr::null_mut()
        }
        Err(error) => Box::into_raw(error),
    }
}

/// `capstan_lift.take_handle` of parameters: the handles are in the thread's state, and `engine`
/// says which capture of the thread they come from.
pub unsafe extern "C" fn take_parameter(
    lift: *mut capstan_lift,
    index: u32,
    handle_out: *mut capstan_handle,
) -> *mut capstan_error {
    // SAFETY: the caller passes the structure that this function came from.
    let capture = unsafe { (*lift).engine }.addr();
    let result = current::with_handles(|number, list| {
        if number == capture {
            return list.take_checked(index);
        }
        let text = "handles must be taken before `enter` calls into another store";
        Err(error::fail(Code::Internal, text))
    });
    // SAFETY: the caller gives room for one handle.
    unsafe { answer(result, handle_out) }
}

/// `capstan_lift.take_handle` of results: `engine` points to the list.
pub unsafe extern "C" fn take_result(
    lift: *mut capstan_lift,
    index: u32,
    handle_out: *mut capstan_handle,
) -> *mut capstan_error {
    // SAFETY: this function is only set together with a live list.
    let handles = unsafe { &mut *(*lift).engine.cast::<HandleList>() };
    // SAFETY: the caller gives room for one handle.
    unsafe { answer(handles.take_checked(index), handle_out) }
}

/// `capstan_lift.take_handle` of calls without handles.
pub unsafe extern "C" fn no_handles(
    _: *mut capstan_lift,
    index: u32,
    _: *mut capstan_handle,
) -> *mut Error {
    Box::into_raw(error::internal(format!(
        "handle {index} was asked for in a call whose type has no handles"
    )))
}

/// Whether a value of this type can hold a handle.
fn has_handles(types: &ComponentTypes, ty: &InterfaceType) -> bool {
    let any = |ty: &InterfaceType| has_handles(types, ty);
    match ty {
        InterfaceType::Own(_) | InterfaceType::Borrow(_) => true,
        InterfaceType::Record(i) => types[*i].fields.iter().any(|field| any(&field.ty)),
        InterfaceType::Tuple(i) => types[*i].types.iter().any(any),
        InterfaceType::Variant(i) => types[*i].cases.values().flatten().any(any),
        InterfaceType::Option(i) => any(&types[*i].ty),
        InterfaceType::Result(i) => {
            types[*i].ok.as_ref().is_some_and(any) || types[*i].err.as_ref().is_some_and(any)
        }
        InterfaceType::List(i) => any(&types[*i].element),
        InterfaceType::FixedLengthList(i) => any(&types[*i].element),
        InterfaceType::Map(i) => any(&types[*i].key) || any(&types[*i].value),
        _ => false,
    }
}

/// Whose handles are lifted.
#[derive(Clone, Copy)]
pub enum Origin<'a> {
    /// Parameters of host functions: linking has made sure that all resources are those of
    /// interface tables.
    Parameters,
    /// Results of exports: what is not in there is the guest's own.
    Results(&'a Resources, &'a Shared),
}

pub struct Walk<'a, 'b> {
    cx: &'a mut LiftContext<'b>,
    types: &'b ComponentTypes,
    origin: Origin<'a>,
    found: &'a mut HandleList,
}

impl<'a, 'b> Walk<'a, 'b> {
    #[inline]
    pub fn new(
        cx: &'a mut LiftContext<'b>,
        origin: Origin<'a>,
        found: &'a mut HandleList,
    ) -> Walk<'a, 'b> {
        let types: &'b ComponentTypes = cx.types;
        Walk {
            cx,
            types,
            origin,
            found,
        }
    }

    pub fn of_words(mut self, ty: InterfaceType, words: &[ValRaw]) -> Result<()> {
        self.words(&ty, words).map(drop)
    }

    /// The caller has checked alignment and bounds of the value at `offset`.
    pub fn of_memory(mut self, ty: InterfaceType, offset: usize) -> Result<()> {
        self.memory(&ty, offset)
    }

    #[inline]
    fn handle(&mut self, ty: InterfaceType, index: u32) -> Result<()> {
        let (InterfaceType::Own(table) | InterfaceType::Borrow(table)) = ty else {
            bail!("expected a handle");
        };
        let raw = ValRaw::u32(index);
        let of_host = match self.origin {
            Origin::Parameters => true,
            Origin::Results(known, _) => known.id(self.cx.resource_type(table)).is_some(),
        };
        let handle = match self.origin {
            Origin::Results(_, shared) if !of_host => {
                let resource = ResourceAny::linear_lift_from_flat(self.cx, ty, &raw)?;
                let guest = Box::into_raw(GuestResource::new(shared, resource));
                capstan_handle {
                    rep: 0,
                    resource: 0,
                    guest,
                }
            }
            _ => {
                let host = ResourceDynamic::linear_lift_from_flat(self.cx, ty, &raw)?;
                capstan_handle {
                    rep: host.rep(),
                    resource: host.ty(),
                    guest: ptr::null_mut(),
                }
            }
        };
        self.found.push(index, handle);
        Ok(())
    }

    /// Walks a flat value and gives the number of words it took.
    fn words(&mut self, ty: &InterfaceType, words: &[ValRaw]) -> Result<usize> {
        let types = self.types;
        match ty {
            InterfaceType::Own(_) | InterfaceType::Borrow(_) => {
                self.handle(*ty, words[0].get_u32())?;
                return Ok(1);
            }
            InterfaceType::Tuple(i) => {
                return self.sequence(types[*i].types.iter(), words);
            }
            InterfaceType::Record(i) => {
                return self.sequence(types[*i].fields.iter().map(|field| &field.ty), words);
            }
            InterfaceType::FixedLengthList(i) => {
                let list = &types[*i];
                if has_handles(types, &list.element) {
                    self.sequence((0..list.size).map(|_| &list.element), words)?;
                }
            }
            InterfaceType::List(i) => {
                self.list(&types[*i].element, words[0].get_u32(), words[1].get_u32())?;
                return Ok(2);
            }
            InterfaceType::Map(i) => {
                self.map(*i, words[0].get_u32(), words[1].get_u32())?;
                return Ok(2);
            }
            InterfaceType::String => return Ok(2),
            InterfaceType::Variant(_) | InterfaceType::Option(_) | InterfaceType::Result(_) => {
                if let Some(payload) = self.payload(ty, words[0].get_u32())? {
                    self.words(payload, &words[1..])?;
                }
            }
            InterfaceType::Flags(_) => {}
            _ => return Ok(1),
        }
        let count = types.canonical_abi(ty).flat_count;
        Ok(usize::from(
            count.expect("a value that was passed flat has a flat size"),
        ))
    }

    fn sequence<'t>(
        &mut self,
        parts: impl Iterator<Item = &'t InterfaceType>,
        words: &[ValRaw],
    ) -> Result<usize> {
        let mut used = 0;
        for part in parts {
            used += self.words(part, &words[used..])?;
        }
        Ok(used)
    }

    /// The type of the active case's payload.
    fn payload(&self, ty: &InterfaceType, case: u32) -> Result<Option<&'b InterfaceType>> {
        let types = self.types;
        let payload = match (ty, case) {
            (InterfaceType::Option(_), 0) => Some(None),
            (InterfaceType::Option(i), 1) => Some(Some(&types[*i].ty)),
            (InterfaceType::Result(i), 0) => Some(types[*i].ok.as_ref()),
            (InterfaceType::Result(i), 1) => Some(types[*i].err.as_ref()),
            (InterfaceType::Variant(i), _) => types[*i]
                .cases
                .get_index(case as usize)
                .map(|(_, payload)| payload.as_ref()),
            _ => None,
        };
        match payload {
            Some(payload) => Ok(payload),
            None => bail!("unexpected discriminant: {case}"),
        }
    }

    fn memory(&mut self, ty: &InterfaceType, offset: usize) -> Result<()> {
        let types = self.types;
        match ty {
            InterfaceType::Own(_) | InterfaceType::Borrow(_) => {
                let index = self.read_u32(offset);
                self.handle(*ty, index)?;
            }
            InterfaceType::Tuple(i) => self.fields(types[*i].types.iter(), offset)?,
            InterfaceType::Record(i) => {
                self.fields(types[*i].fields.iter().map(|field| &field.ty), offset)?;
            }
            InterfaceType::FixedLengthList(i) => {
                let list = &types[*i];
                if has_handles(types, &list.element) {
                    self.fields((0..list.size).map(|_| &list.element), offset)?;
                }
            }
            InterfaceType::List(i) => {
                self.list(
                    &types[*i].element,
                    self.read_u32(offset),
                    self.read_u32(offset + 4),
                )?;
            }
            InterfaceType::Map(i) => {
                self.map(*i, self.read_u32(offset), self.read_u32(offset + 4))?;
            }
            InterfaceType::Variant(i) => self.case(ty, &types[*i].info, offset)?,
            InterfaceType::Option(i) => self.case(ty, &types[*i].info, offset)?,
            InterfaceType::Result(i) => self.case(ty, &types[*i].info, offset)?,
            _ => {}
        }
        Ok(())
    }

    fn case(&mut self, ty: &InterfaceType, info: &VariantInfo, offset: usize) -> Result<()> {
        let memory = self.cx.memory();
        let case = match info.size.byte_size() {
            1 => u32::from(memory[offset]),
            2 => u32::from(u16::from_le_bytes([memory[offset], memory[offset + 1]])),
            _ => self.read_u32(offset),
        };
        match self.payload(ty, case)? {
            Some(payload) => self.memory(payload, offset + info.payload_offset32 as usize),
            None => Ok(()),
        }
    }

    fn fields<'t>(
        &mut self,
        parts: impl Iterator<Item = &'t InterfaceType>,
        mut offset: usize,
    ) -> Result<()> {
        for part in parts {
            let abi = self.types.canonical_abi(part);
            offset = offset.next_multiple_of(abi.align32 as usize);
            self.memory(part, offset)?;
            offset += abi.size32 as usize;
        }
        Ok(())
    }

    fn list(&mut self, element: &InterfaceType, data: u32, count: u32) -> Result<()> {
        if !has_handles(self.types, element) {
            return Ok(());
        }
        let abi = self.types.canonical_abi(element);
        let (size, align) = (abi.size32 as usize, abi.align32 as usize);
        let start = self.check_list(data, count, size, align)?;
        for position in 0..count as usize {
            self.memory(element, start + position * size)?;
        }
        Ok(())
    }

    fn map(&mut self, ty: TypeMapIndex, data: u32, count: u32) -> Result<()> {
        let map = &self.types[ty];
        if !has_handles(self.types, &InterfaceType::Map(ty)) {
            return Ok(());
        }
        let (size, align) = (
            map.entry_abi.size32 as usize,
            map.entry_abi.align32 as usize,
        );
        let start = self.check_list(data, count, size, align)?;
        for position in 0..count as usize {
            let entry = start + position * size;
            self.memory(&map.key, entry)?;
            self.memory(&map.value, entry + map.value_offset32 as usize)?;
        }
        Ok(())
    }

    /// Lists that are walked cost fuel like lists that are copied, so that overlapping ones cannot
    /// be walked for ever.
    fn check_list(&mut self, data: u32, count: u32, size: usize, align: usize) -> Result<usize> {
        let (data, count) = (data as usize, count as usize);
        if data % align != 0 {
            bail!("list pointer is not aligned");
        }
        let bytes = count
            .checked_mul(size)
            .and_then(|bytes| bytes.checked_add(data));
        if bytes.is_none_or(|end| end > self.cx.memory().len()) {
            bail!("list pointer/length out of bounds of memory");
        }
        self.cx
            .consume_fuel_array(count, size.max(size_of::<Captured>()))?;
        Ok(data)
    }

    fn read_u32(&self, offset: usize) -> u32 {
        let bytes = self.cx.memory()[offset..].first_chunk();
        u32::from_le_bytes(*bytes.expect("the bounds of the whole value were checked"))
    }
}
