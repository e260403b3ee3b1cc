//! Canonical texts of what a component imports and exports.

use crate::error::{Code, Outcome, fail};
use wasmtime::Engine;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ResourceType, Type};

/// A type may be a graph whose written-out form is exponentially larger than itself.
const TEXT_BYTES_MAX: usize = 1 << 20;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Function,
    Resource,
    Interface,
    Other,
}

pub struct Item {
    pub kind: Kind,
    pub interface: String,
    pub name: String,
    pub signature: String,
    pub is_async: bool,
}

/// Names of resources: that of the first interface that declares them, imports before exports;
/// those that only exports declare are marked.
#[derive(Default)]
struct Names(Vec<(ResourceType, String)>);

impl Names {
    fn insert(&mut self, ty: ResourceType, side: &str, interface: &str, name: &str) {
        if self.get(ty).is_none() {
            let id = match interface {
                "" => format!("{side}{name}"),
                interface => format!("{side}{interface}.{name}"),
            };
            self.0.push((ty, id));
        }
    }

    fn get(&self, ty: ResourceType) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| *known == ty)
            .map(|(_, name)| name.as_str())
    }
}

/// One named thing: interface (empty for the world's own), name (empty for the interface itself),
/// type.
type Entry = (String, String, ComponentItem);

fn flatten<'a>(
    engine: &'a Engine,
    items: impl Iterator<Item = (&'a str, ComponentItem)>,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (name, item) in items {
        match item {
            ComponentItem::ComponentInstance(instance) => {
                let items: Vec<Entry> = instance
                    .exports(engine)
                    .map(|(inner, item)| (name.to_owned(), inner.to_owned(), item.ty))
                    .collect();
                let announced = ComponentItem::ComponentInstance(instance);
                entries.push((name.to_owned(), String::new(), announced));
                entries.extend(items);
            }
            item => entries.push((String::new(), name.to_owned(), item)),
        }
    }
    entries
}

pub struct Description {
    pub imports: Vec<Item>,
    pub exports: Vec<Item>,
}

impl Description {
    pub fn new(engine: &Engine, component: &Component) -> Outcome<Description> {
        let ty = component.component_type();
        let imports = flatten(
            engine,
            ty.imports(engine).map(|(name, item)| (name, item.ty)),
        );
        let exports = flatten(
            engine,
            ty.exports(engine).map(|(name, item)| (name, item.ty)),
        );
        let mut names = Names::default();
        // An interface may be imported and exported: the resources of its two sides are different.
        for (side, entries) in [("", &imports), ("exported ", &exports)] {
            for (interface, name, item) in entries {
                if let ComponentItem::Resource(ty) = item {
                    names.insert(*ty, side, interface, name);
                }
            }
        }
        Ok(Description {
            imports: describe(&names, imports)?,
            exports: describe(&names, exports)?,
        })
    }
}

fn describe(names: &Names, entries: Vec<Entry>) -> Outcome<Vec<Item>> {
    let describe_one = |(interface, name, ty): Entry| {
        if name.is_empty() {
            let signature = String::new();
            return Ok(Item {
                kind: Kind::Interface,
                interface,
                name,
                signature,
                is_async: false,
            });
        }
        let mut writer = Writer {
            names,
            text: String::new(),
        };
        match writer.item(&ty) {
            Ok((kind, is_async)) => Ok(Item {
                kind,
                interface,
                name,
                signature: writer.text,
                is_async,
            }),
            Err(TooLong) => {
                let separator = if interface.is_empty() { "" } else { "#" };
                let message = format!(
                    "the type of `{interface}{separator}{name}` takes more than {} MiB of text",
                    TEXT_BYTES_MAX >> 20
                );
                Err(fail(Code::NotLoadable, message))
            }
        }
    };
    entries.into_iter().map(describe_one).collect()
}

/// A type as messages show it; a long one is cut off.
pub fn short_text(ty: &Type) -> String {
    const BYTES_MAX: usize = 200;
    let mut writer = Writer {
        names: &Names::default(),
        text: String::new(),
    };
    let whole = writer.ty(ty).is_ok() && writer.text.len() <= BYTES_MAX;
    if !whole {
        let end = writer.text.floor_char_boundary(BYTES_MAX);
        writer.text.replace_range(end.., "...");
    }
    writer.text
}

struct TooLong;

struct Writer<'a> {
    names: &'a Names,
    text: String,
}

impl Writer<'_> {
    fn put(&mut self, text: &str) -> Result<(), TooLong> {
        if self.text.len() + text.len() > TEXT_BYTES_MAX {
            return Err(TooLong);
        }
        self.text.push_str(text);
        Ok(())
    }

    fn item(&mut self, item: &ComponentItem) -> Result<(Kind, bool), TooLong> {
        match item {
            ComponentItem::ComponentFunc(function) => {
                self.function(function)?;
                return Ok((Kind::Function, function.async_()));
            }
            ComponentItem::Resource(ty) => {
                self.resource(*ty)?;
                return Ok((Kind::Resource, false));
            }
            ComponentItem::Type(ty) => {
                self.put("type ")?;
                self.ty(ty)?;
            }
            ComponentItem::CoreFunc(_) => self.put("core func")?,
            ComponentItem::Module(_) => self.put("core module")?,
            ComponentItem::Component(_) => self.put("component")?,
            ComponentItem::ComponentInstance(_) => self.put("instance")?,
        }
        Ok((Kind::Other, false))
    }

    fn function(&mut self, function: &ComponentFunc) -> Result<(), TooLong> {
        self.put("func(")?;
        for (position, (name, ty)) in function.params().enumerate() {
            self.separate(position)?;
            self.put(name)?;
            self.put(": ")?;
            self.ty(&ty)?;
        }
        self.put(")")?;
        for ty in function.results() {
            self.put(" -> ")?;
            self.ty(&ty)?;
        }
        Ok(())
    }

    fn resource(&mut self, ty: ResourceType) -> Result<(), TooLong> {
        // Every resource of a valid component has a name; this is for none that is not exported.
        let name = self.names.get(ty).unwrap_or("?");
        if self.text.len() + name.len() > TEXT_BYTES_MAX {
            return Err(TooLong);
        }
        self.text.push_str(name);
        Ok(())
    }

    fn separate(&mut self, position: usize) -> Result<(), TooLong> {
        if position > 0 { self.put(", ") } else { Ok(()) }
    }

    fn generic(&mut self, name: &str, arguments: &[&Type]) -> Result<(), TooLong> {
        self.put(name)?;
        self.put("<")?;
        for (position, argument) in arguments.iter().enumerate() {
            self.separate(position)?;
            self.ty(argument)?;
        }
        self.put(">")
    }

    fn names<'t>(
        &mut self,
        what: &str,
        names: impl Iterator<Item = &'t str>,
    ) -> Result<(), TooLong> {
        self.put(what)?;
        self.put(" { ")?;
        for (position, name) in names.enumerate() {
            self.separate(position)?;
            self.put(name)?;
        }
        self.put(" }")
    }

    fn ty(&mut self, ty: &Type) -> Result<(), TooLong> {
        match ty {
            Type::Bool => self.put("bool"),
            Type::S8 => self.put("s8"),
            Type::U8 => self.put("u8"),
            Type::S16 => self.put("s16"),
            Type::U16 => self.put("u16"),
            Type::S32 => self.put("s32"),
            Type::U32 => self.put("u32"),
            Type::S64 => self.put("s64"),
            Type::U64 => self.put("u64"),
            Type::Float32 => self.put("f32"),
            Type::Float64 => self.put("f64"),
            Type::Char => self.put("char"),
            Type::String => self.put("string"),
            Type::ErrorContext => self.put("error-context"),
            Type::List(list) => self.generic("list", &[&list.ty()]),
            Type::FixedLengthList(list) => {
                self.put("list<")?;
                self.ty(&list.ty())?;
                self.put(&format!(", {}>", list.len()))
            }
            Type::Map(map) => self.generic("map", &[&map.key(), &map.value()]),
            Type::Option(option) => self.generic("option", &[&option.ty()]),
            Type::Result(result) => match (result.ok(), result.err()) {
                (None, None) => self.put("result"),
                (Some(ok), None) => self.generic("result", &[&ok]),
                (Some(ok), Some(err)) => self.generic("result", &[&ok, &err]),
                (None, Some(err)) => {
                    self.put("result<_, ")?;
                    self.ty(&err)?;
                    self.put(">")
                }
            },
            Type::Tuple(tuple) => {
                self.put("tuple<")?;
                for (position, ty) in tuple.types().enumerate() {
                    self.separate(position)?;
                    self.ty(&ty)?;
                }
                self.put(">")
            }
            Type::Record(record) => {
                self.put("record { ")?;
                for (position, field) in record.fields().enumerate() {
                    self.separate(position)?;
                    self.put(field.name)?;
                    self.put(": ")?;
                    self.ty(&field.ty)?;
                }
                self.put(" }")
            }
            Type::Variant(variant) => {
                self.put("variant { ")?;
                for (position, case) in variant.cases().enumerate() {
                    self.separate(position)?;
                    self.put(case.name)?;
                    if let Some(ty) = &case.ty {
                        self.put("(")?;
                        self.ty(ty)?;
                        self.put(")")?;
                    }
                }
                self.put(" }")
            }
            Type::Enum(cases) => self.names("enum", cases.names()),
            Type::Flags(flags) => self.names("flags", flags.names()),
            Type::Own(resource) => self.handle("own<", *resource),
            Type::Borrow(resource) => self.handle("borrow<", *resource),
            Type::Stream(stream) => self.channel("stream", stream.ty()),
            Type::Future(future) => self.channel("future", future.ty()),
        }
    }

    fn handle(&mut self, what: &str, resource: ResourceType) -> Result<(), TooLong> {
        self.put(what)?;
        self.resource(resource)?;
        self.put(">")
    }

    fn channel(&mut self, what: &str, ty: Option<Type>) -> Result<(), TooLong> {
        match ty {
            Some(ty) => self.generic(what, &[&ty]),
            None => self.put(what),
        }
    }
}
