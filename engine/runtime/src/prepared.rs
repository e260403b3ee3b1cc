//! Prepared components: every import connected, every export found.

use crate::abi::{
    capstan_component, capstan_engine, capstan_error, capstan_export, capstan_prepare_options,
    capstan_prepared, capstan_text,
};
use crate::component::{Component, live};
use crate::engine::Engine;
use crate::error::{self, Outcome};
use crate::guard::{guard, guard_value};
use crate::linked::{Linked, Resources};
use crate::plan::{Plan, WasiMode};
use crate::store::{Function, StoreData};
use crate::{shape, text};
use std::collections::HashMap;
use std::ptr;
use std::sync::Arc;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{ComponentExportIndex, InstancePre};

pub struct Prepared(pub Arc<Inner>);

pub struct Inner {
    pub engine: Engine,
    /// For calls that never suspend; absent when one of the imports may.
    pub direct: Option<InstancePre<StoreData>>,
    /// For calls that may suspend. Also made for components that never do but wait inside WASI, so
    /// that stores with a deadline can end the wait.
    pub suspending: Option<InstancePre<StoreData>>,
    pub may_suspend: bool,
    pub wasi: bool,
    pub resources: Arc<Resources>,
    exports: HashMap<(String, String), Box<Export>>,
    /// Referred to by the registered host functions.
    _linked: Vec<Arc<Linked>>,
}

/// Lives in its prepared component; position and facts instead of a name.
pub struct Export {
    prepared: *const Inner,
    pub position: usize,
    pub index: ComponentExportIndex,
    pub has_results: bool,
    /// Nothing or one number.
    pub plain_result: bool,
    /// The number of flat arguments, when all of them are numbers.
    pub plain_words: Option<usize>,
    pub result_handles: bool,
}

// SAFETY: the pointer is only compared.
unsafe impl Send for Export {}
// SAFETY: as above.
unsafe impl Sync for Export {}

impl Export {
    pub fn belongs_to(&self, prepared: &Inner) -> bool {
        ptr::eq(self.prepared, prepared)
    }
}

impl Inner {
    /// Room for the functions of an instance, by position.
    pub fn no_functions(&self) -> Vec<Option<Function>> {
        self.exports.iter().map(|_| None).collect()
    }
}

/// Every exported function, by interface and name.
fn find_exports(component: &Component) -> HashMap<(String, String), Box<Export>> {
    let wasmtime = &component.wasmtime;
    let engine = wasmtime.engine();
    let mut exports = HashMap::new();
    let mut add = |interface: &str,
                   name: &str,
                   function: &ComponentFunc,
                   index: Option<ComponentExportIndex>| {
        let Some(index) = index else { return };
        let export = Box::new(Export {
            prepared: ptr::null(),
            position: exports.len(),
            index,
            has_results: shape::has_results(function),
            plain_result: shape::is_plain_result(function),
            plain_words: shape::plain_parameter_words(function),
            result_handles: shape::results_have_handles(function),
        });
        exports.insert((interface.to_owned(), name.to_owned()), export);
    };
    for (name, item) in wasmtime.component_type().exports(engine) {
        let index = wasmtime.get_export_index(None, name);
        match item.ty {
            ComponentItem::ComponentFunc(function) => add("", name, &function, index),
            ComponentItem::ComponentInstance(instance) => {
                for (inner, item) in instance.exports(engine) {
                    if let ComponentItem::ComponentFunc(function) = item.ty {
                        let index = wasmtime.get_export_index(index.as_ref(), inner);
                        add(name, inner, &function, index);
                    }
                }
            }
            _ => {}
        }
    }
    exports
}

impl Prepared {
    /// # Safety
    /// `options` is a structure as the header describes it.
    unsafe fn new(
        engine: &Engine,
        component: &Component,
        options: *const capstan_prepare_options,
    ) -> Outcome<Prepared> {
        if !Arc::ptr_eq(&engine.0, &component.engine.0) {
            return Err(error::argument("the component belongs to another engine"));
        }
        // SAFETY: the caller's promise.
        let options = unsafe { text::read_sized(options, "capstan_prepare_options") }?;
        // SAFETY: the caller's promise.
        let plan = unsafe { Plan::new(component, &options) }?;
        let wasi = options.wasi != 0 && plan.leaves_imports;
        let may_suspend = component.concurrent || plan.may_suspend();
        let waits_in_wasi = wasi && engine.0.ticker.is_some();
        let mode = |wanted| if wasi { wanted } else { WasiMode::None };
        let direct = match may_suspend {
            true => None,
            false => Some(plan.instance_pre(component, mode(WasiMode::Blocking))?),
        };
        let suspending = match may_suspend || waits_in_wasi {
            true => Some(plan.instance_pre(component, mode(WasiMode::Suspending))?),
            false => None,
        };
        let mut inner = Arc::new(Inner {
            engine: engine.clone(),
            direct,
            suspending,
            may_suspend,
            wasi,
            resources: plan.resources,
            exports: find_exports(component),
            _linked: plan.linked,
        });
        let address = Arc::as_ptr(&inner);
        let unshared = Arc::get_mut(&mut inner).expect("nobody else has it yet");
        for export in unshared.exports.values_mut() {
            export.prepared = address;
        }
        Ok(Prepared(inner))
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_prepared_new(
    engine: *mut capstan_engine,
    component: *const capstan_component,
    options: *const capstan_prepare_options,
    prepared_out: *mut *mut capstan_prepared,
) -> *mut capstan_error {
    guard(|| {
        // SAFETY: the header's promises.
        unsafe {
            let engine = live(engine, "the engine")?;
            let component = live(component, "the component")?;
            let prepared = Prepared::new(engine, component, options)?;
            prepared_out.write(Box::into_raw(Box::new(prepared)));
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_prepared_delete(prepared: *mut capstan_prepared) {
    guard_value((), || {
        if !prepared.is_null() {
            // SAFETY: owned by the caller until now.
            drop(unsafe { Box::from_raw(prepared) });
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_prepared_may_suspend(prepared: *const capstan_prepared) -> bool {
    // SAFETY: a live object or NULL.
    unsafe { prepared.as_ref() }.is_some_and(|prepared| prepared.0.may_suspend)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_prepared_export(
    prepared: *const capstan_prepared,
    interface_name: capstan_text,
    name: capstan_text,
) -> *const capstan_export {
    guard_value(ptr::null(), || {
        // SAFETY: the header's promises.
        let found = unsafe {
            let prepared = live(prepared, "the prepared component").ok();
            prepared.and_then(|prepared| {
                let interface = interface_name.str("the interface").ok()?.to_owned();
                prepared
                    .0
                    .exports
                    .get(&(interface, name.str("the name").ok()?.to_owned()))
            })
        };
        found.map_or(ptr::null(), |export| ptr::from_ref(&**export))
    })
}
