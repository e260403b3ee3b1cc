//! Guest bindings: wit-bindgen's C and C++ generators, from a world to named files.

use crate::boundary::{Outcome, deep_or_panic};
use crate::wit::{Wit, chain};
use wit_bindgen_core::Files as Generated;
use wit_component::StringEncoding;
use wit_parser::WorldId;

#[derive(Clone, Copy, PartialEq)]
pub enum Language {
    C,
    Cpp,
}

impl Language {
    pub fn from_c(value: u32) -> Outcome<Language> {
        match value {
            0 => Ok(Language::C),
            1 => Ok(Language::Cpp),
            other => Err(format!("unknown guest language {other}")),
        }
    }
}

/// The object behind `capstan_toolchain_files`, sorted by name.
pub struct Files(Vec<(String, Vec<u8>)>);

impl Files {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn get(&self, index: usize) -> Option<&(String, Vec<u8>)> {
        self.0.get(index)
    }
}

pub fn bindings(
    wit: &Wit,
    world: WorldId,
    language: Language,
    encoding: StringEncoding,
) -> Outcome<Files> {
    if language == Language::Cpp && encoding != StringEncoding::UTF8 {
        return Err("the C++ generator writes UTF-8 guests only; use --language c".to_string());
    }
    // The generators say what they lack by panicking.
    let lacking = |panic: String| {
        let (name, other) = match language {
            Language::C => ("C", "cpp"),
            Language::Cpp => ("C++", "c"),
        };
        format!(
            "the {name} guest generator lacks something this world needs: {panic}; \
             --language {other} may have it"
        )
    };
    deep_or_panic(|| generate(wit, world, language, encoding))?.map_err(lacking)?
}

fn generate(
    wit: &Wit,
    world: WorldId,
    language: Language,
    encoding: StringEncoding,
) -> Outcome<Files> {
    let mut resolve = wit.resolve.clone();
    let mut generator = match language {
        Language::C => wit_bindgen_c::Opts {
            string_encoding: encoding,
            ..Default::default()
        }
        .build(),
        Language::Cpp => wit_bindgen_cpp::Opts::default().build(None),
    };
    let mut generated = Generated::default();
    generator
        .generate(&mut resolve, world, &mut generated)
        .map_err(|error| chain(&error))?;
    Ok(Files(
        generated
            .iter()
            .map(|(name, contents)| (name.to_string(), contents.to_vec()))
            .collect(),
    ))
}
