//! Lists of lots as the pages and the interface show them. What it is not: their order or meaning (`chain::query`).

use std::collections::HashMap;

use super::App;
use super::http::Problem;
use crate::chain::query::{self, LotBrief};
pub use crate::chain::query::{LotPage as Page, Wanted};
use crate::gs1::LotId;

impl App {
    /// A page of lots. Blocks.
    ///
    /// # Errors
    /// `internal` when storage fails.
    pub fn lots(&self, wanted: Wanted) -> Result<Page, Problem> {
        self.ledger.with_state(|state, _| query::newest_lots(state, wanted)).map_err(|e| Problem::internal(&e))
    }

    /// The lots of this number, whatever the case of its letters; else those whose number begins with it. Newest first, with
    /// the index of the record that created each. Blocks.
    ///
    /// # Errors
    /// `internal` when storage fails.
    pub fn lots_numbered(&self, number: &str, most: usize) -> Result<Vec<(u64, LotId)>, Problem> {
        self.ledger.with_state(|state, _| query::lots_numbered(state, number, most)).map_err(|e| Problem::internal(&e))
    }

    /// What the state says of these lots now; one that was made anew since, is left out. Blocks.
    ///
    /// # Errors
    /// `internal` when storage fails.
    pub fn briefs(&self, lots: Vec<(u64, LotId)>) -> Result<Vec<LotBrief>, Problem> {
        let created: HashMap<LotId, u64> = lots.iter().map(|(created, lot)| (lot.clone(), *created)).collect();
        let lots = lots.into_iter().map(|(_, lot)| lot).collect();
        let mut briefs =
            self.ledger.with_state(|state, _| query::briefs(state, lots)).map_err(|e| Problem::internal(&e))?;
        briefs.retain(|brief| created.get(&brief.lot) == Some(&brief.created));
        Ok(briefs)
    }
}
