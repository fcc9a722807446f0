//! The view `s3_access_logs_compat` (`logs::compat`) in the embedded engine.

use datafusion::common::Result;
use datafusion::prelude::SessionContext;

use crate::logs::compat;

/// Creates the view.
pub(super) async fn create_view(context: &SessionContext) -> Result<()> {
    context.sql(&format!("CREATE VIEW {} AS {}", compat::VIEW, compat::select())).await?;
    Ok(())
}
