//! A host function of an interface table, checked and ready to be called.

use crate::abi::{DirectFn, DropFn, EnterFn, LowerFn, MAY_SUSPEND, PollFn, capstan_function};
use crate::error::{Code, Outcome, fail};
use crate::frames::{ALIGN_MAX, Class};
use crate::text;
use std::ffi::c_void;
use wasmtime::component::ResourceType;

/// The resource types that interface tables define: how Wasmtime calls them, and their
/// `capstan_resource.id`.
#[derive(Default)]
pub struct Resources {
    types: Vec<(ResourceType, u32)>,
}

impl Resources {
    pub fn insert(&mut self, id: u32) {
        if self.id(ResourceType::host_dynamic(id)).is_none() {
            self.types.push((ResourceType::host_dynamic(id), id));
        }
    }

    #[inline]
    pub fn id(&self, ty: ResourceType) -> Option<u32> {
        self.types
            .iter()
            .find(|(known, _)| *known == ty)
            .map(|(_, id)| *id)
    }
}

/// Owned by a prepared component, which every store that runs it keeps alive.
pub struct Linked {
    pub enter: EnterFn,
    pub poll: Option<PollFn>,
    pub lower: LowerFn,
    pub drop: DropFn,
    /// All steps in one, for functions that never suspend and give nothing or one number.
    pub direct: Option<DirectFn>,
    pub this: *mut c_void,
    pub class: Class,
    /// Flat parameters; 0 when they always come through memory.
    pub words: usize,
}

// SAFETY: the header lets an interface table be shared between threads.
unsafe impl Send for Linked {}
// SAFETY: as above.
unsafe impl Sync for Linked {}

impl Linked {
    pub fn may_suspend(&self) -> bool {
        self.poll.is_some()
    }

    /// # Safety
    /// `function` points to a structure as the header describes it.
    pub unsafe fn new(
        function: *const capstan_function,
        name: &str,
        words: usize,
    ) -> Outcome<Linked> {
        let wrong = |what: &str| fail(Code::InvalidArgument, format!("function `{name}`: {what}"));
        // SAFETY: the caller's promise.
        let function = unsafe { text::read_sized(function, "a capstan_function") }?;
        if function.frame_align > ALIGN_MAX
            || (function.frame_align & (function.frame_align.wrapping_sub(1))) != 0
        {
            return Err(wrong(&format!(
                "frame_align is {}, not a power of two up to 64",
                function.frame_align
            )));
        }
        let may_suspend = function.flags & MAY_SUSPEND != 0;
        Ok(Linked {
            enter: function.enter.ok_or_else(|| wrong("`enter` is null"))?,
            poll: match (may_suspend, function.poll) {
                (true, None) => return Err(wrong("it may suspend, but `poll` is null")),
                (true, poll) => poll,
                (false, _) => None,
            },
            lower: function.lower.ok_or_else(|| wrong("`lower` is null"))?,
            drop: function.drop.ok_or_else(|| wrong("`drop` is null"))?,
            direct: function.direct.filter(|_| !may_suspend),
            this: function.self_,
            class: Class::new(function.frame_bytes),
            words,
        })
    }
}
