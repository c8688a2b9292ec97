//! `jejak import`: harvests, processes, receipts and corrections of stock from a table, as village enterprises keep it.
//!
//! Every row goes the way of `jejak record new`, with the same checks and questions. All rows are checked before the first is signed, and
//! nothing is signed while one has an error; what a question would ask is an error here. Rows of one receipt (same shipment) are one
//! record. What it is not: a second way to write events.

mod columns;
mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Command, FromArgMatches};
use serde_json::{Value, json};

use self::columns::{Column, columns, text};
use self::table::{Cell, Row};
use super::Out;
use super::ask;
use super::before_signing::lot_path;
use super::client::Client;
use super::failure::Failure;
use super::input::Time;
use super::link;
use super::numbers::{self, Locale};
use super::quantity::{self, NumberOptions};
use super::record_new::{New, Word};
use super::signing::Signing;
use super::units;
use crate::chain::Act;
use crate::gs1::{Amount, Unit, exact_decimal};
use crate::record::ContentType;

/// Imports a table: checks and shows every row; with --sign, signs and submits them.
#[derive(Debug, Args)]
pub struct Import {
    /// CSV (UTF-8), .xlsx, .xls or .ods; the first row names the columns
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Sheet of a workbook [default: the first]
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// The act of rows without one
    #[arg(long, value_enum, default_value = "harvest")]
    pub act: Word,
    /// GTIN of lots that are given by their number only
    #[arg(long, value_name = "GTIN")]
    pub product: Option<String>,
    /// GLN of the place of rows without one
    #[arg(long, value_name = "GLN")]
    pub at: Option<String>,
    /// Sign and submit the records, once no row has an error
    #[arg(long)]
    pub sign: bool,
    /// Sign rows that look like records on the ledger or like each other, too
    #[arg(long)]
    pub force: bool,
    /// How numbers are written
    #[command(flatten)]
    pub numbers: NumberOptions,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

/// The rows that become one record.
struct Draft {
    rows: Vec<usize>,
    act: Word,
    args: Vec<String>,
}

/// What became of the rows of a record.
struct Checked {
    rows: Vec<usize>,
    act: &'static str,
    goods: Vec<String>,
    /// When and where, as it will be signed.
    when: String,
    event: Result<String, Failure>,
}

impl Checked {
    /// Rows that became no record.
    fn wrong(rows: Vec<usize>, failure: Failure) -> Checked {
        Checked { rows, act: "", goods: Vec::new(), when: String::new(), event: Err(failure) }
    }
}

impl Import {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`]; nothing was signed unless it says so.
    pub fn run(mut self, out: Out) -> Result<(), Failure> {
        ask::disable();
        if self.signing.out.is_some() || self.signing.seq.is_some() {
            return Err(
                Failure::usage("--out and --seq are for one record").hint("give --node URL: each record is submitted")
            );
        }
        if self.sign && self.signing.node()?.is_none() {
            return Err(Failure::usage("--sign needs --node URL")
                .because("every record is submitted before the next is signed"));
        }
        let table = table::read(&self.file, self.sheet.as_deref())?;
        let columns = columns(&table.head)?;
        if table.rows.is_empty() {
            return Err(Failure::usage(format!("{} has a head and no rows", self.file.display())));
        }
        let (mut drafts, mut checked) = (Vec::new(), Vec::new());
        for row in &table.rows {
            match self.draft(&columns, row) {
                Ok(draft) => {
                    let rows = draft.rows.clone();
                    if let Err(failure) = join(&mut drafts, draft) {
                        checked.push(Checked::wrong(rows, failure));
                    }
                }
                Err(event) => checked.push(Checked::wrong(vec![row.number], event)),
            }
        }
        self.signing.shared = self.node_of_the_rows(&drafts)?;
        checked.extend(drafts.into_iter().map(|draft| self.checked(draft)));
        checked.sort_by_key(|checked| checked.rows.first().copied());
        self.twice(&mut checked);
        let wrong = checked.iter().filter(|checked| checked.event.is_err()).count();
        if wrong > 0 || !self.sign {
            self.show(&checked, wrong, out);
        }
        if wrong > 0 {
            return Err(Failure::usage(format!("{wrong} of {} records have errors", checked.len()))
                .because("nothing was signed")
                .hint("correct the rows and import the table again"));
        }
        if self.sign { self.sign(&checked, out) } else { Ok(()) }
    }

    /// The node, asked once for what many rows need, and at once for their lots: a slow one would take its time for each row.
    fn node_of_the_rows(&self, drafts: &[Draft]) -> Result<Option<Client>, Failure> {
        let Some(node) = self.signing.node()?.map(Client::remembering) else { return Ok(None) };
        let mut paths: Vec<String> = Vec::new();
        for draft in drafts {
            let lot = draft.args.iter().skip_while(|arg| !matches!(arg.as_str(), "--lot" | "--output")).nth(1);
            let name = lot.and_then(|lot| lot.rsplit_once('=')).map(|(name, _)| name);
            paths.extend(name.and_then(|name| link::lot(name).ok()).map(|lot| lot_path(&lot)));
        }
        paths.sort_unstable();
        paths.dedup();
        node.prefetch(&paths);
        Ok(Some(node))
    }

    /// The command of a row.
    fn draft(&self, columns: &[Column], row: &Row) -> Result<Draft, Failure> {
        let cell = |wanted: Column| {
            let at = columns.iter().position(|column| *column == wanted)?;
            row.cells.get(at).filter(|cell| **cell != Cell::Empty)
        };
        let act = match cell(Column::Act).and_then(text) {
            Some(name) => word(name)?,
            None => self.act,
        };
        let mut args = vec!["row".to_owned(), act.name().to_owned()];
        let mut add = |option: &str, value: String| args.extend([format!("--{option}"), value]);
        let lot = self.lot(cell(Column::Product), cell(Column::Lot), "lot")?;
        let amount = self.amount(cell(Column::Amount), cell(Column::Unit))?;
        let lot = amount.map_or(lot.clone(), |amount| format!("{lot}={amount}"));
        add(if act.act() == Act::Process { "output" } else { "lot" }, lot);
        if cell(Column::InputLot).is_some() {
            let input = self.lot(cell(Column::Product), cell(Column::InputLot), "input lot")?;
            let amount = self.amount(cell(Column::InputAmount), cell(Column::Unit))?;
            add("input", amount.map_or(input.clone(), |amount| format!("{input}={amount}")));
        }
        let time = cell(Column::Time).map(|cell| self.time(cell)).transpose()?;
        if let Some((time, _)) = &time {
            add("time", time.to_string());
        }
        let mut given = Vec::new();
        for (column, cell) in columns.iter().zip(&row.cells) {
            if let (Column::Option(option), Some(value)) = (column, text(cell)) {
                let is_day = matches!(*option, "harvest-start" | "harvest-end" | "best-before");
                let value = match *option {
                    _ if is_day => self.day(cell)?,
                    // a workbook drops the zeros before a number
                    "at" => format!("{value:0>13}"),
                    _ => value.to_owned(),
                };
                given.push(*option);
                add(option, value);
            }
        }
        if let Some(at) = self.at.as_ref().filter(|_| !given.contains(&"at")) {
            add("at", at.clone());
        }
        // a harvest of one day
        if let (Act::Harvest, Some((_, day))) = (act.act(), &time) {
            for option in ["harvest-start", "harvest-end"].into_iter().filter(|option| !given.contains(option)) {
                add(option, day.clone());
            }
        }
        Ok(Draft { rows: vec![row.number], act, args })
    }

    /// A lot: an element string or Digital Link, or its number and the product.
    fn lot(&self, product: Option<&Cell>, lot: Option<&Cell>, what: &str) -> Result<String, Failure> {
        let cell = lot.ok_or_else(|| Failure::usage(format!("the {what} is missing")))?;
        let lot = identifier(cell, what)?;
        if lot.starts_with('(') || lot.contains("://") {
            return Ok(lot.to_owned());
        }
        let product = product.and_then(text).or(self.product.as_deref());
        let product = product.ok_or_else(|| {
            Failure::usage(format!("{lot} is the number of a lot of no product"))
                .hint("give --product GTIN, or a column \"product\"")
        })?;
        // a workbook drops the zeros before a number
        Ok(format!("(01){product:0>14}(10){lot}"))
    }

    /// An amount with its unit, as exact digits and the unit as it was written.
    fn amount(&self, amount: Option<&Cell>, unit: Option<&Cell>) -> Result<Option<String>, Failure> {
        let unit = unit.and_then(text).unwrap_or_default();
        // an amount without a unit reports that below
        let in_unit = |digits: &str| {
            if unit.starts_with(numbers::is_of_number) || unit.starts_with(['-', '\u{2212}']) {
                return Err(Failure::usage(format!(
                    "the amount is {digits} and the unit {unit}, which begins with a number"
                ))
                .because("a comma within a number ends the cell in a table whose cells are separated by commas")
                .hint("put the number in quotes, or save the table with semicolons; units are words, such as kg"));
            }
            Ok(Some(format!("{digits} {unit}")))
        };
        match amount {
            None | Some(Cell::Empty) => Ok(None),
            Some(Cell::Date(day)) => Err(Failure::usage(format!("the amount is a date, {day}"))
                .hint("the program that keeps the table changed it: format the cell as text")),
            Some(Cell::Number(exact)) => in_unit(exact),
            Some(Cell::Text(text)) if text.contains(char::is_alphabetic) || text.contains('%') => {
                let quantity = self.numbers.quantity("the amount", text)?;
                let of_cell = units::of_amount(quantity::split(text).1)?;
                if !unit.is_empty() && units::of_amount(unit)? != of_cell {
                    return Err(
                        Failure::usage(format!("the amount is {text} and the unit {unit}")).hint("write the unit once")
                    );
                }
                Ok(Some(format!("{} {}", quantity.digits, quantity.code)))
            }
            Some(Cell::Text(text)) => in_unit(&self.numbers.number("the amount", text)?),
        }
    }

    /// A day: `YYYY-MM-DD`, in Indonesian also `D/M/YYYY`.
    fn day(&self, cell: &Cell) -> Result<String, Failure> {
        let given = text(cell).unwrap_or_default();
        let parts: Vec<&str> = given.split(['/', '-', '.']).map(str::trim).collect();
        let wrong = || Failure::usage(format!("{given} is not a day")).hint("write it as 2026-11-03");
        let [first, second, third] = parts.as_slice() else { return Err(wrong()) };
        let year_first = first.len() == 4;
        let (day, month, year) = if year_first { (third, second, first) } else { (first, second, third) };
        if year.len() != 4 {
            return Err(
                Failure::usage(format!("the year of {given} has no four digits")).hint("write it as 2026-11-03")
            );
        }
        let number = |text: &str| text.parse::<i16>().ok();
        let (Some(day), Some(month), Some(year)) = (number(day), number(month), number(year)) else {
            return Err(wrong());
        };
        if !year_first && day <= 12 && month <= 12 && day != month && self.numbers.locale != Some(Locale::Comma) {
            return Err(Failure::usage(format!(
                "{given} can be the {day} of month {month}, or the {month} of month {day}"
            ))
            .hint("write it as 2026-11-03, or give --locale id for day/month/year"));
        }
        let small = |n: i16| i8::try_from(n).ok();
        let date = small(day).zip(small(month)).and_then(|(day, month)| jiff::civil::Date::new(year, month, day).ok());
        date.map(|date| date.to_string()).ok_or_else(wrong)
    }

    /// When something happened: a time, or noon of a day; today it is now. With the day.
    fn time(&self, cell: &Cell) -> Result<(Time, String), Failure> {
        let given = text(cell).unwrap_or_default();
        if given.len() > 10
            && let Ok(time) = super::input::time(given)
        {
            return Ok((time, given.get(..10).unwrap_or(given).to_owned()));
        }
        let (day, clock) = match given.split_once(['T', ' ']) {
            Some((day, clock)) => (day.to_owned(), Some(clock.trim()).filter(|clock| !clock.is_empty())),
            None => (given.to_owned(), None),
        };
        let day = self.day(&Cell::Text(day))?;
        let at = clock.unwrap_or("12:00:00");
        let local = format!("{day}T{at}").parse::<jiff::civil::DateTime>();
        let local = local.map_err(|e| {
            Failure::usage(format!("{given} is not a time")).because(e).hint("write it as 2026-11-03T16:20:00+08:00")
        })?;
        let then = Time::local(local).map_err(|e| Failure::usage(format!("{given} is not a time here")).because(e))?;
        let time = if clock.is_none() && then.day() == Time::now().day() { Time::now() } else { then };
        Ok((time, day))
    }

    /// Checks a record as `jejak record new` does.
    fn checked(&self, draft: Draft) -> Checked {
        let (mut goods, mut when) = (Vec::new(), String::new());
        let event = self.parsed(&draft.args).and_then(|(mut new, time)| {
            let event = new.prepared(time)?;
            when = format!("{time} at {}", new.place.map(|place| place.to_string()).unwrap_or_default());
            goods = [new.lots, new.inputs, new.outputs].concat();
            Ok(event)
        });
        Checked { rows: draft.rows, act: draft.act.name(), goods, when, event }
    }

    fn parsed(&self, args: &[String]) -> Result<(New, Time), Failure> {
        let matches = New::augment_args(Command::new("row")).try_get_matches_from(args);
        let parsed = matches.and_then(|matches| New::from_arg_matches(&matches));
        let mut new = parsed.map_err(|error| {
            let text = error.to_string();
            Failure::usage(text.lines().next().unwrap_or_default().trim_start_matches("error: "))
        })?;
        new.signing = self.signing.clone();
        // amounts are exact by now
        new.numbers = NumberOptions { locale: Some(Locale::Point) };
        new.force = self.force;
        let time = new.time.as_deref().map_or_else(|| Ok(Time::now()), super::input::time)?;
        Ok((new, time))
    }

    /// Two rows of the same act, goods and day are one that was entered twice, unless the user says otherwise.
    fn twice(&self, checked: &mut [Checked]) {
        if self.force {
            return;
        }
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for record in checked {
            let (Ok(event), Some(row)) = (&record.event, record.rows.first().copied()) else { continue };
            let event: Value = serde_json::from_str(event).unwrap_or_default();
            let day = event["eventTime"].as_str().and_then(|time| time.get(..10)).unwrap_or_default();
            let goods = |name: &str| -> Vec<Value> {
                let list = event[name].as_array().map_or(&[][..], Vec::as_slice);
                list.iter()
                    .map(|part| json!([part["epcClass"], amount_of(part).map(|amount| amount.to_string())]))
                    .collect()
            };
            let lists = ["quantityList", "inputQuantityList", "outputQuantityList"].map(goods);
            let same = json!([record.act, lists, day, event["readPoint"], event["jejak:shipment"]]).to_string();
            if let Some(first) = seen.insert(same, row) {
                record.event = Err(Failure::usage(format!("the same as row {first}"))
                    .hint("remove one of them; if both are right, give --force"));
            }
        }
    }

    fn show(&self, checked: &[Checked], wrong: usize, out: Out) {
        let (mut text, mut rows) = (String::new(), Vec::new());
        for record in checked {
            let numbers: Vec<String> = record.rows.iter().map(ToString::to_string).collect();
            let (name, goods) = (numbers.join(", "), record.goods.join(", "));
            match &record.event {
                Ok(_) => text.push_str(&format!("row {name}  {} {goods}, {}\n", record.act, record.when)),
                Err(failure) => {
                    text.push_str(&format!("row {name}  ERROR: {}\n", failure.message));
                    text.extend(failure.causes.iter().map(|cause| format!("        {cause}\n")));
                    text.extend(failure.hint.iter().map(|hint| format!("        hint: {hint}\n")));
                }
            }
            let error = record.event.as_ref().err().map(|failure| &failure.message);
            rows.push(json!({ "rows": record.rows, "act": record.act, "goods": record.goods, "when": record.when, "error": error }));
        }
        if wrong == 0 {
            text.push_str(&format!(
                "\n{} records are clear; nothing is signed yet: run it again with --sign\n",
                checked.len()
            ));
        }
        out.print(&text, &json!({ "records": rows, "errors": wrong, "signed": 0 }));
    }

    /// Signs and submits the records in order, and stops at the first that is refused.
    fn sign(&self, checked: &[Checked], out: Out) -> Result<(), Failure> {
        // what was asked before may have changed
        let session = Signing { shared: None, ..self.signing.clone() }.session()?;
        let (mut text, mut signed) = (String::new(), Vec::new());
        for (at, record) in checked.iter().enumerate() {
            let event = match &record.event {
                Ok(event) => event,
                Err(failure) => return Err(Failure::usage(failure.message.clone())),
            };
            match session.sign(ContentType::Event, event.as_bytes(), None, None) {
                Ok((done, result)) => {
                    text.push_str(&format!(
                        "row {}  {}\n",
                        record.rows.first().copied().unwrap_or_default(),
                        done.replace('\n', "\n  ").trim_end()
                    ));
                    signed.push(json!({ "rows": record.rows, "record": result }));
                }
                Err(failure) => {
                    out.print(&text, &json!({ "records": signed, "signed": signed.len() }));
                    let rest = checked.len() - at;
                    let row = record.rows.first().copied().unwrap_or_default();
                    let what = format!("row {row}: {}", failure.message);
                    let stopped = Failure { message: what, ..failure };
                    let hint = stopped.hint.clone().unwrap_or_default();
                    return Err(stopped.hint(format!(
                        "{at} records are on the ledger, {rest} from row {row} on are not: import these rows again once it is settled. {hint}"
                    )));
                }
            }
        }
        out.print(&text, &json!({ "records": signed, "signed": signed.len() }));
        Ok(())
    }
}

/// The amount of an element of a quantity list, in its base unit.
fn amount_of(part: &Value) -> Option<Amount> {
    let digits = part["quantity"].as_number()?.to_string();
    Unit::from_code(part["uom"].as_str().unwrap_or("H87"))?.to_base(exact_decimal(&digits).ok()?).ok()
}

/// The text of a cell with the number of a lot. A program that keeps tables changes some of them.
fn identifier<'a>(cell: &'a Cell, what: &str) -> Result<&'a str, Failure> {
    let changed = |given: &str| {
        Failure::usage(format!("the {what} is {given}, which the program that keeps the table may have changed"))
            .hint("format the column as text, and write the number again")
    };
    match cell {
        Cell::Date(day) => Err(changed(day)),
        // a double holds 15 digits
        Cell::Number(digits) if digits.len() > 15 => Err(changed(digits)),
        cell => text(cell).ok_or_else(|| Failure::usage(format!("the {what} is missing"))),
    }
}

/// The act of this name, in English or as people write it in Indonesian and Chinese.
fn word(name: &str) -> Result<Word, Failure> {
    let name = name.trim().to_lowercase();
    let act = match name.as_str() {
        "panen" | "tangkap" | "收获" => "harvest",
        "olah" | "pengolahan" | "加工" => "process",
        "terima" | "penerimaan" | "收货" => "receive",
        "koreksi" | "penyesuaian" | "调整" => "adjust",
        other => other,
    };
    let found = Word::all().iter().find(|word| word.name() == act).copied();
    found.filter(|word| matches!(word.act(), Act::Harvest | Act::Process | Act::Receive | Act::Adjust)).ok_or_else(
        || {
            Failure::usage(format!("{name} is not an act that is imported"))
                .hint("write harvest, process, receive or adjust (panen, olah, terima, koreksi)")
        },
    )
}

/// Adds a draft: a receipt of the same shipment becomes part of the record before.
///
/// # Errors
/// [`Failure`] when the rows of a receipt differ in more than their goods, or name a lot twice.
fn join(drafts: &mut Vec<Draft>, draft: Draft) -> Result<(), Failure> {
    let value = |draft: &Draft, option: &str| {
        let at = draft.args.iter().position(|arg| arg == option)?;
        draft.args.get(at + 1).cloned()
    };
    let shipment = |draft: &Draft| value(draft, "--shipment").filter(|_| draft.act.act() == Act::Receive);
    let same = shipment(&draft).and_then(|id| drafts.iter_mut().find(|other| shipment(other).as_ref() == Some(&id)));
    let Some(other) = same else {
        drafts.push(draft);
        return Ok(());
    };
    let first = other.rows.first().copied().unwrap_or_default();
    if ["--time", "--at", "--reason"].iter().any(|option| value(&draft, option) != value(other, option)) {
        return Err(Failure::usage(format!("it is of the receipt in row {first}, and of another time or place"))
            .because("the rows of one shipment are one receipt")
            .hint("give them the same time and place, or record a receipt by hand"));
    }
    let lot = value(&draft, "--lot").unwrap_or_default();
    let number = |lot: &str| lot.rsplit_once('=').map_or(lot, |(number, _)| number).to_owned();
    let lots = other.args.iter().skip_while(|arg| *arg != "--lot");
    if lots.into_iter().any(|known| number(known) == number(&lot)) {
        return Err(Failure::usage(format!("the receipt in row {first} counts this lot already")));
    }
    other.args.extend(["--lot".to_owned(), lot]);
    other.rows.extend(draft.rows);
    Ok(())
}
