//! Any component, called through dynamic values.

use crate::text;
use capstan_engine::c::{capstan_error, capstan_text};
use capstan_engine::peer::{Code, Engine, argument, from_wasmtime, guard, live};
use std::ffi::c_void;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Instance, Linker, LinkerInstance, Val};
use wasmtime::{Result, Store, bail, format_err};

pub struct Oracle {
    store: Store<()>,
    instance: Instance,
}

/// The result is the first argument.
fn echo(arguments: &[Val], results: &mut [Val]) -> Result<()> {
    match (arguments, results) {
        (_, []) => {}
        ([first, ..], [result]) => *result = first.clone(),
        _ => bail!("the echo has nothing to give back"),
    }
    Ok(())
}

fn define(linker: &mut LinkerInstance<'_, ()>, name: &str, item: &ComponentItem) -> Result<()> {
    match item {
        ComponentItem::ComponentFunc(function) if function.async_() => linker
            .func_new_concurrent(name, |_, _, arguments, results| {
                Box::pin(async move { echo(arguments, results) })
            }),
        ComponentItem::ComponentFunc(_) => {
            linker.func_new(name, |_, _, arguments, results| echo(arguments, results))
        }
        ComponentItem::Type(_) => Ok(()),
        _ => bail!("`{name}` is neither a function nor a type of plain values"),
    }
}

impl Oracle {
    fn new(engine: &wasmtime::Engine, bytes: &[u8]) -> Result<Oracle> {
        let component = Component::from_binary(engine, bytes)?;
        let mut linker = Linker::new(engine);
        for (name, item) in component.component_type().imports(engine) {
            match item.ty {
                ComponentItem::ComponentInstance(instance) => {
                    let mut interface = linker.instance(name)?;
                    for (inner, item) in instance.exports(engine) {
                        define(&mut interface, inner, &item.ty)?;
                    }
                }
                item => define(&mut linker.root(), name, &item)?,
            }
        }
        let mut store = Store::new(engine, ());
        let instance = block_on(linker.instantiate_async(&mut store, &component))?;
        Ok(Oracle { store, instance })
    }

    fn call(&mut self, interface: &str, name: &str, arguments: &str) -> Result<String> {
        let missing = || format_err!("there is no export `{interface}#{name}`");
        let outer = match interface {
            "" => None,
            interface => {
                let found = self
                    .instance
                    .get_export_index(&mut self.store, None, interface);
                Some(found.ok_or_else(missing)?)
            }
        };
        let index = self
            .instance
            .get_export_index(&mut self.store, outer.as_ref(), name);
        let index = index.ok_or_else(missing)?;
        let function = self
            .instance
            .get_func(&mut self.store, index)
            .ok_or_else(missing)?;
        let ty = function.ty(&self.store);
        let arguments = text::read_all(arguments, ty.params().map(|(_, ty)| ty))?;
        let mut results = vec![Val::Bool(false); ty.results().len()];
        block_on(function.call_async(&mut self.store, &arguments, &mut results))?;
        let mut written = String::new();
        for result in &results {
            text::write(&mut written, result)?;
        }
        Ok(written)
    }
}

struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Parked(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        thread::park();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_peer_oracle_new(
    engine: *const Engine,
    bytes: *const u8,
    size: usize,
    oracle_out: *mut *mut Oracle,
) -> *mut capstan_error {
    guard(|| {
        // SAFETY: the header's promises.
        let (engine, bytes) = unsafe {
            (
                live(engine, "the engine")?,
                std::slice::from_raw_parts(bytes, size),
            )
        };
        let oracle = Oracle::new(engine.wasmtime(), bytes)
            .map_err(|error| from_wasmtime(error, Code::NotLinkable))?;
        // SAFETY: the header's promises.
        unsafe { oracle_out.write(Box::into_raw(Box::new(oracle))) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_peer_oracle_delete(oracle: *mut Oracle) {
    if !oracle.is_null() {
        // SAFETY: owned by the caller until now.
        drop(unsafe { Box::from_raw(oracle) });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_peer_oracle_call(
    oracle: *mut Oracle,
    interface_name: capstan_text,
    function: capstan_text,
    arguments: capstan_text,
    result: Option<unsafe extern "C" fn(*mut c_void, *const u8, usize)>,
    context: *mut c_void,
) -> *mut capstan_error {
    guard(|| {
        // SAFETY: the header's promises.
        let (oracle, interface, function, arguments) = unsafe {
            let oracle = oracle
                .as_mut()
                .ok_or_else(|| argument("the oracle is null"))?;
            let (interface, function) = (interface_name.lossy(), function.lossy());
            (oracle, interface, function, arguments.str("the arguments")?)
        };
        let text = oracle
            .call(&interface, &function, arguments)
            .map_err(|error| from_wasmtime(error, Code::Trap))?;
        if let Some(result) = result {
            // SAFETY: the caller's callback with its context.
            unsafe { result(context, text.as_ptr(), text.len()) };
        }
        Ok(())
    })
}
