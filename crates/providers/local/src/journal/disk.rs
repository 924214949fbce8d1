//! Segment files in a folder. The trait is there so that tests can let writes fail.

use std::fmt::{self, Debug};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

/// Segments carry the format in their names: another version of windlass finds none of its own.
const SUFFIX: &str = ".wj1";

/// Number of a segment. Segments are numbered without gaps; the highest is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Segment(NonZeroU32);

impl Segment {
    /// The first segment of a new journal.
    pub(super) const FIRST: Segment = Segment(NonZeroU32::MIN);

    /// The segment after this one.
    pub(super) fn next(self) -> io::Result<Segment> {
        let next = self.0.checked_add(1);
        next.map(Segment).ok_or_else(|| io::Error::other("the numbers of segments are used up"))
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}{SUFFIX}", self.0)
    }
}

/// Where an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: Segment,
    /// Length of the whole entry in bytes.
    pub(super) len: u32,
    /// Offset of its first byte.
    pub(super) at: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bytes {}..{} of {}", self.at, self.at + u64::from(self.len), self.segment)
    }
}

/// The segments of one journal.
pub(super) trait Disk: Debug + Send + Sync {
    /// All segments in order.
    fn segments(&self) -> io::Result<Vec<Segment>>;
    /// Opens a segment for appending and makes it when it is not there. Its name is durable then.
    fn tail(&self, segment: Segment) -> io::Result<Box<dyn Tail>>;
    /// Puts all bytes of a segment in the place of what `bytes` holds.
    fn load(&self, segment: Segment, bytes: &mut Vec<u8>) -> io::Result<()>;
    /// The bytes at these places.
    fn pick(&self, places: &[Place]) -> io::Result<Vec<Vec<u8>>>;
    /// Takes a segment away for good.
    fn delete(&self, segment: Segment) -> io::Result<()>;
}

/// The end of the segment that is being written.
pub(super) trait Tail: Debug + Send {
    /// Writes at the end. After a failure any part of it may stand there.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns when everything appended is durable.
    fn sync(&mut self) -> io::Result<()>;
    /// Takes away what lies behind the first `len` bytes, durably.
    fn cut(&mut self, len: u64) -> io::Result<()>;
}

/// A real folder.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
}

impl Folder {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    fn path(&self, segment: Segment) -> PathBuf {
        self.dir.join(segment.to_string())
    }

    /// Makes the names in the folder durable. Only Unix knows how to, and needs it.
    fn sync_names(&self) -> io::Result<()> {
        if cfg!(unix) { File::open(&self.dir)?.sync_all() } else { Ok(()) }
    }
}

impl Disk for Folder {
    fn segments(&self) -> io::Result<Vec<Segment>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            if let Some(number) = name.strip_suffix(SUFFIX) {
                let number = number.parse().map_err(|_| unknown(name))?;
                found.push(Segment(number));
            } else if name.rsplit_once(".wj").is_some_and(|(_, version)| is_number(version)) {
                return Err(unknown(name));
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    fn tail(&self, segment: Segment) -> io::Result<Box<dyn Tail>> {
        let path = self.path(segment);
        let fresh = !path.try_exists()?;
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        if fresh {
            self.sync_names()?;
        }
        Ok(Box::new(file))
    }

    fn load(&self, segment: Segment, bytes: &mut Vec<u8>) -> io::Result<()> {
        bytes.clear();
        File::open(self.path(segment))?.read_to_end(bytes).map(drop)
    }

    fn pick(&self, places: &[Place]) -> io::Result<Vec<Vec<u8>>> {
        let mut open: Option<(Segment, File)> = None;
        let mut all = Vec::with_capacity(places.len());
        for place in places {
            let file = match &mut open {
                Some((segment, file)) if *segment == place.segment => file,
                other => {
                    &mut other.insert((place.segment, File::open(self.path(place.segment))?)).1
                }
            };
            let mut bytes = vec![0; place.len as usize];
            file.seek(SeekFrom::Start(place.at))?;
            file.read_exact(&mut bytes)?;
            all.push(bytes);
        }
        Ok(all)
    }

    fn delete(&self, segment: Segment) -> io::Result<()> {
        fs::remove_file(self.path(segment))?;
        self.sync_names()
    }
}

impl Tail for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)?;
        self.sync_all()
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn unknown(name: &str) -> io::Error {
    io::Error::other(format!(
        "{name} is of a format that this version does not know: use the version that wrote it"
    ))
}
