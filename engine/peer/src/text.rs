//! Values as text, see `include/capstan/peer.h`.

use std::fmt::Write as _;
use wasmtime::component::{Type, Val};
use wasmtime::{Result, bail, ensure, format_err};

pub fn write(text: &mut String, value: &Val) -> Result<()> {
    match value {
        Val::Bool(value) => write!(text, "{value}")?,
        Val::S8(value) => write!(text, "{value}")?,
        Val::U8(value) => write!(text, "{value}")?,
        Val::S16(value) => write!(text, "{value}")?,
        Val::U16(value) => write!(text, "{value}")?,
        Val::S32(value) => write!(text, "{value}")?,
        Val::U32(value) => write!(text, "{value}")?,
        Val::S64(value) => write!(text, "{value}")?,
        Val::U64(value) => write!(text, "{value}")?,
        Val::Float32(value) if value.is_nan() => text.push_str("nan"),
        Val::Float32(value) => write!(text, "{:#010x}", value.to_bits())?,
        Val::Float64(value) if value.is_nan() => text.push_str("nan"),
        Val::Float64(value) => write!(text, "{:#018x}", value.to_bits())?,
        Val::Char(value) => {
            text.push('\'');
            write_char(text, *value, '\'');
            text.push('\'');
        }
        Val::String(value) => {
            text.push('"');
            value.chars().for_each(|c| write_char(text, c, '"'));
            text.push('"');
        }
        Val::List(items) | Val::FixedLengthList(items) => write_items(text, '[', items, ']')?,
        Val::Tuple(items) => write_items(text, '(', items, ')')?,
        Val::Record(fields) => {
            text.push('{');
            for (position, (name, value)) in fields.iter().enumerate() {
                separate(text, position);
                write!(text, "{name}: ")?;
                write(text, value)?;
            }
            text.push('}');
        }
        Val::Flags(names) => {
            text.push('{');
            for (position, name) in names.iter().enumerate() {
                separate(text, position);
                text.push_str(name);
            }
            text.push('}');
        }
        Val::Enum(name) => text.push_str(name),
        Val::Variant(name, payload) => write_case(text, name, payload.as_deref())?,
        Val::Option(None) => text.push_str("none"),
        Val::Option(payload) => write_case(text, "some", payload.as_deref())?,
        Val::Result(Ok(payload)) => write_case(text, "ok", payload.as_deref())?,
        Val::Result(Err(payload)) => write_case(text, "err", payload.as_deref())?,
        other => bail!("{other:?} has no text"),
    }
    Ok(())
}

fn separate(text: &mut String, position: usize) {
    if position > 0 {
        text.push_str(", ");
    }
}

fn write_char(text: &mut String, c: char, quote: char) {
    match c {
        '\\' => text.push_str("\\\\"),
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        c if c == quote => {
            text.push('\\');
            text.push(c);
        }
        c if c.is_control() => {
            let _ = write!(text, "\\u{{{:x}}}", u32::from(c));
        }
        c => text.push(c),
    }
}

fn write_items(text: &mut String, open: char, items: &[Val], close: char) -> Result<()> {
    text.push(open);
    for (position, item) in items.iter().enumerate() {
        separate(text, position);
        write(text, item)?;
    }
    text.push(close);
    Ok(())
}

fn write_case(text: &mut String, name: &str, payload: Option<&Val>) -> Result<()> {
    text.push_str(name);
    if let Some(payload) = payload {
        text.push('(');
        write(text, payload)?;
        text.push(')');
    }
    Ok(())
}

/// Reads values of known types, separated by commas.
pub fn read_all(text: &str, types: impl Iterator<Item = Type>) -> Result<Vec<Val>> {
    let mut reader = Reader { rest: text };
    let mut values = Vec::new();
    for (position, ty) in types.enumerate() {
        if position > 0 {
            reader.expect(",")?;
        }
        values.push(reader.value(&ty)?);
    }
    reader.skip_space();
    ensure!(reader.rest.is_empty(), "`{}` is left over", reader.rest);
    Ok(values)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn accept(&mut self, token: &str) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<()> {
        ensure!(
            self.accept(token),
            "expected `{token}` before `{}`",
            self.rest
        );
        Ok(())
    }

    /// A number or a name.
    fn word(&mut self) -> &'a str {
        self.skip_space();
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn number<T: std::str::FromStr>(&mut self) -> Result<T> {
        let word = self.word();
        word.parse()
            .map_err(|_| format_err!("`{word}` is no such number"))
    }

    fn bits(&mut self) -> Result<Option<u64>> {
        let word = self.word();
        if word == "nan" {
            return Ok(None);
        }
        let digits = word
            .strip_prefix("0x")
            .ok_or_else(|| format_err!("`{word}` is no float"))?;
        Ok(Some(u64::from_str_radix(digits, 16)?))
    }

    fn character(&mut self, quote: char) -> Result<Option<char>> {
        let mut chars = self.rest.chars();
        let c = chars
            .next()
            .ok_or_else(|| format_err!("a quote is not closed"))?;
        let value = match c {
            c if c == quote => {
                self.rest = chars.as_str();
                return Ok(None);
            }
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('u') => {
                    let escape = chars.as_str().strip_prefix('{');
                    let (digits, rest) = escape
                        .and_then(|escape| escape.split_once('}'))
                        .ok_or_else(|| format_err!("a \\u is not \\u{{hex}}"))?;
                    chars = rest.chars();
                    let code = u32::from_str_radix(digits, 16)?;
                    char::from_u32(code).ok_or_else(|| format_err!("\\u{{{digits}}} is no char"))?
                }
                Some(c) => c,
                None => bail!("an escape is not finished"),
            },
            c => c,
        };
        self.rest = chars.as_str();
        Ok(Some(value))
    }

    fn items(&mut self, close: &str, ty: &Type) -> Result<Vec<Val>> {
        let mut items = Vec::new();
        if self.accept(close) {
            return Ok(items);
        }
        loop {
            items.push(self.value(ty)?);
            if self.accept(close) {
                return Ok(items);
            }
            self.expect(",")?;
        }
    }

    fn payload(&mut self, ty: Option<Type>) -> Result<Option<Box<Val>>> {
        let Some(ty) = ty else { return Ok(None) };
        self.expect("(")?;
        let value = self.value(&ty)?;
        self.expect(")")?;
        Ok(Some(Box::new(value)))
    }

    fn value(&mut self, ty: &Type) -> Result<Val> {
        Ok(match ty {
            Type::Bool => match self.word() {
                "true" => Val::Bool(true),
                "false" => Val::Bool(false),
                other => bail!("`{other}` is no bool"),
            },
            Type::S8 => Val::S8(self.number()?),
            Type::U8 => Val::U8(self.number()?),
            Type::S16 => Val::S16(self.number()?),
            Type::U16 => Val::U16(self.number()?),
            Type::S32 => Val::S32(self.number()?),
            Type::U32 => Val::U32(self.number()?),
            Type::S64 => Val::S64(self.number()?),
            Type::U64 => Val::U64(self.number()?),
            Type::Float32 => Val::Float32(match self.bits()? {
                Some(bits) => f32::from_bits(u32::try_from(bits)?),
                None => f32::NAN,
            }),
            Type::Float64 => Val::Float64(self.bits()?.map_or(f64::NAN, f64::from_bits)),
            Type::Char => {
                self.expect("'")?;
                let c = self
                    .character('\'')?
                    .ok_or_else(|| format_err!("an empty char"))?;
                ensure!(self.character('\'')?.is_none(), "a char of more than one");
                Val::Char(c)
            }
            Type::String => {
                self.expect("\"")?;
                let mut string = String::new();
                while let Some(c) = self.character('"')? {
                    string.push(c);
                }
                Val::String(string)
            }
            Type::List(list) => {
                self.expect("[")?;
                Val::List(self.items("]", &list.ty())?)
            }
            Type::FixedLengthList(list) => {
                self.expect("[")?;
                Val::FixedLengthList(self.items("]", &list.ty())?)
            }
            Type::Tuple(tuple) => {
                self.expect("(")?;
                let mut items = Vec::new();
                for (position, ty) in tuple.types().enumerate() {
                    if position > 0 {
                        self.expect(",")?;
                    }
                    items.push(self.value(&ty)?);
                }
                self.expect(")")?;
                Val::Tuple(items)
            }
            Type::Record(record) => {
                self.expect("{")?;
                let mut fields = Vec::new();
                for (position, field) in record.fields().enumerate() {
                    if position > 0 {
                        self.expect(",")?;
                    }
                    self.expect(field.name)?;
                    self.expect(":")?;
                    fields.push((field.name.to_owned(), self.value(&field.ty)?));
                }
                self.expect("}")?;
                Val::Record(fields)
            }
            Type::Flags(_) => {
                self.expect("{")?;
                let mut names = Vec::new();
                while !self.accept("}") {
                    if !names.is_empty() {
                        self.expect(",")?;
                    }
                    names.push(self.word().to_owned());
                    ensure!(
                        names.last().is_some_and(|name| !name.is_empty()),
                        "an empty flag"
                    );
                }
                Val::Flags(names)
            }
            Type::Enum(_) => Val::Enum(self.word().to_owned()),
            Type::Variant(variant) => {
                let name = self.word();
                let case = variant.cases().find(|case| case.name == name);
                let case = case.ok_or_else(|| format_err!("there is no case `{name}`"))?;
                Val::Variant(name.to_owned(), self.payload(case.ty)?)
            }
            Type::Option(option) => match self.word() {
                "none" => Val::Option(None),
                "some" => Val::Option(self.payload(Some(option.ty()))?),
                other => bail!("`{other}` is no option"),
            },
            Type::Result(result) => match self.word() {
                "ok" => Val::Result(Ok(self.payload(result.ok())?)),
                "err" => Val::Result(Err(self.payload(result.err())?)),
                other => bail!("`{other}` is no result"),
            },
            other => bail!("values of type {other:?} have no text"),
        })
    }
}
