//! Facts about function types that decide how calls are made.

use crate::words::FLAT_MAX;
use wasmtime::component::types::ComponentFunc;
use wasmtime::component::{ResourceType, Type};

/// Number of core values, counted up to one more than can ever be flat.
fn flat_count(ty: &Type) -> usize {
    const MORE: usize = FLAT_MAX + 1;
    let sum = |types: &mut dyn Iterator<Item = Type>| {
        let mut count = 0;
        for ty in types {
            count += flat_count(&ty);
            if count >= MORE {
                return MORE;
            }
        }
        count
    };
    let largest = |types: &mut dyn Iterator<Item = Type>| {
        let payload = types.map(|ty| flat_count(&ty)).max().unwrap_or(0);
        (payload + 1).min(MORE)
    };
    match ty {
        Type::String | Type::List(_) | Type::Map(_) => 2,
        Type::Record(record) => sum(&mut record.fields().map(|field| field.ty)),
        Type::Tuple(tuple) => sum(&mut tuple.types()),
        Type::FixedLengthList(list) => {
            let each = flat_count(&list.ty());
            each.saturating_mul(list.len() as usize).min(MORE)
        }
        Type::Variant(variant) => largest(&mut variant.cases().filter_map(|case| case.ty)),
        Type::Option(option) => largest(&mut std::iter::once(option.ty())),
        Type::Result(result) => largest(&mut result.ok().into_iter().chain(result.err())),
        Type::Flags(flags) => flags.names().len().div_ceil(32),
        _ => 1,
    }
}

/// Whether a flat value of this type refers to memory.
fn needs_memory(ty: &Type) -> bool {
    match ty {
        Type::String | Type::List(_) | Type::Map(_) => true,
        Type::Record(record) => record.fields().any(|field| needs_memory(&field.ty)),
        Type::Tuple(tuple) => tuple.types().any(|ty| needs_memory(&ty)),
        Type::FixedLengthList(list) => needs_memory(&list.ty()),
        Type::Variant(variant) => variant
            .cases()
            .filter_map(|case| case.ty)
            .any(|ty| needs_memory(&ty)),
        Type::Option(option) => needs_memory(&option.ty()),
        Type::Result(result) => result
            .ok()
            .into_iter()
            .chain(result.err())
            .any(|ty| needs_memory(&ty)),
        _ => false,
    }
}

/// Calls `visit` for each resource that a value of this type may refer to through a handle.
fn each_resource(ty: &Type, visit: &mut dyn FnMut(ResourceType)) {
    match ty {
        Type::Own(resource) | Type::Borrow(resource) => visit(*resource),
        Type::List(list) => each_resource(&list.ty(), visit),
        Type::FixedLengthList(list) => each_resource(&list.ty(), visit),
        Type::Map(map) => {
            each_resource(&map.key(), visit);
            each_resource(&map.value(), visit);
        }
        Type::Record(record) => record
            .fields()
            .for_each(|field| each_resource(&field.ty, visit)),
        Type::Tuple(tuple) => tuple.types().for_each(|ty| each_resource(&ty, visit)),
        Type::Variant(variant) => {
            variant
                .cases()
                .filter_map(|case| case.ty)
                .for_each(|ty| each_resource(&ty, visit));
        }
        Type::Option(option) => each_resource(&option.ty(), visit),
        Type::Result(result) => {
            result
                .ok()
                .into_iter()
                .chain(result.err())
                .for_each(|ty| each_resource(&ty, visit));
        }
        _ => {}
    }
}

/// Flat parameters, 0 when they go through memory.
pub fn parameter_words(function: &ComponentFunc) -> usize {
    let count = function.params().map(|(_, ty)| flat_count(&ty)).sum();
    if count > FLAT_MAX { 0 } else { count }
}

/// Whether the results are exactly one flat value.
pub fn is_word_result(function: &ComponentFunc) -> bool {
    function.results().map(|ty| flat_count(&ty)).sum::<usize>() == 1
}

/// Whether the results are nothing or one number.
pub fn is_plain_result(function: &ComponentFunc) -> bool {
    !has_results(function) || (is_word_result(function) && !results_have_handles(function))
}

/// The number of flat parameters, when all of them are numbers.
pub fn plain_parameter_words(function: &ComponentFunc) -> Option<usize> {
    let count: usize = function.params().map(|(_, ty)| flat_count(&ty)).sum();
    let plain = count <= FLAT_MAX
        && !parameters_need_memory(function)
        && parameter_handles(function) == Handles::None;
    plain.then_some(count)
}

pub fn has_results(function: &ComponentFunc) -> bool {
    function.results().len() > 0
}

pub fn parameters_need_memory(function: &ComponentFunc) -> bool {
    function.params().any(|(_, ty)| needs_memory(&ty))
}

/// Where handles are among the parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Handles {
    None,
    /// The first parameter is one, and there are no others.
    First,
    Anywhere,
}

pub fn parameter_handles(function: &ComponentFunc) -> Handles {
    let mut count = 0;
    function
        .params()
        .for_each(|(_, ty)| each_resource(&ty, &mut |_| count += 1));
    match (count, function.params().next()) {
        (0, _) => Handles::None,
        (1, Some((_, Type::Own(_) | Type::Borrow(_)))) => Handles::First,
        _ => Handles::Anywhere,
    }
}

pub fn results_have_handles(function: &ComponentFunc) -> bool {
    let mut any = false;
    function
        .results()
        .for_each(|ty| each_resource(&ty, &mut |_| any = true));
    any
}

/// Whether the parameters have a resource that `known` does not accept.
pub fn parameters_have_unknown_resource(
    function: &ComponentFunc,
    known: impl Fn(ResourceType) -> bool,
) -> bool {
    let mut unknown = false;
    let mut visit = |resource| unknown |= !known(resource);
    function
        .params()
        .for_each(|(_, ty)| each_resource(&ty, &mut visit));
    unknown
}

/// The same for the results.
pub fn results_have_unknown_resource(
    function: &ComponentFunc,
    known: impl Fn(ResourceType) -> bool,
) -> bool {
    let mut unknown = false;
    let mut visit = |resource| unknown |= !known(resource);
    function
        .results()
        .for_each(|ty| each_resource(&ty, &mut visit));
    unknown
}
