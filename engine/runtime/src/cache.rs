//! Compiled components on disk, found by content.
//!
//! An entry is the artefact followed by a trailer with its length and checksum: a file that was cut
//! short or damaged is noticed and compiled again. The artefact is native code, so the directory
//! must belong to this user alone.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Part of every key: changes when entries are laid out in another way.
const LAYOUT: &str = "capstan component cache 1";
const MAGIC: u64 = u64::from_le_bytes(*b"capstan1");
const TRAILER_BYTES: usize = 32;

pub struct Cache {
    dir: PathBuf,
    /// Everything of the engine that decides whether its code can be used.
    engine_key: [u8; 32],
}

struct KeyHasher(Sha256);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    fn finish(&self) -> u64 {
        0
    }
}

impl Cache {
    /// No cache when the directory cannot be made or is not this user's own: compiling is always
    /// possible.
    pub fn open(dir: &Path, engine: &Engine) -> Option<Cache> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .ok()?;
        let facts = fs::metadata(dir).ok()?;
        // SAFETY: has no preconditions.
        let user = unsafe { libc::geteuid() };
        if !facts.is_dir() || facts.uid() != user || facts.mode() & 0o022 != 0 {
            return None;
        }
        let mut hasher = KeyHasher(Sha256::new());
        LAYOUT.hash(&mut hasher);
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Some(Cache {
            dir: dir.to_owned(),
            engine_key: hasher.0.finalize().into(),
        })
    }

    fn path(&self, component: &[u8]) -> PathBuf {
        let mut hasher = Sha256::new();
        hasher.update(self.engine_key);
        hasher.update(component);
        let mut name = String::with_capacity(64 + 6);
        for byte in hasher.finalize() {
            let _ = write!(name, "{byte:02x}");
        }
        name.push_str(".cwasm");
        self.dir.join(name)
    }

    /// The compiled component, when it is there and whole.
    pub fn load(&self, engine: &Engine, component: &[u8]) -> Option<Component> {
        let path = self.path(component);
        let mut file = File::open(&path).ok()?;
        // SAFETY: has no preconditions.
        if file.metadata().ok()?.uid() != unsafe { libc::geteuid() } {
            return None;
        }
        let whole = is_whole(&mut file).unwrap_or(false);
        // SAFETY: the file was written by `store` of this user into a directory nobody else may
        // write to, it is whole, and the key covers everything that decides compatibility (which
        // Wasmtime checks again).
        let loaded = whole.then(|| unsafe { Component::deserialize_file(engine, &path) });
        match loaded {
            Some(Ok(component)) => Some(component),
            _ => {
                let _ = fs::remove_file(&path);
                None
            }
        }
    }

    /// Failures are not reported: the next run compiles again.
    pub fn store(&self, component: &[u8], compiled: &Component) {
        if let Ok(artefact) = compiled.serialize() {
            let _ = self.write(&self.path(component), &artefact);
        }
    }

    fn write(&self, path: &Path, artefact: &[u8]) -> io::Result<()> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
        let temporary = self
            .dir
            .join(format!(".{}-{unique}.tmp", std::process::id()));
        let written = (|| {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&temporary)?;
            file.write_all(artefact)?;
            let padding = artefact.len().next_multiple_of(8) - artefact.len();
            file.write_all(&[0; 8][..padding])?;
            let mut sum = Checksum::new();
            sum.update(artefact);
            for value in [artefact.len() as u64, sum.finish(), 0, MAGIC] {
                file.write_all(&value.to_le_bytes())?;
            }
            file.sync_all()?;
            fs::rename(&temporary, path)
        })();
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written
    }
}

fn is_whole(file: &mut File) -> io::Result<bool> {
    let total = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    let Some(body) = total.checked_sub(TRAILER_BYTES) else {
        return Ok(false);
    };
    let mut sum = Checksum::new();
    let mut buffer = vec![0; 1 << 20];
    let mut tail = [0; TRAILER_BYTES];
    // The padding is part of neither: the length in the trailer says where the artefact ends, so
    // read the trailer first.
    use std::os::unix::fs::FileExt;
    file.read_exact_at(&mut tail, body as u64)?;
    let word = |position: usize| {
        u64::from_le_bytes(tail[position * 8..][..8].try_into().expect("eight bytes"))
    };
    let length = word(0);
    if word(3) != MAGIC || length.next_multiple_of(8) != body as u64 {
        return Ok(false);
    }
    let mut left = usize::try_from(length).unwrap_or(0);
    while left > 0 {
        let part = left.min(buffer.len());
        file.read_exact(&mut buffer[..part])?;
        sum.update(&buffer[..part]);
        left -= part;
    }
    Ok(sum.finish() == word(1))
}

/// Against accidents, not against attackers: four interleaved multiply-rotate lanes, a few bytes
/// per cycle.
struct Checksum {
    lanes: [u64; 4],
    bytes: u64,
}

impl Checksum {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

    fn new() -> Checksum {
        Checksum {
            lanes: [1, 2, 3, 4],
            bytes: 0,
        }
    }

    /// All parts but the last must have a length that is a multiple of 32.
    fn update(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        for block in bytes.chunks(32) {
            let mut padded = [0; 32];
            padded[..block.len()].copy_from_slice(block);
            for (lane, word) in self.lanes.iter_mut().zip(padded.chunks_exact(8)) {
                let word = u64::from_le_bytes(word.try_into().expect("eight bytes"));
                *lane = (*lane ^ word).wrapping_mul(Self::FACTOR).rotate_left(29);
            }
        }
    }

    fn finish(self) -> u64 {
        self.lanes.iter().fold(self.bytes, |sum, lane| {
            let mixed = (sum ^ lane).wrapping_mul(Self::FACTOR);
            mixed ^ (mixed >> 31)
        })
    }
}
