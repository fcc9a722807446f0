//! The views `s3_access_logs_compat` (`logs::compat`) and `cloudtrail_events_unique` (`logs::trail::unique`) in the embedded
//! engine.

use datafusion::common::Result;
use datafusion::prelude::SessionContext;

use crate::logs::compat;
use crate::logs::trail::unique;

/// Creates the views.
pub(super) async fn create_views(context: &SessionContext) -> Result<()> {
    for (view, select) in [(compat::VIEW, compat::select()), (unique::VIEW, unique::select())] {
        context.sql(&format!("CREATE VIEW {view} AS {select}")).await?;
    }
    Ok(())
}
