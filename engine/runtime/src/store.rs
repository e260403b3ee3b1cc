//! Stores: the state of the guests that run together.

use crate::abi::{capstan_engine, capstan_error, capstan_limits, capstan_store, capstan_wasi};
use crate::call;
use crate::component::live;
use crate::driven::Call;
use crate::engine::Engine;
use crate::error::{self, Code, Outcome, fail};
use crate::exports::{RawArguments, RawReturn};
use crate::guard::{guard, guard_value};
use crate::guest_resource::GuestResource;
use crate::limits::{Limiter, Limits};
use crate::prepared::{Export, Inner};
use crate::shared::Shared;
use crate::ticker::Ticker;
use crate::wasi::{Wasi, WasiState};
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use wasmtime::component::{Func, Instance, TypedFunc};
use wasmtime_wasi::{WasiCtxView, WasiView};

/// No deadline, in epochs; far, and still addable to any epoch.
const NEVER: u64 = 1 << 60;

/// What Wasmtime keeps for us.
pub struct StoreData {
    /// Outlives the store.
    pub shared: *const Shared,
    limiter: Limiter,
    pub wasi: Option<Box<WasiState>>,
}

// SAFETY: the header says that a store belongs to one thread at a time; the pointer is followed by
// that thread.
unsafe impl Send for StoreData {}
// SAFETY: as above.
unsafe impl Sync for StoreData {}

impl WasiView for StoreData {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        // Instances that import WASI are only made after it was set up.
        let wasi = self.wasi.as_mut().expect("WASI is set up");
        WasiCtxView {
            ctx: &mut wasi.context,
            table: &mut wasi.table,
        }
    }
}

pub struct Slot {
    pub instance: Instance,
    pub prepared: Arc<Inner>,
    /// By position of the export. Calls use them in place: a copy that was only just made stalls
    /// the processor for longer than everything else in a call of ours takes.
    functions: Vec<Option<Function>>,
}

/// An exported function, typed by what its arguments and results are: anything, numbers, or
/// nothing.
pub enum Function {
    AnyToAny(TypedFunc<RawArguments<false>, RawReturn<1, false>>),
    AnyToNumber(TypedFunc<RawArguments<false>, RawReturn<1, true>>),
    AnyToNothing(TypedFunc<RawArguments<false>, RawReturn<0, true>>),
    NumbersToAny(TypedFunc<RawArguments<true>, RawReturn<1, false>>),
    NumbersToNumber(TypedFunc<RawArguments<true>, RawReturn<1, true>>),
    NumbersToNothing(TypedFunc<RawArguments<true>, RawReturn<0, true>>),
}

impl Function {
    fn new(function: Func, export: &Export) -> Function {
        // SAFETY: `typecheck` of the types accepts anything: they adapt to the function's type, and
        // what they take for granted was taken from it.
        unsafe {
            match (
                export.plain_words.is_some(),
                export.has_results,
                export.plain_result,
            ) {
                (false, true, false) => Function::AnyToAny(TypedFunc::new_unchecked(function)),
                (false, true, true) => Function::AnyToNumber(TypedFunc::new_unchecked(function)),
                (false, false, _) => Function::AnyToNothing(TypedFunc::new_unchecked(function)),
                (true, true, false) => Function::NumbersToAny(TypedFunc::new_unchecked(function)),
                (true, true, true) => Function::NumbersToNumber(TypedFunc::new_unchecked(function)),
                (true, false, _) => Function::NumbersToNothing(TypedFunc::new_unchecked(function)),
            }
        }
    }
}

impl Slot {
    pub fn new(instance: Instance, prepared: Arc<Inner>) -> Slot {
        // Room is made by the first call: many instances only ever run one.
        Slot {
            instance,
            prepared,
            functions: Vec::new(),
        }
    }
}

/// Only ever used through a raw pointer, field by field: while a call runs, `inside` and `slots`
/// are borrowed by it, and callbacks may still use `shared`.
pub struct Store {
    pub engine: Engine,
    /// Absent once the guests were ended after an error or a cancelled call.
    pub inside: Option<wasmtime::Store<StoreData>>,
    pub slots: Vec<Slot>,
    /// Something in the store may suspend: all calls run on fibers.
    pub asynchronous: bool,
    /// The unfinished call that the caller drives.
    pub call: *mut Call,
    drop_user: Option<unsafe extern "C" fn(*mut c_void)>,
    shared: *mut Shared,
}

impl Store {
    fn new(
        engine: &Engine,
        limits: Limits,
        wasi: Option<Box<WasiState>>,
        user: *mut c_void,
    ) -> Outcome<Box<Store>> {
        check(engine, &limits)?;
        let shared = Box::into_raw(Shared::new(user, limits));
        let data = StoreData {
            shared,
            limiter: Limiter(shared),
            wasi,
        };
        let mut inside = wasmtime::Store::new(&engine.0.wasmtime, data);
        let applied = apply(&mut inside, engine, &limits);
        let store = Box::new(Store {
            engine: engine.clone(),
            inside: Some(inside),
            slots: Vec::new(),
            asynchronous: false,
            call: ptr::null_mut(),
            drop_user: None,
            shared,
        });
        applied.map(|()| store)
    }

    /// # Safety
    /// `store` is alive; nothing else is asked of it.
    pub unsafe fn shared<'a>(store: *const Store) -> &'a Shared {
        // SAFETY: the field never changes, and its target lives as long as the store.
        unsafe { &*(*store).shared }
    }

    /// # Safety
    /// `store` is alive.
    pub unsafe fn engine<'a>(store: *const Store) -> &'a Engine {
        // SAFETY: the field never changes.
        unsafe { &(*store).engine }
    }

    /// The function behind an export of an instance. Valid until the store gets another instance.
    #[inline]
    pub fn function(
        inside: &mut wasmtime::Store<StoreData>,
        slot: &mut Slot,
        export: &Export,
    ) -> Outcome<*const Function> {
        match slot.functions.get(export.position) {
            Some(Some(function)) => Ok(function),
            _ => Self::find_function(inside, slot, export),
        }
    }

    #[cold]
    fn find_function(
        inside: &mut wasmtime::Store<StoreData>,
        slot: &mut Slot,
        export: &Export,
    ) -> Outcome<*const Function> {
        let function = slot.instance.get_func(inside, export.index);
        let function = function.ok_or_else(|| error::internal("an export was lost"))?;
        let function = Function::new(function, export);
        if slot.functions.is_empty() {
            slot.functions = slot.prepared.no_functions();
        }
        Ok(slot.functions[export.position].insert(function))
    }

    /// Ends all guests: what waits is dropped, and so are the frames. The rest of the store stays
    /// for its owner.
    ///
    /// # Safety
    /// `store` is alive and no guest is running.
    pub unsafe fn end(store: *mut Store, why: &'static str) {
        // SAFETY: the caller's promise.
        unsafe {
            Store::shared(store).finished.set(Some(why));
            drop((*store).inside.take());
        }
    }

    /// Runs the destructor of a guest resource.
    ///
    /// # Safety
    /// `store` is alive and not busy.
    pub unsafe fn drop_resource(
        store: *mut Store,
        resource: &GuestResource,
    ) -> wasmtime::Result<()> {
        // SAFETY: the caller's promise.
        unsafe { call::drop_resource(store, resource.resource()) }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // The guests first, with all frames; then what frames and guests refer to.
        drop(self.inside.take());
        self.slots.clear();
        // SAFETY: made by `Box::into_raw` and given up only here.
        let shared = unsafe { Box::from_raw(self.shared) };
        if let Some(drop_user) = self.drop_user {
            // SAFETY: the caller's callback, once.
            unsafe { drop_user(shared.user) };
        }
    }
}

fn check(engine: &Engine, limits: &Limits) -> Outcome<()> {
    if limits.deadline_ms != 0 && engine.0.ticker.is_none() {
        let text = "a time limit needs an engine that was made interruptible";
        return Err(fail(Code::Unsupported, text));
    }
    if limits.fuel != u64::MAX && !engine.0.fuel {
        return Err(fail(
            Code::Unsupported,
            "fuel needs an engine that was made with fuel",
        ));
    }
    Ok(())
}

/// Tells Wasmtime about limits that it keeps itself.
fn apply(inside: &mut wasmtime::Store<StoreData>, engine: &Engine, limits: &Limits) -> Outcome<()> {
    inside.limiter(|data| &mut data.limiter);
    let or_max = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    inside.set_hostcall_fuel(or_max(limits.lifted_bytes));
    inside.set_max_component_handles(or_max(limits.handles));
    if engine.0.ticker.is_some() {
        inside.set_epoch_deadline(NEVER);
    }
    if engine.0.fuel {
        let set = inside.set_fuel(limits.fuel);
        set.map_err(|error| error::from_wasmtime(error, Code::Internal))?;
    }
    Ok(())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_store_new(
    engine: *mut capstan_engine,
    limits: *const capstan_limits,
    wasi: *mut capstan_wasi,
    user: *mut c_void,
    drop_user: Option<unsafe extern "C" fn(*mut c_void)>,
    store_out: *mut *mut capstan_store,
) -> *mut capstan_error {
    guard(|| {
        // SAFETY: consumed in any case, as the header says.
        let wasi: Option<Box<Wasi>> = match wasi.is_null() {
            true => None,
            false => Some(unsafe { Box::from_raw(wasi) }),
        };
        // SAFETY: the header's promises.
        let (engine, limits) = unsafe { (live(engine, "the engine")?, Limits::read(limits)?) };
        let wasi = wasi.map(|wasi| wasi.build()).transpose()?;
        let mut store = Store::new(engine, limits, wasi, user)?;
        store.drop_user = drop_user;
        // SAFETY: the header's promises.
        unsafe { store_out.write(Box::into_raw(store)) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_store_delete(store: *mut capstan_store) {
    guard_value((), || {
        if store.is_null() {
            return;
        }
        // SAFETY: owned by the caller until now.
        unsafe {
            if !(*store).call.is_null() {
                Call::detach((*store).call);
            }
            if Store::shared(store).busy.get() {
                // A host function deletes the store that runs it, against the rules: leaking is the
                // safe answer.
                return;
            }
            drop(Box::from_raw(store));
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_store_get_fuel(
    store: *const capstan_store,
    fuel_out: *mut u64,
) -> *mut capstan_error {
    guard(|| {
        // SAFETY: a live store or NULL; its inside is only touched when no call has it.
        unsafe {
            let inside = idle(store.cast_mut())?;
            let fuel = inside.get_fuel().map_err(|_| {
                fail(
                    Code::Unsupported,
                    "fuel needs an engine that was made with fuel",
                )
            })?;
            fuel_out.write(fuel);
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_store_set_limits(
    store: *mut capstan_store,
    limits: *const capstan_limits,
) -> *mut capstan_error {
    guard(|| {
        // SAFETY: the header's promises; the inside is only touched when no call has it.
        unsafe {
            let limits = Limits::read(limits)?;
            let inside = idle(store)?;
            check(Store::engine(store), &limits)?;
            Store::shared(store).set_limits(limits);
            apply(inside, Store::engine(store), &limits)
        }
    })
}

/// The inside of a store that runs no call.
///
/// # Safety
/// `store` is NULL or alive.
unsafe fn idle<'a>(store: *mut Store) -> Outcome<&'a mut wasmtime::Store<StoreData>> {
    if store.is_null() {
        return Err(error::argument("the store is null"));
    }
    // SAFETY: alive; the flag says whether a call has the inside.
    unsafe {
        let shared = Store::shared(store);
        if shared.busy.get() {
            return Err(fail(Code::Busy, "the store is already running a call"));
        }
        let inside = (*store).inside.as_mut();
        inside.ok_or_else(|| {
            fail(
                Code::Trap,
                shared.finished.get().unwrap_or("the store is finished"),
            )
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_store_memory(
    store: *const capstan_store,
    now_out: *mut u64,
    peak_out: *mut u64,
) {
    guard_value((), || {
        if store.is_null() {
            return;
        }
        // SAFETY: a live store; only its shared part is read.
        unsafe {
            let usage = &Store::shared(store).usage;
            if !now_out.is_null() {
                now_out.write(usage.memory_bytes.get());
            }
            if !peak_out.is_null() {
                peak_out.write(usage.memory_bytes_peak.get());
            }
        }
    });
}

/// Starts counting a call's time.
#[inline]
pub fn arm(
    engine: &Engine,
    inside: &mut wasmtime::Store<StoreData>,
    shared: &Shared,
) -> Option<call::Deadline> {
    let ticker = engine.0.ticker.as_ref()?;
    arm_with(ticker, inside, shared.limits().deadline_ms)
}

fn arm_with(
    ticker: &Arc<Ticker>,
    inside: &mut wasmtime::Store<StoreData>,
    milliseconds: u64,
) -> Option<call::Deadline> {
    if milliseconds == 0 {
        return None;
    }
    let time = std::time::Duration::from_millis(milliseconds);
    inside.set_epoch_deadline(ticker.ticks(time));
    Some(call::Deadline {
        at: std::time::Instant::now() + time,
        armed: ticker.arm(),
    })
}
