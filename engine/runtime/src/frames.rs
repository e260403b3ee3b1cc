//! Storage for the calls of host functions that are under way: one frame per call, reused.
//!
//! Calls that suspend end in any order, so frames are kept in free lists and not on a stack.

use crate::linked::Linked;
use crate::shared::Shared;
use std::alloc::{self, Layout};
use std::cell::Cell;
use std::ptr::{self, NonNull};

const SMALLEST: usize = 64;
const CLASSES: usize = 5;
pub const ALIGN_MAX: u32 = 64;

/// What stands in front of a frame's storage, so that a frame can be passed around as one word.
#[repr(C, align(64))]
struct Header {
    linked: *const Linked,
    shared: *const Shared,
}

const HEADER_BYTES: usize = size_of::<Header>();

/// The size class of a function's frames: 64, 128 ... 1024 bytes, or its own allocation for each
/// call.
#[derive(Clone, Copy)]
pub struct Class {
    position: usize,
    layout: Layout,
}

impl Class {
    pub fn new(bytes: u32) -> Class {
        let bytes = bytes as usize;
        let position = (0..CLASSES)
            .find(|p| bytes <= SMALLEST << p)
            .unwrap_or(CLASSES);
        let size = if position < CLASSES {
            SMALLEST << position
        } else {
            bytes
        };
        let layout = Layout::from_size_align(HEADER_BYTES + size, ALIGN_MAX as usize);
        Class {
            position,
            layout: layout.expect("a u32 and a small alignment make a layout"),
        }
    }
}

/// The free frames of one store.
pub struct FramePool {
    /// Heads of lists that are linked through the first word of each free frame.
    free: [Cell<*mut u8>; CLASSES],
}

impl FramePool {
    pub fn new() -> FramePool {
        FramePool {
            free: [const { Cell::new(ptr::null_mut()) }; CLASSES],
        }
    }

    #[inline]
    fn take(&self, class: Class) -> NonNull<u8> {
        if let Some(head) = self.free.get(class.position)
            && let Some(frame) = NonNull::new(head.get())
        {
            // SAFETY: a frame in a free list holds the next one in its first word.
            head.set(unsafe { frame.cast::<*mut u8>().read() });
            return frame;
        }
        Self::allocate(class.layout)
    }

    #[cold]
    fn allocate(layout: Layout) -> NonNull<u8> {
        // SAFETY: no class has size 0.
        let frame = unsafe { alloc::alloc(layout) };
        NonNull::new(frame).unwrap_or_else(|| alloc::handle_alloc_error(layout))
    }

    /// # Safety
    /// `frame` came from `take` of the same class and nothing uses it any more.
    #[inline]
    unsafe fn give_back(&self, frame: NonNull<u8>, class: Class) {
        match self.free.get(class.position) {
            Some(head) => {
                // SAFETY: the frame is ours again, and every class holds a pointer.
                unsafe { frame.cast::<*mut u8>().write(head.get()) };
                head.set(frame.as_ptr());
            }
            // SAFETY: frames outside the classes have exactly this layout.
            None => unsafe { alloc::dealloc(frame.as_ptr(), class.layout) },
        }
    }
}

impl Drop for FramePool {
    fn drop(&mut self) {
        for (position, head) in self.free.iter().enumerate() {
            let class = Class::new((SMALLEST << position) as u32);
            while let Some(frame) = NonNull::new(head.get()) {
                // SAFETY: a frame in a free list holds the next one, and has the layout of its
                // class.
                unsafe {
                    head.set(frame.cast::<*mut u8>().read());
                    alloc::dealloc(frame.as_ptr(), class.layout);
                }
            }
        }
    }
}

/// One call of a host function between `enter` and `drop`. Owns what C++ built there.
pub struct Frame(NonNull<Header>);

// SAFETY: the header says that enter, poll, lower and drop of one call may run on different
// threads, one at a time; the pool is used by the thread that has the store.
unsafe impl Send for Frame {}
// SAFETY: nothing can be done with a shared frame but `lower`, which runs while the store is
// borrowed exclusively.
unsafe impl Sync for Frame {}

impl Frame {
    /// The caller must run `enter` on it next: dropping a frame runs the function's `drop`.
    ///
    /// # Safety
    /// `linked` and `shared` outlive the frame.
    #[inline]
    pub unsafe fn new(linked: *const Linked, shared: *const Shared) -> Frame {
        // SAFETY: alive, says the caller.
        let place = unsafe { (*shared).frames.take((*linked).class) }.cast::<Header>();
        // SAFETY: fresh memory of the layout that begins with a header.
        unsafe { place.write(Header { linked, shared }) };
        Frame(place)
    }

    #[inline]
    pub fn data(&self) -> *mut std::ffi::c_void {
        // SAFETY: the storage follows the header in the same allocation.
        unsafe { self.0.add(1) }.as_ptr().cast()
    }

    #[inline]
    pub fn linked(&self) -> &Linked {
        // SAFETY: the promise given to `new`.
        unsafe { &*self.0.as_ref().linked }
    }

    #[inline]
    pub fn shared(&self) -> &Shared {
        // SAFETY: the promise given to `new`.
        unsafe { &*self.0.as_ref().shared }
    }
}

impl Drop for Frame {
    #[inline]
    fn drop(&mut self) {
        let (linked, shared) = (self.linked(), self.shared());
        // SAFETY: `enter` ran on this frame, so `drop` is due, here and nowhere else.
        unsafe { (linked.drop)(self.data()) };
        // SAFETY: the frame came from this pool with this class, and C++ is done with it.
        unsafe { shared.frames.give_back(self.0.cast(), linked.class) };
    }
}
