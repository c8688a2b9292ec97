//! The columns of a table by their names in three languages, and the options of `jejak record new` that they stand for.

use super::table::Cell;
use crate::cli::failure::Failure;
use crate::cli::profile::nearest;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// The act.
    Act,
    /// GTIN of the product, where the lot is its number only.
    Product,
    /// The lot.
    Lot,
    /// Its amount, with or without a unit.
    Amount,
    /// The unit.
    Unit,
    /// The lot that a process takes.
    InputLot,
    /// How much of it.
    InputAmount,
    /// When it happened.
    Time,
    /// An option of its own, with a text.
    Option(&'static str),
    /// Not read: the writer's own notes.
    Ignored,
}

/// Each column with its names, in lower case.
const COLUMNS: [(Column, &[&str]); 22] = [
    (Column::Act, &["act", "kegiatan", "操作"]),
    (Column::Product, &["product", "gtin", "produk", "产品"]),
    (Column::Lot, &["lot", "batch", "nomor lot", "no lot", "kode lot", "批次"]),
    (Column::Amount, &["amount", "quantity", "jumlah", "berat", "数量", "重量"]),
    (Column::Unit, &["unit", "satuan", "单位"]),
    (Column::InputLot, &["input lot", "from lot", "lot bahan", "bahan", "原料批次"]),
    (Column::InputAmount, &["input amount", "jumlah bahan", "原料数量"]),
    (Column::Time, &["time", "date", "tanggal", "waktu", "日期", "时间"]),
    (Column::Option("at"), &["place", "at", "gln", "tempat", "lokasi", "地点"]),
    (Column::Option("harvest-start"), &["first day", "harvest start", "mulai panen", "panen mulai", "开始收获"]),
    (Column::Option("harvest-end"), &["last day", "harvest end", "selesai panen", "panen selesai", "结束收获"]),
    (Column::Option("village"), &["village", "desa", "kode desa", "村"]),
    (Column::Option("commodity"), &["commodity", "komoditas", "商品"]),
    (Column::Option("form"), &["form", "bentuk", "形态"]),
    (Column::Option("gear"), &["gear", "alat tangkap", "渔具"]),
    (Column::Option("best-before"), &["best before", "baik sebelum", "kedaluwarsa", "保质期"]),
    (Column::Option("mode"), &["mode", "模式"]),
    (Column::Option("process"), &["process", "proses", "加工"]),
    (Column::Option("shipment"), &["shipment", "kiriman", "发货"]),
    (Column::Option("reason"), &["reason", "alasan", "原因"]),
    (Column::Option("sample"), &["sample", "contoh", "样品"]),
    (Column::Ignored, &["note", "notes", "catatan", "keterangan", "no", "nomor", "备注"]),
];

/// A name of a column without what people write differently: case, underscores, points, several spaces.
fn plain(name: &str) -> String {
    let spaced: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    spaced.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The columns of a head, in its order.
///
/// # Errors
/// [`Failure`] for a name that is unknown or occurs twice: what it holds would be lost.
pub fn columns(head: &[String]) -> Result<Vec<Column>, Failure> {
    let mut found: Vec<Column> = Vec::new();
    for (at, name) in head.iter().enumerate() {
        let plain = plain(name);
        if plain.is_empty() {
            return Err(Failure::usage(format!("column {} has no name", at + 1))
                .because("the first row names the columns")
                .hint("remove the column, or call it \"note\" if it is not to be read"));
        }
        let Some((column, _)) = COLUMNS.iter().find(|(_, names)| names.contains(&plain.as_str())) else {
            let all: Vec<&str> = COLUMNS.iter().flat_map(|(_, names)| *names).copied().collect();
            let known: Vec<&str> = COLUMNS.iter().filter_map(|(_, names)| names.first()).copied().collect();
            let failure = Failure::usage(format!("the column \"{name}\" is not known"))
                .because(format!("known are {}", known.join(", ")));
            return Err(match nearest(&plain, &all) {
                Some(meant) => {
                    failure.hint(format!("did you mean \"{meant}\"? Call it \"note\" if it is not to be read"))
                }
                None => failure.hint("call it \"note\" if it is not to be read"),
            });
        };
        if *column != Column::Ignored && found.contains(column) {
            return Err(Failure::usage(format!("the column \"{name}\" occurs twice")));
        }
        found.push(*column);
    }
    Ok(found)
}

/// The text of a cell as an option takes it.
pub fn text(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Empty => None,
        Cell::Text(text) | Cell::Number(text) | Cell::Date(text) => Some(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_by_their_names_in_each_language() {
        let head = |names: &[&str]| columns(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            head(&["Nomor_Lot", "JUMLAH", "Mulai  panen"]).unwrap(),
            [Column::Lot, Column::Amount, Column::Option("harvest-start")]
        );
        assert_eq!(head(&["批次", "note", "Catatan"]).unwrap(), [Column::Lot, Column::Ignored, Column::Ignored]);
        assert!(head(&["lot", "jumlha"]).unwrap_err().hint.unwrap().contains("jumlah"));
        assert!(head(&["lot", "batch"]).unwrap_err().message.contains("twice"));
        assert!(head(&["lot", ""]).is_err());
        // no name stands for two columns
        let all: Vec<&str> = COLUMNS.iter().flat_map(|(_, names)| *names).copied().collect();
        let set: std::collections::BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(set.len(), all.len());
        assert!(all.iter().all(|name| plain(name) == *name));
    }
}
