//! What a pipeline costs a month, estimated from the volume that its configuration states.

use serde::Serialize;

use super::{items, money, prices};
use crate::config::cloud::{Cloud, Engine};
use crate::ui::Screen;
use crate::ui::text::{count, width, wrap};

/// Columns that an estimate is drawn in at most; wider lines are hard to read.
pub(super) const COLUMNS: usize = 100;

/// What something costs a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// What.
    pub what: String,
    /// How the amount comes about.
    pub basis: String,
    /// US dollars a month.
    pub usd: f64,
}

/// What the same volume costs in another way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Beside {
    /// In which way.
    pub what: String,
    /// How the amount comes about.
    pub basis: String,
    /// US dollars a month, at least.
    pub usd_low: f64,
    /// US dollars a month, at most.
    pub usd_high: f64,
}

/// What a pipeline costs a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// Always `USD`.
    pub currency: String,
    /// The Region whose prices these are.
    pub prices_of: String,
    /// The day of the prices.
    pub prices_date: String,
    /// Raw logs a month, in gigabytes.
    pub log_gigabytes_a_month: u32,
    /// Log objects a month.
    pub log_objects_a_month: u64,
    /// Queries a day.
    pub queries_a_day: u32,
    /// What it is made of.
    pub items: Vec<Item>,
    /// Their sum.
    pub total_usd: f64,
    /// What the same volume costs in other ways.
    pub beside: Vec<Beside>,
    /// What was assumed.
    pub assumptions: Vec<String>,
}

/// Estimates what a pipeline costs a month.
pub fn estimate(cloud: &Cloud) -> Estimate {
    let prices = prices();
    let volume = items::Volume::of(cloud);
    let items = items::items(cloud, &volume, prices);
    Estimate {
        currency: prices.currency.clone(),
        prices_of: prices.region.clone(),
        prices_date: prices.date.clone(),
        log_gigabytes_a_month: cloud.estimate.log_gigabytes_a_month,
        log_objects_a_month: u64::from(cloud.estimate.log_objects_thousands) * 1000,
        queries_a_day: cloud.estimate.queries_a_day,
        total_usd: items.iter().map(|item| item.usd).sum(),
        items,
        beside: items::beside(&volume, prices),
        assumptions: items::assumptions(cloud, prices),
    }
}

/// What a run of the job has cost, in US dollars. `FLEX` is never asked for.
pub fn job_cost(engine: Engine, dpu_seconds: f64) -> f64 {
    match engine {
        Engine::Auto | Engine::Pythonshell | Engine::Glueetl => dpu_seconds / 3600.0 * prices().glue_dpu_hour.usd,
        Engine::Ray => dpu_seconds / 3600.0 * prices().glue_ray_dpu_hour.usd,
    }
}

/// What a DPU-hour of a job costs, in millionths of a US dollar.
pub fn micro_usd_a_dpu_hour(engine: Engine) -> u64 {
    // A float becomes the nearest number that the type has (the Rust Reference, "Numeric cast"); no price is negative.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let micro = (job_cost(engine, 3600.0) * 1e6).round() as u64;
    micro
}

impl Estimate {
    /// As a person reads it, in as many columns as the screen has, and at most 100.
    pub fn lines(&self, screen: &Screen) -> Vec<String> {
        let paint = screen.paint;
        let columns = screen.width.map_or(COLUMNS, |width| width.min(COLUMNS));
        let mut rows: Vec<Row> =
            self.items.iter().map(|item| Row::of(&item.what, &item.basis, money(item.usd))).collect();
        rows.push(Row::of("together", "", money(self.total_usd)));
        let own = rows.len();
        rows.extend(self.beside.iter().map(|other| Row::of(&other.what, &other.basis, other.amount())));
        let laid = Row::lay(&rows, columns);

        let head = format!(
            "Cost a month, estimated for {} GB of logs in {} objects and {} queries a day",
            count(u64::from(self.log_gigabytes_a_month)),
            count(self.log_objects_a_month),
            count(u64::from(self.queries_a_day)),
        );
        let mut lines: Vec<String> = wrap(&head, columns).iter().map(|line| paint.bold(line)).collect();
        for (at, row) in laid.into_iter().enumerate() {
            if at == own {
                lines.push(paint.bold("The same volume in other ways"));
            }
            lines.extend(row.into_iter().map(|line| if at + 1 == own { paint.bold(&line) } else { line }));
        }
        let region = format!("Prices of {} as of {}; other Regions differ.", self.prices_of, self.prices_date);
        let small = std::iter::once(&region).chain(&self.assumptions).flat_map(|text| {
            let mut first = true;
            wrap(text, columns.saturating_sub(4)).into_iter().map(move |line| {
                let indent = if std::mem::take(&mut first) { "  - " } else { "    " };
                format!("{indent}{line}")
            })
        });
        lines.extend(small.map(|line| paint.dim(&line)));
        lines
    }
}

impl Beside {
    fn amount(&self) -> String {
        if self.usd_high - self.usd_low < 0.005 {
            money(self.usd_low)
        } else {
            format!("{} to {}", money(self.usd_low), money(self.usd_high))
        }
    }
}

/// A row of the table.
struct Row {
    what: String,
    basis: String,
    amount: String,
}

impl Row {
    fn of(what: &str, basis: &str, amount: String) -> Self {
        Self { what: what.to_owned(), basis: basis.to_owned(), amount }
    }

    /// Lays rows out in columns; what does not fit of a basis goes onto lines below it.
    fn lay(rows: &[Self], columns: usize) -> Vec<Vec<String>> {
        let widest = |of: fn(&Self) -> &str| rows.iter().map(|row| width(of(row))).max().unwrap_or(0);
        let (what, amount) = (widest(|row| &row.what), widest(|row| &row.amount));
        let basis = columns.saturating_sub(what + amount + 6).clamp(20, widest(|row| &row.basis).max(20));
        rows.iter().map(|row| row.lines(what, basis, amount)).collect()
    }

    fn lines(&self, what: usize, basis: usize, amount: usize) -> Vec<String> {
        let mut texts = wrap(&self.basis, basis).into_iter();
        let first = texts.next().unwrap_or_default();
        let pad = |text: &str, to: usize| " ".repeat(to.saturating_sub(width(text)));
        let start = format!("  {}{}  {first}{}", self.what, pad(&self.what, what), pad(&first, basis));
        let mut lines = vec![format!("{start}  {}{}", pad(&self.amount, amount), self.amount)];
        lines.extend(texts.map(|text| format!("  {}  {text}", " ".repeat(what))));
        lines
    }
}
