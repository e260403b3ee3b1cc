//! Calls of exports with text: arguments in, result out.

use crate::abi::{capstan_error, capstan_export, capstan_instance, capstan_store, capstan_text};
use crate::call::{Busy, Inside, block_on, enter_runtime, find, from};
use crate::current::Inside as ThisThread;
use crate::error::{self, Code, Outcome};
use crate::guard::guard_inside;
use crate::prepared::Export;
use crate::store::{self, Slot, Store};
use crate::wave;
use std::ffi::c_void;
use std::pin::pin;
use std::ptr;
use wasmtime::component::{Func, Val};

type WriteFn = unsafe extern "C" fn(*mut c_void, capstan_text);

/// A function with its arguments, and room for its results.
struct Invocation {
    function: Func,
    arguments: Vec<Val>,
    results: Vec<Val>,
}

impl Invocation {
    fn new(inside: &mut Inside, slot: &Slot, export: &Export, text: &str) -> Outcome<Invocation> {
        let function = slot.instance.get_func(&mut *inside, export.index);
        let function = function.ok_or_else(|| error::internal("an export was lost"))?;
        let ty = function.ty(&*inside);
        wave::check(&ty)?;
        Ok(Invocation {
            function,
            arguments: wave::arguments(&ty, text)?,
            results: vec![Val::Bool(false); ty.results().len()],
        })
    }

    fn call(&mut self, inside: &mut Inside) -> wasmtime::Result<()> {
        self.function
            .call(inside, &self.arguments, &mut self.results)
    }

    async fn call_async(&mut self, inside: &mut Inside) -> wasmtime::Result<()> {
        let (arguments, results) = (&self.arguments, &mut self.results);
        self.function.call_async(inside, arguments, results).await
    }
}

/// # Safety
/// The header's promises.
unsafe fn invoke(
    thread: &ThisThread,
    store: *mut Store,
    instance: capstan_instance,
    export: *const Export,
    arguments: &str,
) -> Outcome<String> {
    // SAFETY: the caller's promise, for everything below.
    unsafe {
        let busy = Busy::new(store)?;
        let inside = busy.inside()?;
        let made = find(&busy, instance, export)
            .and_then(|(export, slot)| Invocation::new(inside, slot, export, arguments));
        let mut invocation = match made {
            Ok(invocation) => invocation,
            Err(error) => {
                busy.abandon();
                return Err(error);
            }
        };
        let mut deadline = store::arm(Store::engine(store), inside, busy.shared());
        // Nothing is lifted by C++ in this call.
        let result = thread.with_call(ptr::null(), || {
            if !(*store).asynchronous {
                // Else WASI makes a runtime of its own at its first output, with a thread for each
                // core.
                let _runtime = enter_runtime(inside);
                let called = invocation.call(inside);
                return called.map_err(|error| from(error, Code::Trap));
            }
            let _runtime = enter_runtime(inside);
            block_on(pin!(invocation.call_async(inside)), deadline.as_mut())
        });
        busy.end(result)?;
        wave::results(&invocation.results)
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_invoke_text(
    store: *mut capstan_store,
    instance: capstan_instance,
    export: *const capstan_export,
    arguments: capstan_text,
    write: Option<WriteFn>,
    context: *mut c_void,
) -> *mut capstan_error {
    guard_inside(|thread| {
        let write = write.ok_or_else(|| error::argument("`write` is null"))?;
        // SAFETY: the header's promises.
        unsafe {
            let arguments = arguments.str("the text of the arguments")?;
            let result = invoke(thread, store, instance, export, arguments)?;
            write(context, result.as_str().into());
        }
        Ok(())
    })
}
