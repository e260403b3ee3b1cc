//! The headers and the crate agree: the same functions, the same structures field by field.

use ::capstan_engine::c::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::mem::offset_of;
use std::path::Path;
use std::process::Command;

const INCLUDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/include");
/// In the order in which a reader meets them: engine.h includes interface.h.
const HEADERS: [&str; 2] = ["capstan/interface.h", "capstan/engine.h"];

struct Layout {
    name: &'static str,
    size: usize,
    align: usize,
    fields: Vec<(&'static str, usize)>,
}

macro_rules! layouts {
    ($($name:ident { $($field:ident),* $(,)? })*) => {
        vec![$(Layout {
            name: stringify!($name),
            size: size_of::<$name>(),
            align: align_of::<$name>(),
            // A field called `self` in C has another name in Rust.
            fields: vec![
                $((stringify!($field).trim_end_matches('_'), offset_of!($name, $field))),*
            ],
        }),*]
    };
}

fn layouts() -> Vec<Layout> {
    layouts! {
        capstan_text { data, size }
        capstan_waker_vtable { clone, wake, drop }
        capstan_waker { data, vtable }
        capstan_output_stream {
            struct_size, self_, check, write, flush, ready, close, drop
        }
        capstan_input_stream { struct_size, self_, read, ready, drop }
        capstan_handle { rep, resource, guest }
        capstan_lift {
            words, word_count, memory, memory_bytes, offset, encoding, fuel, user, take_handle,
            engine
        }
        capstan_lower {
            words, word_count, memory, memory_bytes, offset, encoding, user, realloc, give_handle,
            give_guest_handle, engine, give_output_stream, give_input_stream
        }
        capstan_function {
            struct_size, name, signature, flags, frame_bytes, frame_align, enter, poll, lower, drop,
            self_, direct
        }
        capstan_resource { struct_size, name, id, destroy, self_ }
        capstan_interface {
            struct_size, import_name, functions, function_count, resources, resource_count
        }
        capstan_pool {
            struct_size, instances, memories_per_instance, tables_per_instance, memory_bytes_max,
            table_elements_max, memory_bytes_resident, table_bytes_resident, stack_bytes_resident
        }
        capstan_engine_config {
            struct_size, concurrency, interruptible, fuel, no_signal_handlers, no_parallel_compile,
            guest_stack_bytes, fiber_stack_bytes, tick_ms, pool, cache_dir
        }
        capstan_item { kind, interface_name, name, signature, is_async }
        capstan_prepare_options { struct_size, wasi, interfaces, interface_count }
        capstan_limits {
            struct_size, memory_bytes, table_elements, instances, handles, fuel, deadline_ms,
            lifted_bytes
        }
        capstan_call_values { lower, lift, context }
    }
}

fn header_without_comments() -> String {
    let headers = HEADERS.map(|name| fs::read_to_string(Path::new(INCLUDE).join(name)).unwrap());
    let headers = headers.concat();
    let mut text = String::new();
    let mut rest = headers.as_str();
    while let Some((before, after)) = rest.split_once("/*") {
        text.push_str(before);
        rest = after.split_once("*/").unwrap().1;
    }
    text + rest
}

/// Structures of the header with their fields in order.
fn header_structures(text: &str) -> Vec<(String, Vec<String>)> {
    let mut structures = Vec::new();
    for (at, _) in text.match_indices("struct capstan_") {
        let Some((head, body)) = text[at..].split_once('{') else {
            break;
        };
        let name = head.trim_start_matches("struct").trim();
        if name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            continue;
        }
        let fields = body.split_once('}').unwrap().0;
        let fields = fields
            .split(';')
            .map(str::trim)
            .filter(|field| !field.is_empty());
        let field_name = |field: &str| match field.split_once("(*") {
            Some((_, after)) => after.split_once(')').unwrap().0.to_owned(),
            None => field.rsplit([' ', '*']).next().unwrap().to_owned(),
        };
        structures.push((name.to_owned(), fields.map(field_name).collect()));
    }
    structures
}

#[test]
fn structures_have_the_same_layout() {
    let layouts = layouts();
    let expected: Vec<(String, Vec<String>)> = layouts
        .iter()
        .map(|layout| {
            let fields = layout
                .fields
                .iter()
                .map(|(field, _)| (*field).to_owned())
                .collect();
            (layout.name.to_owned(), fields)
        })
        .collect();
    assert_eq!(header_structures(&header_without_comments()), expected);

    let mut program =
        String::from("#include <capstan/engine.h>\n#include <stdio.h>\nint main(void) {\n");
    let mut ours = String::new();
    for Layout {
        name,
        size,
        align,
        fields,
    } in &layouts
    {
        let _ = writeln!(
            program,
            "printf(\"{name} %zu %zu\\n\", sizeof({name}), _Alignof({name}));"
        );
        let _ = writeln!(ours, "{name} {size} {align}");
        for (field, offset) in fields {
            let _ = writeln!(
                program,
                "printf(\"{name}.{field} %zu\\n\", offsetof({name}, {field}));"
            );
            let _ = writeln!(ours, "{name}.{field} {offset}");
        }
    }
    for (name, value) in constants() {
        let _ = writeln!(program, "printf(\"{name} %u\\n\", (unsigned){name});");
        let _ = writeln!(ours, "{name} {value}");
    }
    program.push_str("return 0; }\n");
    assert_eq!(run_c(&program), ours);
}

fn constants() -> Vec<(&'static str, u32)> {
    vec![
        ("CAPSTAN_ENGINE_ABI", capstan_engine_abi()),
        ("CAPSTAN_READY", READY),
        ("CAPSTAN_PENDING", PENDING),
        ("CAPSTAN_FAILED", FAILED),
        ("CAPSTAN_STREAM_OPEN", STREAM_OPEN),
        ("CAPSTAN_STREAM_CLOSED", STREAM_CLOSED),
        ("CAPSTAN_STREAM_FAILED", STREAM_FAILED),
        ("CAPSTAN_STREAM_TRAP", STREAM_TRAP),
        ("CAPSTAN_OWN", OWN),
        ("CAPSTAN_BORROW", BORROW),
        ("CAPSTAN_MAY_SUSPEND", MAY_SUSPEND),
        ("CAPSTAN_ITEM_FUNCTION", ITEM_FUNCTION),
        ("CAPSTAN_ITEM_RESOURCE", ITEM_RESOURCE),
        ("CAPSTAN_ITEM_INTERFACE", ITEM_INTERFACE),
        ("CAPSTAN_ITEM_OTHER", ITEM_OTHER),
        (
            "CAPSTAN_ERROR_INVALID_ARGUMENT",
            Code::InvalidArgument as u32,
        ),
        ("CAPSTAN_ERROR_IO", Code::Io as u32),
        ("CAPSTAN_ERROR_NOT_LOADABLE", Code::NotLoadable as u32),
        ("CAPSTAN_ERROR_NOT_LINKABLE", Code::NotLinkable as u32),
        ("CAPSTAN_ERROR_TRAP", Code::Trap as u32),
        ("CAPSTAN_ERROR_DEADLINE", Code::Deadline as u32),
        ("CAPSTAN_ERROR_FUEL", Code::Fuel as u32),
        ("CAPSTAN_ERROR_LIMIT", Code::Limit as u32),
        ("CAPSTAN_ERROR_STACK", Code::Stack as u32),
        ("CAPSTAN_ERROR_EXIT", Code::Exit as u32),
        ("CAPSTAN_ERROR_BUSY", Code::Busy as u32),
        ("CAPSTAN_ERROR_UNSUPPORTED", Code::Unsupported as u32),
        ("CAPSTAN_ERROR_HOST", Code::Host as u32),
        ("CAPSTAN_ERROR_INTERNAL", Code::Internal as u32),
    ]
}

fn run_c(program: &str) -> String {
    let dir = std::env::temp_dir().join(format!("capstan-header-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let (source, binary) = (dir.join("layout.c"), dir.join("layout"));
    fs::write(&source, program).unwrap();
    let mut compiler = Command::new("cc");
    compiler
        .args(["-std=c11", "-Wall", "-Werror", "-I", INCLUDE, "-o"])
        .arg(&binary)
        .arg(&source);
    let status = compiler
        .status()
        .expect("a C compiler called `cc` is needed");
    assert!(status.success());
    let output = Command::new(&binary).output().unwrap();
    fs::remove_dir_all(&dir).unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_header_declares_exactly_the_exported_functions() {
    let text = header_without_comments();
    let mut declared = BTreeSet::new();
    for statement in text.split([';', '{', '}']) {
        let Some((before, _)) = statement.split_once('(') else {
            continue;
        };
        let name = before.rsplit([' ', '*', '\n']).next().unwrap();
        if name.starts_with("capstan_") && !statement.trim_start().starts_with("typedef") {
            declared.insert(name.to_owned());
        }
    }

    let mut exported = BTreeSet::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(sources).unwrap() {
        let source = fs::read_to_string(entry.unwrap().path()).unwrap();
        for part in source.split("#[unsafe(no_mangle)]").skip(1) {
            let name = part.split_once("fn ").unwrap().1;
            exported.insert(name.split_once('(').unwrap().0.to_owned());
        }
    }
    assert_eq!(declared, exported);
    assert!(declared.len() > 40, "{declared:?}");
}
