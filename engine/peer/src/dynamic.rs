//! Dynamic values, as Wasmtime's C interface offers them.

use crate::run::{Case, HOST};
use crate::typed::{Bucket, Host};
use wasmtime::component::{
    Component, Func, Instance, InstancePre, Linker, Resource, ResourceType, Val,
};
use wasmtime::{Result, Store, bail};

pub struct Dynamic {
    pre: InstancePre<Host>,
    store: Store<Host>,
    instance: Instance,
}

impl Dynamic {
    pub fn new(component: &Component) -> Result<Dynamic> {
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
        host.func_new("[constructor]bucket", |mut store, _, arguments, results| {
            let [Val::U32(seed)] = arguments else {
                bail!("unexpected arguments")
            };
            let bucket = store.data_mut().table.push(Bucket { seed: *seed })?;
            results[0] = Val::Resource(bucket.try_into_resource_any(&mut store)?);
            Ok(())
        })?;
        host.func_new("[method]bucket.get", |mut store, _, arguments, results| {
            let [Val::Resource(bucket), Val::U32(key)] = arguments else {
                bail!("unexpected arguments")
            };
            let bucket: Resource<Bucket> = bucket.try_into_resource(&mut store)?;
            results[0] = Val::U32(store.data().table.get(&bucket)?.seed.wrapping_add(*key));
            Ok(())
        })?;
        host.func_new("add", |_, _, arguments, results| {
            let [Val::U32(a), Val::U32(b)] = arguments else {
                bail!("unexpected arguments")
            };
            results[0] = Val::U32(a.wrapping_add(*b));
            Ok(())
        })?;
        host.func_new("take-bytes", |_, _, arguments, results| {
            let [Val::List(bytes)] = arguments else {
                bail!("unexpected arguments")
            };
            results[0] = Val::U32(bytes.len() as u32);
            Ok(())
        })?;
        host.func_new("give-bytes", |store, _, arguments, results| {
            let [Val::U32(count)] = arguments else {
                bail!("unexpected arguments")
            };
            let bytes = &store.data().blob[..*count as usize];
            results[0] = Val::List(bytes.iter().map(|byte| Val::U8(*byte)).collect());
            Ok(())
        })?;
        for name in ["echo", "echo-entries"] {
            host.func_new(name, |_, _, arguments, results| {
                results[0] = arguments[0].clone();
                Ok(())
            })?;
        }

        let pre = linker.instantiate_pre(component)?;
        let mut store = Store::new(component.engine(), Host::new());
        let instance = pre.instantiate(&mut store)?;
        Ok(Dynamic {
            pre,
            store,
            instance,
        })
    }

    fn function(&mut self, name: &str) -> Result<Func> {
        let function = self.instance.get_func(&mut self.store, name);
        function.ok_or_else(|| wasmtime::format_err!("there is no export `{name}`"))
    }

    pub fn run(&mut self, case: Case, iterations: u32, size: u32) -> Result<()> {
        let mut results = [Val::Bool(false)];
        if let Some(name) = case.guest_loop() {
            let run = self.function(name)?;
            let arguments = [Val::U32(iterations), Val::U32(size)];
            return run.call(&mut self.store, &arguments, &mut results);
        }
        match case {
            Case::ExportScalar => {
                let add = self.function("add")?;
                for _ in 0..iterations {
                    let arguments = [Val::U32(1), Val::U32(3)];
                    add.call(&mut self.store, &arguments, &mut results)?;
                }
            }
            Case::ExportEcho => {
                let echo = self.function("echo")?;
                let arguments = [Val::String("a".repeat(size as usize))];
                for _ in 0..iterations {
                    echo.call(&mut self.store, &arguments, &mut results)?;
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
