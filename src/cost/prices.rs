//! The prices, as `prices.yaml` has them.

use std::sync::LazyLock;

use serde::Deserialize;

/// A price and where it comes from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// US dollars.
    pub usd: f64,
    /// For how much of what.
    pub per: String,
    /// The title of AWS's page.
    pub page: String,
}

/// The file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each is described by its `per` in prices.yaml")]
pub struct Prices {
    pub date: String,
    pub region: String,
    pub currency: String,
    pub s3_storage: Price,
    pub s3_write: Price,
    pub s3_read: Price,
    pub s3_transfer: Price,
    pub s3_internet: Price,
    pub glue_dpu_hour: Price,
    pub glue_ray_dpu_hour: Price,
    pub glue_crawler_dpu_hour: Price,
    pub athena_scan: Price,
    pub sns_email: Price,
    pub lambda_request: Price,
    pub lambda_gigabyte_second: Price,
    pub scheduler_invocation: Price,
    pub kms_request: Price,
    pub cloudwatch_alarm: Price,
    pub cloudwatch_dashboard: Price,
    pub cloudwatch_metric: Price,
    pub cloudwatch_logs: Price,
    pub delivery_to_s3: Price,
    pub delivery_to_logs: Price,
}

static PRICES: LazyLock<Prices> = LazyLock::new(|| {
    serde_yaml::from_str(include_str!("prices.yaml")).expect("prices.yaml is compiled in, and a test has read it")
});

/// The prices.
pub fn prices() -> &'static Prices {
    &PRICES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_and_dated() {
        let prices = prices();
        assert_eq!(prices.region, "us-east-1");
        assert!(prices.date.parse::<jiff::civil::Date>().is_ok(), "{}", prices.date);
        assert!((prices.athena_scan.usd - 5.0).abs() < 1e-9);
        assert!(prices.s3_read.usd > 0.0 && prices.s3_read.page == "Amazon S3 pricing");
    }
}
