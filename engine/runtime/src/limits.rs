//! What a store may use, and what it uses.

use crate::abi::capstan_limits;
use crate::error::Outcome;
use crate::shared::Shared;
use crate::text;
use std::cell::{Cell, RefCell};
use wasmtime::{ResourceLimiter, Result};

const LIFTED_BYTES_DEFAULT: u64 = 128 << 20;
const HANDLES_DEFAULT: u64 = 100_000;

/// `u64::MAX` stands for no limit.
#[derive(Clone, Copy)]
pub struct Limits {
    pub memory_bytes: u64,
    pub table_elements: u64,
    pub instances: u64,
    pub handles: u64,
    pub fuel: u64,
    /// 0: none.
    pub deadline_ms: u64,
    pub lifted_bytes: u64,
}

impl Limits {
    /// # Safety
    /// `limits` is NULL (no limits) or a structure as the header describes it.
    pub unsafe fn read(limits: *const capstan_limits) -> Outcome<Limits> {
        let or = |value: u64, default: u64| if value == 0 { default } else { value };
        let c = if limits.is_null() {
            // SAFETY: zero is a valid value of every field.
            unsafe { std::mem::zeroed() }
        } else {
            // SAFETY: the caller's promise.
            unsafe { text::read_sized(limits, "capstan_limits") }?
        };
        Ok(Limits {
            memory_bytes: or(c.memory_bytes, u64::MAX),
            table_elements: or(c.table_elements, u64::MAX),
            instances: or(c.instances, u64::MAX),
            handles: or(c.handles, HANDLES_DEFAULT),
            fuel: or(c.fuel, u64::MAX),
            deadline_ms: c.deadline_ms,
            lifted_bytes: or(c.lifted_bytes, LIFTED_BYTES_DEFAULT),
        })
    }
}

#[derive(Default)]
pub struct Usage {
    pub memory_bytes: Cell<u64>,
    pub memory_bytes_peak: Cell<u64>,
    table_elements: Cell<u64>,
    /// What the last approved growth added: taken back when it fails after all.
    memory_pending: Cell<u64>,
    table_pending: Cell<u64>,
    /// A memory or table that could not even be created, in words: instantiation fails with it.
    refused: RefCell<Option<String>>,
}

impl Usage {
    pub fn take_refused(&self) -> Option<String> {
        self.refused.take()
    }
}

/// Wasmtime's view: counts over all memories and tables of the store.
pub struct Limiter(pub *const Shared);

// SAFETY: used by the thread that has the store.
unsafe impl Send for Limiter {}

impl Limiter {
    fn shared(&self) -> &Shared {
        // SAFETY: the shared part outlives the store, which owns this.
        unsafe { &*self.0 }
    }
}

/// Whether `used` may grow; books it when it may.
fn grow(
    used: &Cell<u64>,
    pending: &Cell<u64>,
    limit: u64,
    added: u64,
) -> std::result::Result<(), u64> {
    let wanted = used.get().saturating_add(added);
    if wanted > limit {
        return Err(wanted);
    }
    used.set(wanted);
    pending.set(added);
    Ok(())
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let shared = self.shared();
        let (usage, limit) = (&shared.usage, shared.limits().memory_bytes);
        let added = (desired - current) as u64;
        match grow(&usage.memory_bytes, &usage.memory_pending, limit, added) {
            Ok(()) => {
                let peak = usage.memory_bytes_peak.get().max(usage.memory_bytes.get());
                usage.memory_bytes_peak.set(peak);
                Ok(true)
            }
            Err(wanted) => {
                if current == 0 {
                    let text = format!("{wanted} bytes of memory needed, the limit is {limit}");
                    usage.refused.replace(Some(text));
                }
                Ok(false)
            }
        }
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        // This one failure comes before `memory_growing`: nothing was booked for it.
        if error.to_string() != "memory growth exceeds memory type's limits" {
            let usage = &self.shared().usage;
            usage
                .memory_bytes
                .set(usage.memory_bytes.get() - usage.memory_pending.take());
        }
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let shared = self.shared();
        let (usage, limit) = (&shared.usage, shared.limits().table_elements);
        let added = (desired - current) as u64;
        let result = grow(&usage.table_elements, &usage.table_pending, limit, added);
        if let Err(wanted) = result
            && current == 0
        {
            let text = format!("{wanted} table elements needed, the limit is {limit}");
            usage.refused.replace(Some(text));
        }
        Ok(result.is_ok())
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        // As above.
        if error.to_string() != "overflow calculating new table size" {
            let usage = &self.shared().usage;
            usage
                .table_elements
                .set(usage.table_elements.get() - usage.table_pending.take());
        }
        Ok(())
    }

    fn instances(&self) -> usize {
        let limit = self.shared().limits().instances;
        usize::try_from(limit).unwrap_or(usize::MAX)
    }

    fn tables(&self) -> usize {
        usize::MAX
    }

    fn memories(&self) -> usize {
        usize::MAX
    }
}
