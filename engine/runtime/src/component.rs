//! Components: compiled, from the cache, or precompiled.

use crate::abi::{
    ITEM_FUNCTION, ITEM_INTERFACE, ITEM_OTHER, ITEM_RESOURCE, capstan_component, capstan_engine,
    capstan_error, capstan_item, capstan_item_visitor, capstan_text,
};
use crate::describe::{Description, Item, Kind};
use crate::engine::Engine;
use crate::error::{self, Code, Outcome, fail};
use crate::guard::{guard, guard_value};
use crate::{scan, text};
use std::ffi::c_void;
use std::path::Path;
use std::sync::OnceLock;

pub struct Component {
    pub engine: Engine,
    pub wasmtime: wasmtime::component::Component,
    /// Uses async, streams, futures or threads somewhere, as far as known.
    pub concurrent: bool,
    description: OnceLock<Outcome<Description>>,
}

impl Component {
    fn new(
        engine: &Engine,
        wasmtime: wasmtime::component::Component,
        concurrent: bool,
    ) -> Component {
        Component {
            engine: engine.clone(),
            wasmtime,
            concurrent,
            description: OnceLock::new(),
        }
    }

    fn compile(engine: &Engine, bytes: &[u8]) -> Outcome<(Component, bool)> {
        let inner = &engine.0;
        // Only asked where the answer matters: elsewhere the compiler refuses what needs
        // concurrency.
        let concurrent = inner.concurrency && scan::needs_concurrency(bytes)?;
        let cached = inner
            .cache
            .as_ref()
            .and_then(|cache| cache.load(&inner.wasmtime, bytes));
        if let Some(wasmtime) = cached {
            return Ok((Component::new(engine, wasmtime, concurrent), true));
        }
        let wasmtime = wasmtime::component::Component::from_binary(&inner.wasmtime, bytes)
            .map_err(|error| {
                if !inner.concurrency && matches!(scan::needs_concurrency(bytes), Ok(true)) {
                    return fail(
                        Code::Unsupported,
                        "the component uses async, streams, futures or threads, and this engine \
                         was made without concurrency",
                    );
                }
                error::from_wasmtime(error, Code::NotLoadable)
            })?;
        if let Some(cache) = &inner.cache {
            cache.store(bytes, &wasmtime);
        }
        Ok((Component::new(engine, wasmtime, concurrent), false))
    }

    fn from_precompiled(engine: &Engine, path: &str) -> Outcome<Component> {
        std::fs::File::open(Path::new(path))
            .map_err(|error| fail(Code::Io, format!("cannot open `{path}`: {error}")))?;
        // SAFETY: the header tells the caller to pass only files as trusted as the program itself.
        let wasmtime =
            unsafe { wasmtime::component::Component::deserialize_file(&engine.0.wasmtime, path) };
        let wasmtime = wasmtime.map_err(|error| error::from_wasmtime(error, Code::NotLoadable))?;
        Ok(Component::new(engine, wasmtime, engine.0.concurrency))
    }

    fn description(&self) -> Outcome<&Description> {
        let made = self
            .description
            .get_or_init(|| Description::new(&self.engine.0.wasmtime, &self.wasmtime));
        made.as_ref().map_err(Clone::clone)
    }
}

/// # Safety
/// `visitor` may be called with `context`.
unsafe fn visit(
    items: &[Item],
    visitor: capstan_item_visitor,
    context: *mut c_void,
) -> Outcome<()> {
    let Some(visitor) = visitor else {
        return Err(error::argument("the visitor is null"));
    };
    for item in items {
        let c = capstan_item {
            kind: match item.kind {
                Kind::Function => ITEM_FUNCTION,
                Kind::Resource => ITEM_RESOURCE,
                Kind::Interface => ITEM_INTERFACE,
                Kind::Other => ITEM_OTHER,
            },
            interface_name: item.interface.as_str().into(),
            name: item.name.as_str().into(),
            signature: item.signature.as_str().into(),
            is_async: item.is_async,
        };
        // SAFETY: the caller's promise.
        unsafe { visitor(context, &c) };
    }
    Ok(())
}

/// # Safety
/// `pointer` is NULL or points to a live object.
pub unsafe fn live<'a, T>(pointer: *const T, what: &str) -> Outcome<&'a T> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_ref() }.ok_or_else(|| error::argument(format!("{what} is null")))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_component_needs_concurrency(
    bytes: *const u8,
    size: usize,
    needs_out: *mut bool,
) -> *mut capstan_error {
    guard(|| {
        // SAFETY: the header's promises.
        unsafe { needs_out.write(scan::needs_concurrency(text::bytes(bytes, size)?)?) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_component_new(
    engine: *mut capstan_engine,
    bytes: *const u8,
    size: usize,
    component_out: *mut *mut capstan_component,
    from_cache_out: *mut bool,
) -> *mut capstan_error {
    guard(|| {
        // SAFETY: the header's promises.
        let (engine, bytes) = unsafe { (live(engine, "the engine")?, text::bytes(bytes, size)?) };
        let (component, from_cache) = Component::compile(engine, bytes)?;
        // SAFETY: the header's promises.
        unsafe {
            if !from_cache_out.is_null() {
                from_cache_out.write(from_cache);
            }
            component_out.write(Box::into_raw(Box::new(component)));
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_component_from_precompiled(
    engine: *mut capstan_engine,
    path: capstan_text,
    component_out: *mut *mut capstan_component,
) -> *mut capstan_error {
    guard(|| {
        // SAFETY: the header's promises.
        let (engine, path) = unsafe { (live(engine, "the engine")?, path.str("the path")?) };
        let component = Component::from_precompiled(engine, path)?;
        // SAFETY: the header's promises.
        unsafe { component_out.write(Box::into_raw(Box::new(component))) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_component_serialize(
    component: *const capstan_component,
    write: Option<unsafe extern "C" fn(*mut c_void, *const u8, usize)>,
    context: *mut c_void,
) -> *mut capstan_error {
    guard(|| {
        // SAFETY: the header's promises.
        let component = unsafe { live(component, "the component") }?;
        let artefact = component
            .wasmtime
            .serialize()
            .map_err(|error| error::from_wasmtime(error, Code::Internal))?;
        let write = write.ok_or_else(|| error::argument("`write` is null"))?;
        // SAFETY: the caller's callback with its context.
        unsafe { write(context, artefact.as_ptr(), artefact.len()) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_component_delete(component: *mut capstan_component) {
    guard_value((), || {
        if !component.is_null() {
            // SAFETY: owned by the caller until now.
            drop(unsafe { Box::from_raw(component) });
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_component_imports(
    component: *const capstan_component,
    visitor: capstan_item_visitor,
    context: *mut c_void,
) -> *mut capstan_error {
    // SAFETY: the header's promises.
    guard(|| unsafe {
        visit(
            &live(component, "the component")?.description()?.imports,
            visitor,
            context,
        )
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_component_exports(
    component: *const capstan_component,
    visitor: capstan_item_visitor,
    context: *mut c_void,
) -> *mut capstan_error {
    // SAFETY: the header's promises.
    guard(|| unsafe {
        visit(
            &live(component, "the component")?.description()?.exports,
            visitor,
            context,
        )
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_wasi_interfaces(
    visitor: capstan_item_visitor,
    context: *mut c_void,
) {
    guard_value((), || {
        let interface = |name: &&str| Item {
            kind: Kind::Interface,
            interface: (*name).to_owned(),
            name: String::new(),
            signature: String::new(),
            is_async: false,
        };
        let items: Vec<Item> = crate::wasi::INTERFACES.iter().map(interface).collect();
        // SAFETY: the caller's callback with its context.
        let _ = unsafe { visit(&items, visitor, context) };
    });
}
