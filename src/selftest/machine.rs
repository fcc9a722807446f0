//! The machine, as Linux tells of it. proc(5), cgroups(7).

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Cores, Disk, Memory, System};

/// The system.
pub fn system() -> System {
    System {
        name: fs::read_to_string("/etc/os-release").ok().and_then(|text| pretty_name(&text)),
        kernel: line("/proc/sys/kernel/osrelease"),
        architecture: std::env::consts::ARCH.to_owned(),
        glibc: glibc(),
        environment: std::env::var("AWS_EXECUTION_ENV").ok(),
    }
}

/// Processors.
pub fn cores() -> Cores {
    let models = fs::read_to_string("/proc/cpuinfo").ok();
    Cores {
        usable: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        quota: cgroup("cpu.max", &["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"]).and_then(|text| quota(&text)),
        model: models.and_then(|text| value(&text, "model name", ':')),
    }
}

/// Memory.
pub fn memory() -> Memory {
    let known = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let of = |name| value(&known, name, ':').and_then(|text| kilobytes(&text));
    let total = of("MemTotal");
    let limit = cgroup("memory.max", &["memory/memory.limit_in_bytes"]).and_then(|text| text.trim().parse().ok());
    // Without a limit the older kind of control group says a number larger than any machine.
    Memory {
        total,
        available: of("MemAvailable"),
        limit: limit.filter(|limit| total.is_none_or(|total| *limit < total)),
    }
}

/// The folder for temporary files.
pub fn disk(folder: &Path) -> Disk {
    let (total, free) = space(folder).unzip();
    Disk { folder: folder.display().to_string(), total, free, refuses_programs: refusal(folder).err() }
}

/// Copies this program there and has it say its version.
fn refusal(folder: &Path) -> Result<(), String> {
    let copy = folder.join(format!("bucketscope-self-test-{}", std::process::id()));
    let tried = std::env::current_exe()
        .and_then(|program| fs::copy(program, &copy))
        .map_err(|error| format!("it cannot be written there: {error}"))
        .and_then(|_| Command::new(&copy).arg("--version").output().map_err(|error| error.to_string()))
        .and_then(|said| if said.status.success() { Ok(()) } else { Err(said.status.to_string()) });
    // One that could not be written is not there.
    let _ = fs::remove_file(&copy);
    tried
}

fn line(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// What a control group says: the file of version 2, else those of version 1 in a line.
fn cgroup(second: &str, first: &[&str]) -> Option<String> {
    line(&format!("/sys/fs/cgroup/{second}")).or_else(|| {
        let parts: Option<Vec<String>> = first.iter().map(|path| line(&format!("/sys/fs/cgroup/{path}"))).collect();
        parts.map(|parts| parts.join(" "))
    })
}

/// `max 100000` or `150000 100000`: microseconds of every so many; -1 is version 1's word for no limit.
fn quota(text: &str) -> Option<f64> {
    let (most, period) = text.split_once(' ')?;
    let (most, period): (f64, f64) = (most.parse().ok()?, period.trim().parse().ok()?);
    (most > 0.0 && period > 0.0).then(|| most / period)
}

/// The value in the first line that begins with `name`.
fn value(text: &str, name: &str, separator: char) -> Option<String> {
    let named = |line: &str| {
        let (key, value) = line.split_once(separator)?;
        (key.trim() == name).then(|| value.trim().to_owned())
    };
    text.lines().find_map(named)
}

fn pretty_name(text: &str) -> Option<String> {
    value(text, "PRETTY_NAME", '=').map(|name| name.trim_matches('"').to_owned())
}

/// `16308804 kB`.
fn kilobytes(text: &str) -> Option<u64> {
    text.strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The version of the C library that this process was started with.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn glibc() -> Option<String> {
    #[allow(
        unsafe_code,
        reason = "gnu_get_libc_version(3): a text that stays as it is for as long as the process lives"
    )]
    let version = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
    version.to_str().ok().map(str::to_owned)
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn glibc() -> Option<String> {
    None
}

/// Bytes of the file system of a folder: all, and those that may still be written.
#[cfg(unix)]
fn space(folder: &Path) -> Option<(u64, u64)> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    let mut found = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    #[allow(unsafe_code, reason = "statvfs(3) fills what it is pointed to where it answers 0")]
    let found = unsafe {
        if libc::statvfs(path.as_ptr(), found.as_mut_ptr()) != 0 {
            return None;
        }
        found.assume_init()
    };
    #[allow(clippy::useless_conversion, reason = "the types differ by system")]
    let (block, all, free) = (u64::from(found.f_frsize), u64::from(found.f_blocks), u64::from(found.f_bavail));
    Some((all.saturating_mul(block), free.saturating_mul(block)))
}

#[cfg(not(unix))]
fn space(_folder: &Path) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_says_is_read() {
        assert_eq!(
            pretty_name("NAME=\"Amazon Linux\"\nPRETTY_NAME=\"Amazon Linux 2023\"\n").unwrap(),
            "Amazon Linux 2023"
        );
        assert_eq!(value("processor\t: 0\nmodel name\t: Xeon\n", "model name", ':').unwrap(), "Xeon");
        assert_eq!(kilobytes("16308804 kB"), Some(16_308_804 * 1024));
        assert_eq!((kilobytes("16308804"), kilobytes("x kB")), (None, None));
        assert_eq!((quota("max 100000"), quota("-1 100000")), (None, None));
        assert_eq!((quota("150000 100000"), quota("25000 100000\n")), (Some(1.5), Some(0.25)));
    }

    #[test]
    fn this_machine_has_processors_memory_and_room() {
        assert!(cores().usable > 0);
        let temporary = tempfile::tempdir().unwrap();
        let disk = disk(temporary.path());
        assert!(disk.free <= disk.total, "{disk:?}");
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "the copy is removed");
        if cfg!(target_os = "linux") {
            assert!(disk.free.is_some() && memory().total.is_some() && system().kernel.is_some());
        }
    }

    #[test]
    fn a_folder_that_nothing_can_be_written_to_runs_no_programs() {
        let disk = disk(Path::new("/proc/nothing"));
        assert!(disk.refuses_programs.unwrap().contains("cannot be written"));
        assert_eq!(disk.free, None);
    }
}
