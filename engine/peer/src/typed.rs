//! Typed bindings, as users of Wasmtime write them (or have them generated).

use crate::run::{BLOB_BYTES, Case, HOST};
use wasmtime::component::{
    Component, ComponentType, InstancePre, Lift, Linker, Lower, Resource, ResourceTable,
    ResourceType, TypedFunc,
};
use wasmtime::{Result, Store, StoreContextMut, bail};

#[derive(ComponentType, Lift, Lower, Clone)]
#[component(record)]
struct Entry {
    name: String,
    value: u32,
}

pub struct Bucket {
    pub seed: u32,
}

/// The host's state.
pub struct Host {
    pub table: ResourceTable,
    pub blob: Vec<u8>,
}

impl Host {
    pub fn new() -> Host {
        Host {
            table: ResourceTable::new(),
            blob: vec![42; BLOB_BYTES],
        }
    }

    /// For stores that only live as long as an instance.
    pub fn small() -> Host {
        Host {
            table: ResourceTable::new(),
            blob: Vec::new(),
        }
    }
}

type Run = TypedFunc<(u32, u32), (u32,)>;
type Context<'a> = StoreContextMut<'a, Host>;

pub struct Typed {
    pre: InstancePre<Host>,
    store: Store<Host>,
    instance: wasmtime::component::Instance,
    add: Run,
    echo: TypedFunc<(String,), (String,)>,
    echo_borrowed: TypedFunc<(&'static str,), (String,)>,
}

impl Typed {
    pub fn new(component: &Component) -> Result<Typed> {
        let mut linker = Linker::<Host>::new(component.engine());
        let mut host = linker.instance(HOST)?;
        host.resource(
            "bucket",
            ResourceType::host::<Bucket>(),
            |mut store, rep| {
                store
                    .data_mut()
                    .table
                    .delete(Resource::<Bucket>::new_own(rep))?;
                Ok(())
            },
        )?;
        host.func_wrap(
            "[constructor]bucket",
            |mut store: Context, (seed,): (u32,)| {
                Ok((store.data_mut().table.push(Bucket { seed })?,))
            },
        )?;
        host.func_wrap(
            "[method]bucket.get",
            |store: Context, (bucket, key): (Resource<Bucket>, u32)| {
                Ok((store.data().table.get(&bucket)?.seed.wrapping_add(key),))
            },
        )?;
        host.func_wrap("add", |_: Context, (a, b): (u32, u32)| {
            Ok((a.wrapping_add(b),))
        })?;
        host.func_wrap("take-bytes", |_: Context, (bytes,): (Vec<u8>,)| {
            Ok((bytes.len() as u32,))
        })?;
        host.func_wrap("give-bytes", |store: Context, (count,): (u32,)| {
            Ok((store.data().blob[..count as usize].to_vec(),))
        })?;
        host.func_wrap("echo", |_: Context, (text,): (String,)| Ok((text,)))?;
        host.func_wrap("echo-entries", |_: Context, (entries,): (Vec<Entry>,)| {
            Ok((entries,))
        })?;

        let pre = linker.instantiate_pre(component)?;
        let mut store = Store::new(component.engine(), Host::new());
        let instance = pre.instantiate(&mut store)?;
        Ok(Typed {
            add: instance.get_typed_func(&mut store, "add")?,
            echo: instance.get_typed_func(&mut store, "echo")?,
            echo_borrowed: instance.get_typed_func(&mut store, "echo")?,
            pre,
            store,
            instance,
        })
    }

    pub fn run(&mut self, case: Case, iterations: u32, size: u32) -> Result<()> {
        if let Some(name) = case.guest_loop() {
            let run: Run = self.instance.get_typed_func(&mut self.store, name)?;
            run.call(&mut self.store, (iterations, size))?;
            return Ok(());
        }
        match case {
            Case::ExportScalar => {
                let mut sum = 0;
                for _ in 0..iterations {
                    (sum,) = self.add.call(&mut self.store, (sum, 3))?;
                }
                if sum != iterations.wrapping_mul(3) {
                    bail!("`add` gave {sum}");
                }
            }
            Case::ExportEcho => {
                let text = "a".repeat(size as usize);
                // The argument is borrowed, as generated bindings do.
                // SAFETY: `text` outlives the calls, and nothing keeps the argument.
                let argument: &'static str = unsafe { &*std::ptr::from_ref(text.as_str()) };
                for _ in 0..iterations {
                    let (result,) = self.echo_borrowed.call(&mut self.store, (argument,))?;
                    if result.len() != text.len() {
                        bail!("`echo` gave {} bytes", result.len());
                    }
                }
                let (result,) = self.echo.call(&mut self.store, (text.clone(),))?;
                if result != text {
                    bail!("`echo` gave another text");
                }
            }
            _ => {
                for _ in 0..iterations {
                    let mut store = Store::new(self.pre.engine(), Host::small());
                    self.pre.instantiate(&mut store)?;
                }
            }
        }
        Ok(())
    }
}
