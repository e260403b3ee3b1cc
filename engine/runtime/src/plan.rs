//! What a component imports, matched with the interface tables and registered with Wasmtime.

use crate::abi::{capstan_function, capstan_interface, capstan_prepare_options, capstan_resource};
use crate::component::Component;
use crate::error::{self, Code, Outcome, fail};
use crate::link::{self, LinkedRef, Shape, Style};
use crate::linked::{Linked, Resources};
use crate::store::StoreData;
use crate::{network, probe, scan, shape, streams, text};
use std::collections::HashMap;
use std::sync::Arc;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{InstancePre, Linker, ResourceType};

/// An interface table by name.
struct Table {
    functions: HashMap<String, *const capstan_function>,
    resources: HashMap<String, capstan_resource>,
}

impl Table {
    /// # Safety
    /// `interface` is a structure as the header describes it.
    pub unsafe fn new(interface: *const capstan_interface) -> Outcome<(String, Table)> {
        // SAFETY: the caller's promise, for everything below.
        unsafe {
            let interface = text::read_sized(interface, "a capstan_interface")?;
            let name = interface
                .import_name
                .str("the name of an interface")?
                .to_owned();
            let (functions, count) = (interface.functions, interface.function_count);
            let mut table = Table {
                functions: HashMap::new(),
                resources: HashMap::new(),
            };
            for function in text::pointers(functions, count, "`functions`")? {
                let facts = text::read_sized(*function, "a capstan_function")?;
                let name = facts.name.str("the name of a function")?.to_owned();
                table.functions.insert(name, *function);
            }
            let (resources, count) = (interface.resources, interface.resource_count);
            for resource in text::pointers(resources, count, "`resources`")? {
                let facts = text::read_sized(*resource, "a capstan_resource")?;
                let name = facts.name.str("the name of a resource")?.to_owned();
                if facts.id == 0 {
                    return Err(error::argument(format!("resource `{name}` has id 0")));
                }
                table.resources.insert(name, facts);
            }
            Ok((name, table))
        }
    }
}

/// One import to register.
struct Planned {
    /// Empty for the world's own.
    interface: String,
    name: String,
    what: What,
}

enum What {
    /// With its position in `Plan::linked`.
    Function(Shape, usize),
    Resource(capstan_resource),
}

pub struct Plan {
    items: Vec<Planned>,
    pub linked: Vec<Arc<Linked>>,
    pub resources: Arc<Resources>,
    /// An import that no table names, left to WASI.
    pub leaves_imports: bool,
    /// The first one of them that is of WASI 0.3.
    wasi_03: Option<String>,
}

impl Plan {
    /// # Safety
    /// `options` is a structure as the header describes it.
    pub unsafe fn new(component: &Component, options: &capstan_prepare_options) -> Outcome<Plan> {
        let mut tables = HashMap::new();
        // SAFETY: the caller's promise.
        let interfaces =
            unsafe { text::pointers(options.interfaces, options.interface_count, "`interfaces`")? };
        for interface in interfaces {
            // SAFETY: the caller's promise.
            let (name, table) = unsafe { Table::new(*interface) }?;
            tables.insert(name, table);
        }
        let mut plan = Plan {
            items: Vec::new(),
            linked: Vec::new(),
            resources: Arc::default(),
            leaves_imports: false,
            wasi_03: None,
        };
        let engine = component.wasmtime.engine();
        for (name, item) in component.wasmtime.component_type().imports(engine) {
            match item.ty {
                ComponentItem::ComponentInstance(instance) => match tables.get(name) {
                    Some(table) => {
                        for (inner, item) in instance.exports(engine) {
                            plan.add(table, name, inner, &item.ty)?;
                        }
                    }
                    None => plan.leave(name),
                },
                other => {
                    if let Some(table) = tables.get("") {
                        plan.add(table, "", name, &other)?;
                    }
                }
            }
        }
        Ok(plan)
    }

    fn leave(&mut self, name: &str) {
        self.leaves_imports = true;
        if self.wasi_03.is_none() && scan::is_wasi_03(name) {
            self.wasi_03 = Some(name.to_owned());
        }
    }

    fn add(
        &mut self,
        table: &Table,
        interface: &str,
        name: &str,
        item: &ComponentItem,
    ) -> Outcome<()> {
        let what = match item {
            ComponentItem::ComponentFunc(function) => {
                let Some(c) = table.functions.get(name) else {
                    let place = if interface.is_empty() {
                        "the world"
                    } else {
                        interface
                    };
                    let text = format!("`{place}` is provided without its function `{name}`");
                    return Err(fail(Code::NotLinkable, text));
                };
                // SAFETY: the pointer came from the table, which the caller keeps alive.
                let linked = unsafe { Linked::new(*c, name, shape::parameter_words(function)) }?;
                let shape = function_shape(function, &linked);
                self.linked.push(Arc::new(linked));
                What::Function(shape, self.linked.len() - 1)
            }
            ComponentItem::Resource(_) => match table.resources.get(name) {
                Some(resource) => {
                    let resources = Arc::get_mut(&mut self.resources);
                    resources
                        .expect("nobody else has it yet")
                        .insert(resource.id);
                    What::Resource(*resource)
                }
                // An alias of a resource that another interface defines needs no definition of its
                // own.
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        self.items.push(Planned {
            interface: interface.to_owned(),
            name: name.to_owned(),
            what,
        });
        Ok(())
    }

    pub fn may_suspend(&self) -> bool {
        self.items.iter().any(|item| match &item.what {
            What::Function(shape, _) => shape.style != Style::Direct,
            What::Resource(_) => false,
        })
    }

    pub fn instance_pre(
        &self,
        component: &Component,
        wasi: WasiMode,
    ) -> Outcome<InstancePre<StoreData>> {
        let mut linker = Linker::new(component.wasmtime.engine());
        let linked = (|| {
            self.add_wasi(component, wasi, &mut linker)?;
            linker.allow_shadowing(true);
            for item in &self.items {
                item.register(&mut linker, &self.linked)?;
            }
            let ty = linker.substituted_component_type(&component.wasmtime)?;
            let engine = component.wasmtime.engine();
            for item in &self.items {
                if let Some(function) = find_function(&ty, engine, item) {
                    self.check_resources(item, &function)?;
                }
            }
            let pre = linker.instantiate_pre(&component.wasmtime)?;
            self.check_words(&pre, &ty)?;
            Ok(pre)
        })();
        linked.map_err(|error| error::from_wasmtime(error, Code::NotLinkable))
    }
}

impl Plan {
    fn add_wasi(
        &self,
        component: &Component,
        mode: WasiMode,
        linker: &mut Linker<StoreData>,
    ) -> wasmtime::Result<()> {
        match mode {
            WasiMode::None => return Ok(()),
            WasiMode::Blocking => wasmtime_wasi::p2::add_to_linker_sync(linker)?,
            WasiMode::Suspending => wasmtime_wasi::p2::add_to_linker_async(linker)?,
        }
        if let Some(name) = &self.wasi_03 {
            wasmtime::ensure!(
                component.engine.0.concurrency,
                "`{name}` is of WASI 0.3, which needs an engine with concurrency"
            );
            wasmtime_wasi::p3::add_to_linker(linker)?;
        }
        network::restrict_names(linker, self.wasi_03.is_some())
    }

    /// What is lifted and lowered must be ours, or a stream of WASI's that the host gives.
    fn check_resources(&self, item: &Planned, function: &ComponentFunc) -> wasmtime::Result<()> {
        let (interface, name) = (&item.interface, &item.name);
        let ours = |resource: ResourceType| self.resources.id(resource).is_some();
        let known = |resource: ResourceType| ours(resource) || streams::is_stream(resource);
        wasmtime::ensure!(
            !shape::parameters_have_unknown_resource(function, known)
                && !shape::results_have_unknown_resource(function, known),
            "`{interface}#{name}` uses a resource that no interface table defines"
        );
        wasmtime::ensure!(
            !shape::parameters_have_unknown_resource(function, ours),
            "`{interface}#{name}` takes a stream of wasi:io from the guest; \
             host functions can only give one"
        );
        Ok(())
    }

    /// Our count of flat words decides what is read: it must be Wasmtime's.
    fn check_words(
        &self,
        pre: &InstancePre<StoreData>,
        ty: &wasmtime::component::types::Component,
    ) -> wasmtime::Result<()> {
        for item in &self.items {
            let What::Function(_, position) = item.what else {
                continue;
            };
            let function = find_function(ty, pre.engine(), item);
            let function = function.ok_or_else(|| wasmtime::format_err!("a function was lost"))?;
            let theirs = probe::parameter_words(&function, &pre.instance_type())?;
            let ours = self.linked[position].words;
            wasmtime::ensure!(
                ours == theirs,
                "`{}#{}` has {theirs} flat parameters, not {ours}",
                item.interface,
                item.name
            );
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum WasiMode {
    None,
    Blocking,
    Suspending,
}

fn function_shape(function: &ComponentFunc, linked: &Linked) -> Shape {
    let style = match (function.async_(), linked.may_suspend()) {
        (true, _) => Style::Concurrent,
        (false, true) => Style::Suspending,
        (false, false) => Style::Direct,
    };
    Shape {
        word_result: shape::is_word_result(function),
        plain_result: shape::is_plain_result(function),
        memory: shape::parameters_need_memory(function),
        handles: shape::parameter_handles(function),
        style,
    }
}

fn find_function(
    ty: &wasmtime::component::types::Component,
    engine: &wasmtime::Engine,
    item: &Planned,
) -> Option<ComponentFunc> {
    let found = match item.interface.as_str() {
        "" => ty.get_import(engine, &item.name)?.ty,
        interface => match ty.get_import(engine, interface)?.ty {
            ComponentItem::ComponentInstance(instance) => {
                instance.get_export(engine, &item.name)?.ty
            }
            _ => return None,
        },
    };
    match found {
        ComponentItem::ComponentFunc(function) => Some(function),
        _ => None,
    }
}

/// A table's resource inside its destructor.
struct Destructor(capstan_resource);

// SAFETY: the header lets an interface table be shared between threads.
unsafe impl Send for Destructor {}
// SAFETY: as above.
unsafe impl Sync for Destructor {}

impl Destructor {
    fn run(&self, store: &StoreData, rep: u32) {
        if let Some(destroy) = self.0.destroy {
            // SAFETY: as the interface table promised; the shared part outlives the store.
            unsafe { destroy(self.0.self_, (*store.shared).user, rep) };
        }
    }
}

impl Planned {
    fn register(
        &self,
        linker: &mut Linker<StoreData>,
        linked: &[Arc<Linked>],
    ) -> wasmtime::Result<()> {
        let mut instance = match self.interface.as_str() {
            "" => linker.root(),
            name => linker.instance(name)?,
        };
        match &self.what {
            What::Function(shape, position) => {
                let linked = LinkedRef(Arc::as_ptr(&linked[*position]));
                link::define(&mut instance, &self.name, *shape, linked)
            }
            What::Resource(resource) => {
                let destructor = Destructor(*resource);
                let ty = ResourceType::host_dynamic(resource.id);
                instance.resource(&self.name, ty, move |store, rep| {
                    destructor.run(store.data(), rep);
                    Ok(())
                })
            }
        }
    }
}
