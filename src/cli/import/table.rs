//! Tables from files: text with commas, semicolons or tabs, and workbooks of Excel and LibreOffice.
//!
//! A cell that a workbook holds as a number or a date has one meaning, whatever the language of the program that shows it; a text has
//! the meaning that its writer's language gives it.

use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader, open_workbook_auto_from_rs};

use crate::cli::failure::Failure;
use crate::cli::input;

/// Most rows of a table: a day of a key has room for 10,000 records (`docs/rules.md`).
pub const MOST_ROWS: usize = 5_000;

/// Most bytes of a file.
const MOST_BYTES: usize = 32 << 20;

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing, or only spaces.
    Empty,
    /// As it was written.
    Text(String),
    /// A number, as an exact decimal.
    Number(String),
    /// `YYYY-MM-DD`, with `Thh:mm:ss` behind it unless it is a day.
    Date(String),
}

/// A row under the head, and its number in the file, from 1.
#[derive(Debug, Clone)]
pub struct Row {
    /// Line of a text, or row of a sheet.
    pub number: usize,
    /// One for each column of the head.
    pub cells: Vec<Cell>,
}

/// The head of a table and the rows under it.
#[derive(Debug, Clone)]
pub struct Table {
    /// Names of the columns.
    pub head: Vec<String>,
    /// Rows with at least one cell that is not empty.
    pub rows: Vec<Row>,
}

/// Reads a table from a file; of a workbook the sheet of this name, else the first.
///
/// # Errors
/// [`Failure`] for a file that is no table, or too large a one.
pub fn read(file: &Path, sheet: Option<&str>) -> Result<Table, Failure> {
    let bytes = input::read(file)?;
    if bytes.len() > MOST_BYTES {
        return Err(
            Failure::usage(format!("{} has more than {MOST_BYTES} bytes", file.display())).hint("import it in parts")
        );
    }
    // a ZIP archive (xlsx, ods), or an OLE file (xls)
    let is_workbook = bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0");
    let lines = if is_workbook { workbook(bytes, file, sheet)? } else { text(&bytes, file, sheet)? };
    let mut lines = lines.into_iter().filter(|(_, cells)| cells.iter().any(|cell| *cell != Cell::Empty));
    let Some((_, head)) = lines.next() else {
        return Err(Failure::usage(format!("{} has no rows", file.display())));
    };
    let head: Vec<String> = head
        .into_iter()
        .map(|cell| match cell {
            Cell::Empty => String::new(),
            Cell::Text(text) | Cell::Number(text) | Cell::Date(text) => text.trim().to_owned(),
        })
        .collect();
    let rows: Vec<Row> = lines.map(|(number, cells)| Row { number, cells }).collect();
    if rows.len() > MOST_ROWS {
        return Err(Failure::usage(format!(
            "{} has {} rows; at most {MOST_ROWS} are imported at once",
            file.display(),
            rows.len()
        ))
        .hint("import it in parts"));
    }
    if let Some(row) = rows.iter().find(|row| row.cells.iter().skip(head.len()).any(|cell| *cell != Cell::Empty)) {
        return Err(Failure::usage(format!("row {} of {} has more cells than the head", row.number, file.display()))
            .hint("a comma within a cell? put the cell in quotes, or save the table with semicolons"));
    }
    Ok(Table { head, rows })
}

type Lines = Vec<(usize, Vec<Cell>)>;

fn workbook(bytes: Vec<u8>, file: &Path, sheet: Option<&str>) -> Result<Lines, Failure> {
    let wrong = |cause: crate::cli::failure::Cause| {
        Failure::usage(format!("{} can't be read as a workbook", file.display()))
            .because(cause)
            .hint("save it as .xlsx, .ods or CSV (UTF-8), without a password")
    };
    let mut book = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|e| wrong(e.into()))?;
    let names = book.sheet_names();
    let name = match sheet {
        Some(name) => names.iter().find(|known| *known == name).ok_or_else(|| {
            Failure::usage(format!("{} has no sheet {name}", file.display()))
                .because(format!("its sheets: {}", names.join(", ")))
        })?,
        None => names.first().ok_or_else(|| wrong("it has no sheet".into()))?,
    };
    let range = book.worksheet_range(name).map_err(|e| wrong(e.into()))?;
    let first = range.start().map_or(0, |(row, _)| row as usize);
    range
        .rows()
        .enumerate()
        .map(|(at, row)| {
            let cells =
                row.iter().map(|data| cell(data).map_err(|why| wrong(format!("row {}: {why}", first + at + 1).into())));
            Ok((first + at + 1, cells.collect::<Result<_, Failure>>()?))
        })
        .collect()
}

fn cell(data: &Data) -> Result<Cell, String> {
    Ok(match data {
        Data::Empty => Cell::Empty,
        Data::String(text) if text.trim().is_empty() => Cell::Empty,
        Data::String(text) => Cell::Text(text.trim().to_owned()),
        Data::Int(number) => Cell::Number(number.to_string()),
        Data::Float(number) => Cell::Number(shown(*number)),
        Data::Bool(yes) => Cell::Text(if *yes { "yes" } else { "no" }.to_owned()),
        Data::DateTime(time) if time.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            date(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
        }
        Data::DateTimeIso(text) => date(text),
        Data::DateTime(_) | Data::DurationIso(_) => return Err("a duration stands in a cell".to_owned()),
        Data::Error(error) => return Err(format!("a formula has the error {error}")),
    })
}

/// A number as spreadsheets show it: to 15 significant digits, so that the sum of 0.1 and 0.2 is 0.3. Then the shortest decimal of it.
fn shown(number: f64) -> String {
    let rounded = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{rounded}")
}

/// A time of a workbook, whose midnight is a day.
fn date(text: &str) -> Cell {
    let day = text.split_once('T').filter(|(_, time)| time.trim_end_matches('Z').bytes().all(|b| b"0:.".contains(&b)));
    Cell::Date(day.map_or(text, |(day, _)| day).to_owned())
}

fn text(bytes: &[u8], file: &Path, sheet: Option<&str>) -> Result<Lines, Failure> {
    if sheet.is_some() {
        return Err(Failure::usage("--sheet is for workbooks").because(format!("{} is text", file.display())));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(
            Failure::usage(format!("{} is not UTF-8", file.display())).hint("save it as \"CSV UTF-8\", or as .xlsx")
        );
    };
    let head = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let delimiter =
        [b';', b'\t', b','].into_iter().max_by_key(|mark| head.bytes().filter(|b| b == mark).count()).unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let (mut lines, mut line, mut counted) = (Lines::new(), 1, 0);
    for record in reader.records() {
        let record = record.map_err(|e| Failure::usage(format!("{} is not a table", file.display())).because(e))?;
        // the reader's own count does not see blank lines before a record
        let begin = record.position().and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or(counted);
        let blank = text.get(begin..).map_or(0, |rest| rest.len() - rest.trim_start_matches(['\r', '\n']).len());
        line += text.get(counted..begin + blank).unwrap_or_default().matches('\n').count();
        counted = begin + blank;
        let cells = record.iter().map(str::trim).map(|text| match text {
            "" => Cell::Empty,
            text => Cell::Text(text.to_owned()),
        });
        lines.push((line, cells.collect()));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(text: &str) -> Result<Table, Failure> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("t.csv");
        std::fs::write(&file, text).unwrap();
        read(&file, None)
    }

    #[test]
    fn tables_of_each_separator_are_read_with_their_line_numbers() {
        for mark in [",", ";", "\t"] {
            let table = csv(&format!("\u{feff}lot{mark}jumlah\n\nA{mark}\"1,5\"\n{mark}\nB{mark}2\r\n")).unwrap();
            assert_eq!(table.head, ["lot", "jumlah"]);
            let rows: Vec<_> = table.rows.iter().map(|row| (row.number, row.cells.clone())).collect();
            let text = |text: &str| Cell::Text(text.to_owned());
            assert_eq!(rows, [(3, vec![text("A"), text("1,5")]), (5, vec![text("B"), text("2")])], "{mark:?}");
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert!(csv("").is_err() && csv("\n \n").is_err());
        assert!(csv("lot,jumlah\nA,1,5\n").unwrap_err().message.contains("row 2"));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("t.csv");
        std::fs::write(&file, b"lot\n\xe9\n").unwrap();
        assert!(read(&file, None).unwrap_err().message.contains("UTF-8"));
        std::fs::write(&file, b"PK\x03\x04rubbish").unwrap();
        assert!(read(&file, None).unwrap_err().message.contains("workbook"));
        std::fs::write(&file, vec![b'a'; MOST_BYTES + 1]).unwrap();
        assert!(read(&file, None).is_err());
    }

    #[test]
    fn numbers_and_dates_of_a_workbook_keep_their_value() {
        assert_eq!(cell(&Data::Float(1040.5)), Ok(Cell::Number("1040.5".into())));
        assert_eq!(cell(&Data::Float(1040.0)), Ok(Cell::Number("1040".into())));
        // what a spreadsheet computes is read as it shows it
        for (number, digits) in [
            (0.1 + 0.2, "0.3"),
            (1.1 * 3.0, "3.3"),
            (4.35 * 100.0, "435"),
            (-0.1 - 0.2, "-0.3"),
            (1_040.123_456_789_01, "1040.12345678901"),
            (123_456_789_012_345.0, "123456789012345"),
            (1e-7, "0.0000001"),
            (0.0, "0"),
        ] {
            assert_eq!(cell(&Data::Float(number)), Ok(Cell::Number(digits.into())));
        }
        assert_eq!(cell(&Data::DateTimeIso("2026-11-03T00:00:00".into())), Ok(Cell::Date("2026-11-03".into())));
        assert_eq!(
            cell(&Data::DateTimeIso("2026-11-03T08:30:00".into())),
            Ok(Cell::Date("2026-11-03T08:30:00".into()))
        );
        assert_eq!(cell(&Data::String("  ".into())), Ok(Cell::Empty));
    }
}
