//! The component toolchain behind the C header `include/capstan/toolchain.h`, which documents every
//! function here.
//!
//! `boundary` holds what crosses (texts, buffers, errors, panics); the other modules are plain Rust
//! without pointers.

mod boundary;
mod component;
mod compose;
mod guest;
mod inspect;
mod wit;

use boundary::{Buffer, Bytes, Error, Text, deep, export, guarded};
use component::Adapter;
use guest::{Files, Language};
use std::ptr;
use wit::{Input, Wit};
use wit_component::StringEncoding;

#[repr(C)]
pub struct WitSource {
    name: Text,
    contents: Bytes,
}

#[repr(C)]
pub struct WitOptions {
    paths: *const Text,
    path_count: usize,
    sources: *const WitSource,
    source_count: usize,
    features: *const Text,
    feature_count: usize,
    all_features: bool,
}

#[repr(C)]
pub struct GuestOptions {
    wit: *const Wit,
    world: u32,
    language: u32,
    string_encoding: u32,
}

#[repr(C)]
pub struct ComponentizeOptions {
    module: Bytes,
    wit: *const Wit,
    world: u32,
    string_encoding: u32,
    adapter: u32,
}

#[repr(C)]
pub struct ComposePart {
    name: Text,
    component: Bytes,
}

#[repr(C)]
pub struct ComposeOptions {
    app: ComposePart,
    providers: *const ComposePart,
    provider_count: usize,
}

fn string_encoding(value: u32) -> Result<StringEncoding, String> {
    match value {
        0 => Ok(StringEncoding::UTF8),
        1 => Ok(StringEncoding::UTF16),
        other => Err(format!("unknown string encoding {other}")),
    }
}

/// Borrows `count` elements that the caller of the C function lends for the call.
unsafe fn list<'a, T>(data: *const T, count: usize) -> &'a [T] {
    if count == 0 {
        &[]
    } else {
        unsafe { std::slice::from_raw_parts(data, count) }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_buffer_delete(buffer: *mut Buffer) {
    guarded(|| {
        if let Some(buffer) = unsafe { buffer.as_mut() } {
            buffer.clear();
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_error_message(error: *const Error) -> Text {
    unsafe { error.as_ref() }.map_or(Text::EMPTY, |error| Text::of(error.message()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_error_delete(error: *mut Error) {
    unsafe { delete(error) }
}

/// Frees an object that was handed out with `Box::into_raw`.
unsafe fn delete<T>(object: *mut T) {
    guarded(|| {
        if !object.is_null() {
            drop(unsafe { Box::from_raw(object) });
        }
    });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_parse_wit(
    options: *const WitOptions,
    wit_out: *mut *mut Wit,
) -> *mut Error {
    export(|| {
        let options = unsafe { &*options };
        let mut inputs = Vec::new();
        for path in unsafe { list(options.paths, options.path_count) } {
            inputs.push(Input::Path(unsafe { path.read("a path") }?));
        }
        for source in unsafe { list(options.sources, options.source_count) } {
            let name = unsafe { source.name.read("a source name") }?;
            inputs.push(Input::Memory {
                name,
                contents: unsafe { source.contents.read() },
            });
        }
        let mut features = Vec::new();
        for feature in unsafe { list(options.features, options.feature_count) } {
            features.push(unsafe { feature.read("a feature name") }?);
        }
        let all_features = options.all_features;
        let wit = deep(move || wit::parse(&inputs, &features, all_features))?;
        unsafe { *wit_out = Box::into_raw(Box::new(wit)) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_wit_delete(wit: *mut Wit) {
    unsafe { delete(wit) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_wit_json(
    wit: *const Wit,
    json_out: *mut Buffer,
) -> *mut Error {
    export(|| {
        let wit = unsafe { &*wit };
        let json = deep(|| wit.json())?;
        unsafe { *json_out = Buffer::of(json) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_wit_file_count(wit: *const Wit) -> usize {
    unsafe { &*wit }.files.len()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_wit_file(wit: *const Wit, index: usize) -> Text {
    unsafe { &*wit }
        .files
        .get(index)
        .map_or(Text::EMPTY, |file| Text::of(file))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_select_world(
    wit: *const Wit,
    world: Text,
    world_out: *mut u32,
) -> *mut Error {
    export(|| {
        let world = unsafe { world.read("the world name") }?;
        let id = unsafe { &*wit }.select_world(world)?;
        unsafe { *world_out = id.index() as u32 };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_print_wit(
    wit: *const Wit,
    text_out: *mut Buffer,
) -> *mut Error {
    export(|| {
        let wit = unsafe { &*wit };
        let text = deep(|| wit.print())?;
        unsafe { *text_out = Buffer::of(text.into_bytes()) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_guest_bindings(
    options: *const GuestOptions,
    files_out: *mut *mut Files,
) -> *mut Error {
    export(|| {
        let options = unsafe { &*options };
        let wit = unsafe { &*options.wit };
        let world = wit.world(options.world)?;
        let language = Language::from_c(options.language)?;
        let encoding = string_encoding(options.string_encoding)?;
        let files = guest::bindings(wit, world, language, encoding)?;
        unsafe { *files_out = Box::into_raw(Box::new(files)) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_files_count(files: *const Files) -> usize {
    unsafe { &*files }.len()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_files_name(files: *const Files, index: usize) -> Text {
    unsafe { &*files }
        .get(index)
        .map_or(Text::EMPTY, |(name, _)| Text::of(name))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_files_contents(
    files: *const Files,
    index: usize,
) -> Bytes {
    unsafe { &*files }
        .get(index)
        .map_or(Bytes::EMPTY, |(_, contents)| Bytes::of(contents))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_files_delete(files: *mut Files) {
    unsafe { delete(files) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_componentize(
    options: *const ComponentizeOptions,
    component_out: *mut Buffer,
) -> *mut Error {
    export(|| {
        let options = unsafe { &*options };
        let module = unsafe { options.module.read() };
        let embed = match unsafe { options.wit.as_ref() } {
            Some(wit) => Some((
                wit,
                wit.world(options.world)?,
                string_encoding(options.string_encoding)?,
            )),
            None => None,
        };
        let adapter = Adapter::from_c(options.adapter)?;
        let component = deep(|| component::componentize(module, embed, adapter))?;
        unsafe { *component_out = Buffer::of(component) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_dummy_component(
    wit: *const Wit,
    world: u32,
    component_out: *mut Buffer,
) -> *mut Error {
    export(|| {
        let wit = unsafe { &*wit };
        let world = wit.world(world)?;
        let component = deep(|| component::dummy(wit, world))?;
        unsafe { *component_out = Buffer::of(component) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_wat(
    name: Text,
    text: Bytes,
    wasm_out: *mut Buffer,
) -> *mut Error {
    export(|| {
        let name = unsafe { name.read("the file name") }?;
        let text = unsafe { text.read() };
        let wasm = deep(|| component::wat(name, text))?;
        unsafe { *wasm_out = Buffer::of(wasm) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_validate(wasm: Bytes) -> *mut Error {
    export(|| {
        let wasm = unsafe { wasm.read() };
        deep(|| component::validate(wasm))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_compose(
    options: *const ComposeOptions,
    component_out: *mut Buffer,
    report_json_out: *mut Buffer,
) -> *mut Error {
    export(|| {
        let options = unsafe { &*options };
        let providers = unsafe { list(options.providers, options.provider_count) };
        let mut parts = Vec::new();
        for part in std::iter::once(&options.app).chain(providers) {
            parts.push(compose::Part {
                name: unsafe { part.name.read("the name of a component") }?,
                component: unsafe { part.component.read() },
            });
        }
        let (component, report) = deep(|| compose::compose(&parts))?;
        unsafe {
            *component_out = Buffer::of(component);
            *report_json_out = Buffer::of(report);
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_producers_json(
    wasm: Bytes,
    json_out: *mut Buffer,
) -> *mut Error {
    export(|| {
        let wasm = unsafe { wasm.read() };
        let json = deep(|| inspect::producers(wasm))?;
        unsafe { *json_out = Buffer::of(json) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn capstan_toolchain_kind(bytes: Bytes, kind_out: *mut u32) -> *mut Error {
    export(|| {
        let kind = inspect::kind(unsafe { bytes.read() });
        unsafe { *kind_out = kind as u32 };
        Ok(())
    })
}

impl Text {
    const EMPTY: Text = Text {
        data: ptr::null(),
        size: 0,
    };
}

impl Bytes {
    const EMPTY: Bytes = Bytes {
        data: ptr::null(),
        size: 0,
    };
}
