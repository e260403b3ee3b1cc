//! Values as text, in the WAVE encoding: arguments of a call, and its result.
//!
//! The text is foreign: its size and its nesting are bounded before anything is made of it.

use crate::describe::short_text;
use crate::error::{self, Outcome};
use std::str::FromStr;
use wasmtime::component::types::{self, ComponentFunc};
use wasmtime::component::wasm_wave::ast::{Node, NodeType};
use wasmtime::component::wasm_wave::lex::{Lexer, Span};
use wasmtime::component::wasm_wave::parser::ParserError;
use wasmtime::component::wasm_wave::untyped::UntypedValue;
use wasmtime::component::{Type, Val, wasm_wave};

/// The parser itself refuses values that nest deeper than 100.
const TEXT_BYTES_MAX: usize = 16 << 20;
/// How much of a wrong value a message shows.
const SHOWN_CHARS_MAX: usize = 40;

/// What has no text in a type, if anything.
fn without_text(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::Own(_) | Type::Borrow(_) => Some("a resource"),
        Type::Stream(_) => Some("a stream"),
        Type::Future(_) => Some("a future"),
        Type::ErrorContext => Some("an error-context"),
        Type::Map(_) => Some("a map"),
        Type::List(list) => without_text(&list.ty()),
        Type::FixedLengthList(list) => without_text(&list.ty()),
        Type::Option(option) => without_text(&option.ty()),
        Type::Result(result) => {
            let payloads = [result.ok(), result.err()];
            payloads.iter().flatten().find_map(without_text)
        }
        Type::Tuple(tuple) => tuple.types().find_map(|ty| without_text(&ty)),
        Type::Record(record) => record.fields().find_map(|field| without_text(&field.ty)),
        Type::Variant(variant) => {
            let mut payloads = variant.cases().filter_map(|case| case.ty);
            payloads.find_map(|ty| without_text(&ty))
        }
        _ => None,
    }
}

/// Whether a function can be called with text at all.
pub fn check(function: &ComponentFunc) -> Outcome<()> {
    let no = |place: &str, what: &str| {
        let text = format!("it cannot be called with text: {place} is or contains {what}");
        Err(error::argument(text))
    };
    for (name, ty) in function.params() {
        if let Some(what) = without_text(&ty) {
            return no(&format!("the parameter `{name}`"), what);
        }
    }
    match function.results().find_map(|ty| without_text(&ty)) {
        Some(what) => no("its result", what),
        None => Ok(()),
    }
}

/// `text` is a comma-separated list, one value for each parameter; trailing ones that are options
/// may be left out.
pub fn arguments(function: &ComponentFunc, text: &str) -> Outcome<Vec<Val>> {
    if text.len() > TEXT_BYTES_MAX {
        let text = format!("the arguments take more than {} MiB", TEXT_BYTES_MAX >> 20);
        return Err(error::argument(text));
    }
    // Read as one tuple. The line break ends a comment.
    let tuple = format!("({text}\n)");
    let parsed = match Lexer::new(text).next() {
        Some(_) => Some(UntypedValue::parse(&tuple).map_err(|error| unreadable(&error, text))?),
        None => None,
    };
    let mut nodes = Vec::new();
    if let Some(parsed) = &parsed {
        let tuple = parsed.node().as_tuple();
        nodes.extend(tuple.map_err(|error| unreadable(&error, text))?);
    }
    let params: Vec<(&str, Type)> = function.params().collect();
    let optional = |(_, ty): &(&str, Type)| matches!(ty, Type::Option(_));
    let rest = params.get(nodes.len()..);
    if rest.is_none_or(|rest| !rest.iter().all(optional)) {
        let (expected, given) = (params.len(), nodes.len());
        let plural = if expected == 1 { "" } else { "s" };
        let text = format!("expected {expected} argument{plural}, got {given}");
        return Err(error::argument(text));
    }
    let reader = Reader { source: &tuple };
    let mut values = Vec::with_capacity(params.len());
    for (position, (name, ty)) in params.iter().enumerate() {
        let Some(node) = nodes.get(position) else {
            values.push(Val::Option(None));
            continue;
        };
        let value = reader.value(node, ty).map_err(|wrong| {
            error::argument(format!("argument {} (`{name}`): {wrong}", position + 1))
        })?;
        values.push(value);
    }
    Ok(values)
}

/// A syntax error. `text` lies one byte further in what was parsed.
fn unreadable(error: &ParserError, text: &str) -> Box<error::Error> {
    let start = text.floor_char_boundary(error.span().start.saturating_sub(1));
    let what = error.kind();
    let message = match text[start..].trim() {
        "" => format!("the arguments cannot be read: {what} at their end"),
        rest => {
            let at = text[..start].chars().count() + 1;
            let near = shown(rest);
            format!("the arguments cannot be read: {what} at character {at}, `{near}`")
        }
    };
    error::argument(message)
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// What is wrong with a value, in words.
type Read<T> = Result<T, String>;

struct Reader<'a> {
    source: &'a str,
}

impl<'a> Reader<'a> {
    fn slice(&self, span: Span) -> &'a str {
        &self.source[span]
    }

    fn wrong(&self, node: &Node, ty: &Type) -> String {
        let near = shown(self.slice(node.span()));
        format!("expected {}, got `{near}`", short_text(ty))
    }

    fn number<T: FromStr>(&self, node: &Node, ty: &Type) -> Read<T> {
        node.as_number(self.source)
            .map_err(|_| self.wrong(node, ty))
    }

    fn value(&self, node: &Node, ty: &Type) -> Read<Val> {
        let wrong = |_: ParserError| self.wrong(node, ty);
        Ok(match ty {
            Type::Bool => Val::Bool(node.as_bool().map_err(wrong)?),
            Type::S8 => Val::S8(self.number(node, ty)?),
            Type::U8 => Val::U8(self.number(node, ty)?),
            Type::S16 => Val::S16(self.number(node, ty)?),
            Type::U16 => Val::U16(self.number(node, ty)?),
            Type::S32 => Val::S32(self.number(node, ty)?),
            Type::U32 => Val::U32(self.number(node, ty)?),
            Type::S64 => Val::S64(self.number(node, ty)?),
            Type::U64 => Val::U64(self.number(node, ty)?),
            Type::Float32 => Val::Float32(self.number(node, ty)?),
            Type::Float64 => Val::Float64(self.number(node, ty)?),
            Type::Char => Val::Char(node.as_char(self.source).map_err(wrong)?),
            Type::String => Val::String(node.as_str(self.source).map_err(wrong)?.into_owned()),
            Type::List(list) => Val::List(self.list(node, ty, &list.ty())?),
            Type::FixedLengthList(list) => {
                let values = self.list(node, ty, &list.ty())?;
                if values.len() as u64 != u64::from(list.len()) {
                    return Err(self.wrong(node, ty));
                }
                Val::FixedLengthList(values)
            }
            Type::Tuple(tuple) => {
                let nodes = node.as_tuple().map_err(wrong)?;
                if nodes.len() != tuple.types().len() {
                    return Err(self.wrong(node, ty));
                }
                let values = nodes.zip(tuple.types());
                let values = values.map(|(node, ty)| self.value(node, &ty));
                Val::Tuple(values.collect::<Read<_>>()?)
            }
            Type::Record(record) => self.record(node, ty, record)?,
            Type::Variant(variant) => self.variant(node, ty, variant)?,
            Type::Enum(cases) => {
                let case = node.as_enum(self.source).map_err(wrong)?;
                if !cases.names().any(|name| name == case) {
                    return Err(self.wrong(node, ty));
                }
                Val::Enum(case.to_owned())
            }
            Type::Flags(flags) => self.flags(node, ty, flags)?,
            Type::Option(option) => self.option(node, &option.ty())?,
            Type::Result(result) => self.result(node, ty, result)?,
            _ => return Err(format!("{} has no text", short_text(ty))),
        })
    }

    fn list(&self, node: &Node, ty: &Type, element: &Type) -> Read<Vec<Val>> {
        let nodes = node.as_list().map_err(|_| self.wrong(node, ty))?;
        nodes.map(|node| self.value(node, element)).collect()
    }

    /// Fields in any order; those that are options may be left out.
    fn record(&self, node: &Node, ty: &Type, record: &types::Record) -> Read<Val> {
        let given = node
            .as_record(self.source)
            .map_err(|_| self.wrong(node, ty))?;
        let given: Vec<(&str, &Node)> = given.collect();
        for (name, _) in &given {
            if !record.fields().any(|field| field.name == *name) {
                return Err(format!("{} has no field `{name}`", short_text(ty)));
            }
        }
        let mut values = Vec::with_capacity(given.len());
        for field in record.fields() {
            let found = given.iter().find(|(name, _)| *name == field.name);
            let value = match (found, &field.ty) {
                (Some((_, node)), ty) => self
                    .value(node, ty)
                    .map_err(|wrong| format!("field `{}`: {wrong}", field.name))?,
                (None, Type::Option(_)) => Val::Option(None),
                (None, _) => return Err(format!("the field `{}` is missing", field.name)),
            };
            values.push((field.name.to_owned(), value));
        }
        Ok(Val::Record(values))
    }

    fn variant(&self, node: &Node, ty: &Type, variant: &types::Variant) -> Read<Val> {
        let given = node.as_variant(self.source);
        let (label, payload) = given.map_err(|_| self.wrong(node, ty))?;
        let case = variant.cases().find(|case| case.name == label);
        let case = case.ok_or_else(|| self.wrong(node, ty))?;
        let payload = self.payload(label, payload, case.ty.as_ref())?;
        Ok(Val::Variant(label.to_owned(), payload))
    }

    fn flags(&self, node: &Node, ty: &Type, flags: &types::Flags) -> Read<Val> {
        let given = node.as_flags(self.source);
        let given = given.map_err(|_| self.wrong(node, ty))?;
        let names: Vec<String> = given
            .map(|name| name.trim_start_matches('%').to_owned())
            .collect();
        match names.iter().find(|name| !flags.names().any(|n| n == *name)) {
            Some(unknown) => Err(format!("{} has no flag `{unknown}`", short_text(ty))),
            None => Ok(Val::Flags(names)),
        }
    }

    /// `some(x)`, `none`, or just `x` where that cannot be mistaken.
    fn option(&self, node: &Node, some: &Type) -> Read<Val> {
        let value = match node.ty() {
            NodeType::OptionNone => None,
            NodeType::OptionSome => {
                let payload = node.as_option().ok().flatten();
                self.payload("some", payload, Some(some))?
            }
            _ => Some(Box::new(self.value(node, some)?)),
        };
        Ok(Val::Option(value))
    }

    fn result(&self, node: &Node, ty: &Type, result: &types::ResultType) -> Read<Val> {
        let (ok, err) = (result.ok(), result.err());
        let value = match (node.as_result(), &ok) {
            (Ok(Ok(payload)), _) => Ok(self.payload("ok", payload, ok.as_ref())?),
            (Ok(Err(payload)), _) => Err(self.payload("err", payload, err.as_ref())?),
            (Err(_), Some(ok)) => Ok(Some(Box::new(self.value(node, ok)?))),
            (Err(_), None) => return Err(self.wrong(node, ty)),
        };
        Ok(Val::Result(value))
    }

    fn payload(
        &self,
        case: &str,
        node: Option<&Node>,
        ty: Option<&Type>,
    ) -> Read<Option<Box<Val>>> {
        match (node, ty) {
            (Some(node), Some(ty)) => Ok(Some(Box::new(self.value(node, ty)?))),
            (None, None) => Ok(None),
            (None, Some(ty)) => Err(format!("`{case}` needs a value, {}", short_text(ty))),
            (Some(_), None) => Err(format!("`{case}` takes no value")),
        }
    }
}

/// The result as text; empty when there is none.
pub fn results(values: &[Val]) -> Outcome<String> {
    let texts: Result<Vec<String>, _> = values.iter().map(wasm_wave::to_string).collect();
    let texts = texts.map_err(|error| error::internal(format!("no text for a result: {error}")))?;
    Ok(texts.join(", "))
}
