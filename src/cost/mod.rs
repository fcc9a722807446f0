//! What things cost: a pipeline a month, beside what the same volume costs in other ways; a query; what requesters asked for.
//! Pure: numbers in, numbers out.

#[cfg(feature = "aws")]
mod estimate;
#[cfg(feature = "aws")]
mod items;
mod prices;

#[cfg(feature = "aws")]
pub use estimate::{Beside, Estimate, Item, estimate, job_cost, micro_usd_a_dpu_hour};
pub use prices::{Price, Prices, prices};

/// Athena bills 10 MB for a query at least that scans anything (Athena pricing).
const QUERY_AT_LEAST: u64 = 10_000_000;

/// What a query costs that scans so much, in US dollars.
pub fn query_cost(scanned_bytes: u64) -> f64 {
    let billed = if scanned_bytes == 0 { 0 } else { scanned_bytes.max(QUERY_AT_LEAST) };
    #[expect(clippy::cast_precision_loss, reason = "exact up to 9 PB")]
    let terabytes = billed as f64 / 1e12;
    terabytes * prices().athena_scan.usd
}

/// What a terabyte costs that Athena scans, in millionths of a US dollar.
pub fn micro_usd_a_terabyte() -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let micro = (prices().athena_scan.usd * 1e6).round() as u64;
    micro
}

/// An amount as a person reads it.
pub fn money(usd: f64) -> String {
    if usd > 0.0 && usd < 0.005 { "< $0.01".to_owned() } else { format!("${usd:.2}") }
}

/// What requests are billed for, as far as access logs tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Billed {
    /// PUT, COPY, POST and LIST requests.
    pub write_requests: u64,
    /// GET and all other requests that are billed.
    pub read_requests: u64,
    /// Bytes that went to another Region.
    pub bytes_other_region: u64,
    /// Bytes of which the log does not tell where they went.
    pub bytes_unknown: u64,
}

/// What requests cost, in US dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Charged {
    /// The requests themselves.
    pub requests: f64,
    /// Transfer to other Regions.
    pub other_region: f64,
    /// Transfer to the internet, if all went there of which the log does not tell.
    pub internet_at_most: f64,
}

impl Billed {
    /// At list prices.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 9 PB")]
    pub fn charged(&self, prices: &Prices) -> Charged {
        let gigabytes = |bytes: u64| bytes as f64 / 1e9;
        Charged {
            requests: self.write_requests as f64 * prices.s3_write.usd + self.read_requests as f64 * prices.s3_read.usd,
            other_region: gigabytes(self.bytes_other_region) * prices.s3_transfer.usd,
            internet_at_most: gigabytes(self.bytes_unknown) * prices.s3_internet.usd,
        }
    }
}

#[cfg(test)]
mod billed_tests {
    use super::*;

    #[test]
    fn requests_and_transfer_are_charged_at_list_prices() {
        let billed = Billed {
            write_requests: 1_000,
            read_requests: 10_000,
            bytes_other_region: 500_000_000_000,
            bytes_unknown: 10_000_000_000,
        };
        let charged = billed.charged(prices());
        // 1,000 × $0.005/1,000 + 10,000 × $0.0004/1,000; 500 GB × $0.02; 10 GB × $0.09
        assert!((charged.requests - 0.009).abs() < 1e-9);
        assert!((charged.other_region - 10.0).abs() < 1e-9);
        assert!((charged.internet_at_most - 0.9).abs() < 1e-9);
        assert_eq!(Billed::default().charged(prices()), Charged::default());
    }
}

#[cfg(all(test, feature = "aws"))]
mod tests;
