//! What a load costs: time, processor time, bytes, write calls. From `/proc`, so Linux only.

use std::path::Path;
use std::time::Instant;
use std::{fs, io};

/// The cost of one transition, but for `per_second`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) per_second: f64,
    pub(crate) cpu_micros: f64,
    /// Bytes of the files that are left.
    pub(crate) file_bytes: f64,
    /// Bytes handed to the device.
    pub(crate) device_bytes: f64,
    /// Calls that write. The local journal makes one for each sync.
    pub(crate) writes: f64,
}

impl Cost {
    /// The median of each figure by itself.
    pub(crate) fn median(all: Vec<Cost>) -> Cost {
        let of = |pick: fn(&Cost) -> f64| {
            let mut values: Vec<_> = all.iter().map(pick).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
        };
        Cost {
            per_second: of(|cost| cost.per_second),
            cpu_micros: of(|cost| cost.cpu_micros),
            file_bytes: of(|cost| cost.file_bytes),
            device_bytes: of(|cost| cost.device_bytes),
            writes: of(|cost| cost.writes),
        }
    }
}

/// Counts from its start.
pub(crate) struct Meter {
    start: Instant,
    cpu_micros: f64,
    device_bytes: f64,
    writes: f64,
}

impl Meter {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    pub(crate) fn start() -> io::Result<Self> {
        let (cpu_micros, device_bytes, writes) = (cpu_micros()?, io("write_bytes")?, io("syscw")?);
        Ok(Self { start: Instant::now(), cpu_micros, device_bytes, writes })
    }

    pub(crate) fn millis(&self) -> f64 {
        self.start.elapsed().as_secs_f64() * 1e3
    }

    pub(crate) fn stop(&self, dir: &Path, transitions: u64) -> io::Result<Cost> {
        let seconds = self.start.elapsed().as_secs_f64();
        let n = transitions as f64;
        let mut file_bytes = 0.0;
        for entry in fs::read_dir(dir)? {
            file_bytes += entry?.metadata()?.len() as f64;
        }
        Ok(Cost {
            per_second: n / seconds,
            cpu_micros: (cpu_micros()? - self.cpu_micros) / n,
            file_bytes: file_bytes / n,
            device_bytes: (io("write_bytes")? - self.device_bytes) / n,
            writes: (io("syscw")? - self.writes) / n,
        })
    }
}

/// Memory of this process that is in RAM.
pub(crate) fn resident_bytes() -> io::Result<f64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    number(line.and_then(|line| line.split_whitespace().next())).map(|kilo| kilo * 1024.0)
}

/// User and system time of every thread, in nanoseconds as the scheduler counts it.
fn cpu_micros() -> io::Result<f64> {
    let mut micros = 0.0;
    for task in fs::read_dir("/proc/self/task")? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        micros += number(text.split_whitespace().next())? / 1e3;
    }
    Ok(micros)
}

fn io(field: &str) -> io::Result<f64> {
    let text = fs::read_to_string("/proc/self/io")?;
    number(text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(": ")))
}

fn number(text: Option<&str>) -> io::Result<f64> {
    let parsed = text.and_then(|text| text.trim().parse().ok());
    parsed.ok_or_else(|| io::Error::other("/proc of this system has another form"))
}
