//! A program at a pseudo-terminal. A few lines of our own, because the crates for it switch features of `libc` on that the
//! program does not need: everything below it would be compiled twice.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// A text is waited for so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program, what was typed and what it shows.
pub struct Pty {
    child: Child,
    keyboard: File,
    arriving: Receiver<Vec<u8>>,
    escape: Escape,
    shown: Vec<u8>,
}

/// Where in an escape sequence the output stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    No,
    Begun,
    Inside,
}

impl Pty {
    /// Starts the program at a terminal of its own.
    pub fn spawn(mut command: Command) -> Self {
        let (ours, its) = open();
        command.stdin(its.try_clone().unwrap()).stdout(its.try_clone().unwrap()).stderr(its);
        // SAFETY: between fork and exec only setsid and ioctl are called, which signal-safety(7) allows.
        unsafe {
            command.pre_exec(|| {
                if libc::setsid() < 0 || libc::ioctl(0, libc::TIOCSCTTY, 0) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let child = command.spawn().unwrap();
        // The command holds the other end open: without it, the end of the program is the end of the output.
        drop(command);
        let keyboard = File::from(ours);
        let mut screen = keyboard.try_clone().unwrap();
        let (send, arriving) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Linux ends the output of a terminal nobody holds any more with an error.
            while let Ok(read @ 1..) = screen.read(&mut buffer) {
                if send.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { child, keyboard, arriving, escape: Escape::No, shown: Vec::new() }
    }

    /// Types.
    pub fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for this text and takes it away with all that stands before it, which is returned; without escape sequences.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let found = self.shown.windows(text.len()).position(|window| window == text.as_bytes());
            if let Some(at) = found {
                let before = String::from_utf8_lossy(&self.shown[..at]).into_owned();
                self.shown.drain(..at + text.len());
                return before;
            }
            let arrived = self.arriving.recv_timeout(until.saturating_duration_since(Instant::now()));
            let shown = || String::from_utf8_lossy(&self.shown).into_owned();
            match arrived {
                Ok(bytes) => self.take(&bytes),
                Err(why) => panic!("{text} is not shown ({why}):\n{}", shown()),
            }
        }
    }

    /// Waits for the end; returns how it ended and what was left to be shown.
    pub fn ends(mut self) -> (ExitStatus, String) {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.arriving.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end"),
            }
        }
        (self.child.wait().unwrap(), String::from_utf8_lossy(&self.shown).into_owned())
    }

    /// Takes output in, without its escape sequences (ECMA-48: ESC, [, parameters, a letter).
    fn take(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.escape = match (self.escape, byte) {
                (Escape::No, 0x1b) => Escape::Begun,
                (Escape::No, _) => {
                    self.shown.push(byte);
                    Escape::No
                }
                (Escape::Begun, b'[') => Escape::Inside,
                (Escape::Begun, _) | (Escape::Inside, 0x40..=0x7e) => Escape::No,
                (Escape::Inside, _) => Escape::Inside,
            };
        }
    }
}

/// Both ends of a new terminal, 40 lines of 120 columns. Neither is handed on to programs that other tests start at the same
/// time: as long as one of them held the far end, the output would not end.
fn open() -> (OwnedFd, OwnedFd) {
    let last = std::io::Error::last_os_error;
    // SAFETY: takes numbers, gives a number.
    let number = unsafe { libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC) };
    assert!(number >= 0, "{}", last());
    // SAFETY: it has just been opened, and nobody else owns it.
    let ours = unsafe { OwnedFd::from_raw_fd(number) };
    let size = libc::winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    let mut name = [0; 64];
    // SAFETY: the number is open, and each call only reads or writes what it is given, within its length.
    let ready = unsafe {
        libc::grantpt(number) == 0
            && libc::unlockpt(number) == 0
            && libc::ptsname_r(number, name.as_mut_ptr(), name.len()) == 0
            && libc::ioctl(number, libc::TIOCSWINSZ, &size) == 0
    };
    assert!(ready, "{}", last());
    let name: Vec<u8> = name.iter().take_while(|&&byte| byte != 0).map(|&byte| byte as u8).collect();
    let its = File::options()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NOCTTY)
        .open(std::ffi::OsStr::from_bytes(&name))
        .unwrap();
    (ours, its.into())
}

impl Drop for Pty {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
