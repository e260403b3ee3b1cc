//! The engine: Wasmtime's settings, the deadline ticker, the cache.

use crate::abi::{capstan_engine, capstan_engine_config, capstan_error, capstan_pool};
use crate::cache::Cache;
use crate::error::{self, Code, Outcome, fail};
use crate::guard::{guard, guard_value, quiet_panics};
use crate::text;
use crate::ticker::Ticker;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::Runtime;
use wasmtime::{Config, Enabled, PoolingAllocationConfig};

const GUEST_STACK_BYTES: u64 = 512 << 10;
const FIBER_STACK_BYTES: u64 = 2 << 20;
const TICK_MS: u32 = 5;

/// Shared by reference count: components, prepared components and stores keep what they need of it.
#[derive(Clone)]
pub struct Engine(pub Arc<Inner>);

pub struct Inner {
    pub wasmtime: wasmtime::Engine,
    pub concurrency: bool,
    pub fuel: bool,
    /// Present in interruptible engines.
    pub ticker: Option<Arc<Ticker>>,
    pub cache: Option<Cache>,
}

impl Engine {
    /// # Safety
    /// `config` is a structure as the header describes it.
    unsafe fn new(config: *const capstan_engine_config) -> Outcome<Engine> {
        // SAFETY: the caller's promise.
        let config = unsafe { text::read_sized(config, "capstan_engine_config") }?;
        let or = |value: u64, default: u64| if value == 0 { default } else { value };
        let mut settings = Config::new();
        settings.wasm_component_model(true);
        settings.wasm_component_model_fixed_length_lists(true);
        settings.concurrency_support(config.concurrency != 0);
        // Exports that wait on a stack of their own instead of through a callback.
        settings.wasm_component_model_async_stackful(config.concurrency != 0);
        settings.epoch_interruption(config.interruptible != 0);
        settings.consume_fuel(config.fuel != 0);
        settings.parallel_compilation(config.no_parallel_compile == 0);
        settings.max_wasm_stack(size(or(config.guest_stack_bytes, GUEST_STACK_BYTES))?);
        settings.async_stack_size(size(or(config.fiber_stack_bytes, FIBER_STACK_BYTES))?);
        if config.no_signal_handlers != 0 {
            settings.signals_based_traps(false);
            // Mitigations that read the null page need the handlers; bounds checks stay explicit.
            // SAFETY: these flags change how code is generated, not whether it is correct.
            unsafe {
                settings.cranelift_flag_set("enable_heap_access_spectre_mitigation", "false");
                settings.cranelift_flag_set("enable_table_access_spectre_mitigation", "false");
            }
        }
        if !config.pool.is_null() {
            // SAFETY: the caller's promise.
            let pool = unsafe { text::read_sized(config.pool, "capstan_pool") }?;
            settings.allocation_strategy(pooling(&pool)?);
        }
        // Guests can read the errors of streams: the host's stack, which Wasmtime adds when
        // RUST_BACKTRACE is set, is none of their business.
        wasmtime::error::disable_backtrace();
        let wasmtime = wasmtime::Engine::new(&settings)
            .map_err(|error| error::from_wasmtime(error, Code::InvalidArgument))?;
        let ticker = match config.interruptible {
            0 => None,
            _ => {
                let tick = if config.tick_ms == 0 {
                    TICK_MS
                } else {
                    config.tick_ms
                };
                let tick = Duration::from_millis(tick.into());
                let ticker = Ticker::new(wasmtime.weak(), tick).map_err(|error| {
                    fail(
                        Code::Io,
                        format!("the deadline thread cannot start: {error}"),
                    )
                })?;
                Some(Arc::new(ticker))
            }
        };
        // SAFETY: the caller's promise about text.
        let cache_dir = unsafe { config.cache_dir.str("cache_dir") }?;
        let cache = match cache_dir {
            "" => None,
            dir => Cache::open(Path::new(dir), &wasmtime),
        };
        Ok(Engine(Arc::new(Inner {
            wasmtime,
            concurrency: config.concurrency != 0,
            fuel: config.fuel != 0,
            ticker,
            cache,
        })))
    }
}

fn size(value: u64) -> Outcome<usize> {
    usize::try_from(value).map_err(|_| error::argument(format!("size {value} is out of range")))
}

/// Slots are reset to the component's first image in each case; "resident" only decides whether the
/// memory for it is kept and cleared, or returned to the system and faulted in again.
fn pooling(pool: &capstan_pool) -> Outcome<PoolingAllocationConfig> {
    let or = |value: u64, default: u64| if value == 0 { default } else { value };
    let instances = pool.instances;
    if instances == 0 {
        return Err(error::argument("capstan_pool.instances is 0"));
    }
    let memories = if pool.memories_per_instance == 0 {
        2
    } else {
        pool.memories_per_instance
    };
    let tables = if pool.tables_per_instance == 0 {
        4
    } else {
        pool.tables_per_instance
    };
    // Core instances: the component's own modules and Wasmtime's adapters between them.
    let core_instances = memories.max(tables).saturating_mul(4).max(20);
    let mut config = PoolingAllocationConfig::new();
    config.total_component_instances(instances);
    config.max_core_instances_per_component(core_instances);
    config.total_core_instances(instances.saturating_mul(core_instances));
    config.max_memories_per_component(memories);
    config.max_memories_per_module(memories);
    config.total_memories(instances.saturating_mul(memories));
    config.max_tables_per_component(tables);
    config.max_tables_per_module(tables);
    config.total_tables(instances.saturating_mul(tables));
    config.total_stacks(instances);
    config.max_unused_warm_slots(instances);
    config.decommit_batch_size(64);
    // Where the kernel can tell which pages were written, only those are reset.
    config.pagemap_scan(Enabled::Auto);
    config.max_memory_size(size(or(pool.memory_bytes_max, 4 << 30))?);
    config.table_elements(size(or(pool.table_elements_max, 20_000))?);
    config.max_component_instance_size(4 << 20);
    config.max_core_instance_size(4 << 20);
    config.linear_memory_keep_resident(size(or(pool.memory_bytes_resident, 1 << 20))?);
    config.table_keep_resident(size(or(pool.table_bytes_resident, 64 << 10))?);
    config.async_stack_keep_resident(size(or(pool.stack_bytes_resident, 64 << 10))?);
    Ok(config)
}

/// Timers and descriptors that asynchronous WASI waits for are served by one background thread.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("capstan-wasi")
            .enable_all()
            .build()
            .expect("a thread for WASI's timers can be started")
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_engine_new(
    config: *const capstan_engine_config,
    engine_out: *mut *mut capstan_engine,
) -> *mut capstan_error {
    quiet_panics();
    guard(|| {
        if engine_out.is_null() {
            return Err(error::argument("engine_out is null"));
        }
        // SAFETY: the header's promises.
        unsafe { engine_out.write(Box::into_raw(Box::new(Engine::new(config)?))) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_engine_delete(engine: *mut capstan_engine) {
    guard_value((), || {
        if !engine.is_null() {
            // SAFETY: owned by the caller until now.
            drop(unsafe { Box::from_raw(engine) });
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_engine_has_concurrency(engine: *const capstan_engine) -> bool {
    // SAFETY: a live engine or NULL.
    unsafe { engine.as_ref() }.is_some_and(|engine| engine.0.concurrency)
}
