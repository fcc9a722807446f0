//! How large the work ahead is, and how many machines it is worth. Pure.

/// Stored bytes that a DPU reads, parses and writes in a second: four cores, at a seventh of what one was measured to do
/// from local files (BENCHMARKS.md), as S3 was not measured.
const BYTES_A_DPU_SECOND: f64 = 50e6;

/// Objects that a DPU gets through in a second if they are empty: what a GET takes of four cores and of their patience.
/// Assumed, and low: it makes small objects count.
const OBJECTS_A_DPU_SECOND: f64 = 400.0;

/// For how long many machines are to work. With more of them the whole costs no less, as each begins with seconds in which
/// it does nothing; with fewer it only takes longer.
const SECONDS_TOGETHER: f64 = 600.0;

/// The fewest workers of a Spark job in Glue: the driver and one more (AWS Glue API Reference, "Jobs", NumberOfWorkers).
const WORKERS_AT_LEAST: u32 = 2;

/// What is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Stored bytes.
    pub bytes: u64,
    /// Log objects.
    pub objects: u64,
}

/// What may be too much for one machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patience {
    /// The machine's size.
    pub dpus: f64,
    /// For how long it may be at work.
    pub seconds: f64,
}

impl Backlog {
    /// How long one DPU would be at work on it.
    pub fn dpu_seconds(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let (bytes, objects) = (self.bytes as f64, self.objects as f64);
        bytes / BYTES_A_DPU_SECOND + objects / OBJECTS_A_DPU_SECOND
    }

    /// For how long a machine would be at work on it, in seconds.
    pub fn seconds(self, dpus: f64) -> f64 {
        self.dpu_seconds() / dpus.max(f64::MIN_POSITIVE)
    }

    /// Whether it is too large for a machine. Nothing is not.
    pub fn exceeds(self, patience: Patience) -> bool {
        self.objects > 0 && self.seconds(patience.dpus) > patience.seconds
    }

    /// How many workers of so many DPUs it is worth, at most `at_most`; one of them is the driver, which reads nothing.
    pub fn workers(self, dpus_each: f64, at_most: u32) -> u32 {
        let reading = (self.seconds(dpus_each) / SECONDS_TOGETHER).ceil();
        // A float becomes the nearest number that the type has (the Rust Reference, "Numeric cast").
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let reading = reading as u32;
        reading.saturating_add(1).clamp(WORKERS_AT_LEAST, at_most.max(WORKERS_AT_LEAST))
    }
}

/// DPUs that a run is billed for, in hours: it is billed for a minute at least (AWS Glue pricing).
pub fn dpu_hours(dpus: f64, seconds: f64) -> f64 {
    const BILLED_AT_LEAST: f64 = 60.0;
    dpus * seconds.max(BILLED_AT_LEAST) / 3600.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GIGABYTE: u64 = 1_000_000_000;
    const HOURLY: Patience = Patience { dpus: 1.0, seconds: 900.0 };

    #[test]
    fn an_hour_of_a_busy_account_is_the_small_jobs_and_a_month_is_not() {
        let hour = Backlog { bytes: GIGABYTE, objects: 20_000 };
        assert!(!hour.exceeds(HOURLY));
        let month = Backlog { bytes: 470 * GIGABYTE, objects: 1_544_692 };
        assert!(month.exceeds(HOURLY));
        // Of many small objects the number counts.
        assert!(Backlog { bytes: GIGABYTE, objects: 400_000 }.exceeds(HOURLY));
        // The smallest machine gives up sooner.
        assert!(Backlog { bytes: 4 * GIGABYTE, objects: 100 }.exceeds(Patience { dpus: 0.0625, ..HOURLY }));
        assert!(!Backlog::default().exceeds(Patience { seconds: 0.0, ..HOURLY }), "nothing is not too much");
    }

    #[test]
    fn the_number_of_workers_follows_from_the_backlog() {
        let workers =
            |gigabytes, objects, each, most| Backlog { bytes: gigabytes * GIGABYTE, objects }.workers(each, most);
        assert_eq!(workers(0, 0, 1.0, 10), 2);
        assert_eq!(workers(60, 0, 1.0, 100), 3);
        // 9,400 s for bytes and 3,862 s for objects, in ten minutes: 23, and the driver.
        assert_eq!(workers(470, 1_544_692, 1.0, 100), 24);
        assert_eq!(workers(470, 1_544_692, 2.0, 100), 13);
        assert_eq!(workers(470, 1_544_692, 1.0, 10), 10);
        assert_eq!(workers(u64::MAX / GIGABYTE, u64::MAX, 1.0, 299), 299);
    }

    proptest! {
        #[test]
        fn more_work_never_means_fewer_workers(bytes in 0u64..1 << 50, more in 0u64..1 << 40, objects in 0u64..1 << 40) {
            let workers = |bytes, objects| Backlog { bytes, objects }.workers(1.0, 299);
            prop_assert!(workers(bytes + more, objects) >= workers(bytes, objects));
            prop_assert!(workers(bytes, objects + more) >= workers(bytes, objects));
            prop_assert!((2..=299).contains(&workers(bytes, objects)));
        }
    }

    #[test]
    fn a_minute_is_billed_at_least() {
        assert!((dpu_hours(1.0, 5.0) - 1.0 / 60.0).abs() < 1e-9);
        assert!((dpu_hours(10.0, 600.0) - 10.0 / 6.0).abs() < 1e-9);
    }
}
