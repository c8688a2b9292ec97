//! Lists that are JSON for programs, a page for people and a table (CSV, RFC 4180) for a spreadsheet; and the addresses of their pages.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and what it holds was written by others: such a cell begins
//! with an apostrophe instead, which spreadsheets show as text.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::arguments::About;
use super::negotiate::{Media, best};
use super::problem::{Kind, Problem};
use super::response::attachment;
use crate::gs1::link::encode_component;

/// What a list is offered as; JSON first, for programs that ask for nothing in particular.
const OFFERS: [(&str, Media); 3] = [("json", Media::Json), ("html", Media::Html), ("csv", Media::Csv)];

/// In which form a list is asked for: by `?format=`, else by `Accept`.
///
/// # Errors
/// `malformed-request` for another format, `not-acceptable` when nothing fits.
pub fn media(format: Option<&str>, headers: &HeaderMap) -> Result<Media, Problem> {
    let Some(format) = given(format) else { return best(headers, &OFFERS.map(|(_, media)| media)) };
    let chosen = OFFERS.iter().find(|(name, _)| *name == format);
    chosen.map(|(_, media)| *media).ok_or_else(|| wrong("format", format, &OFFERS.map(|(name, _)| name)))
}

/// Describes the parameter `format`.
pub fn about_format() -> About {
    (json!({ "type": "string", "enum": OFFERS.map(|(name, _)| name) }), "which form, whatever Accept says")
}

/// A parameter; a form sends an empty one for none.
pub fn given(parameter: Option<&str>) -> Option<&str> {
    parameter.map(str::trim).filter(|text| !text.is_empty())
}

/// The problem that a parameter has none of the values that it may have.
pub fn wrong(name: &str, value: &str, allowed: &[impl AsRef<str>]) -> Problem {
    let allowed: Vec<&str> = allowed.iter().map(AsRef::as_ref).collect();
    Problem::new(Kind::MalformedRequest, format!("{name}={value} is none of {}", allowed.join(", ")))
}

/// An address with those of these parameters that have a value.
pub fn address(path: &str, parameters: &[(&str, Option<String>)]) -> String {
    let mut address = path.to_owned();
    for (name, value) in parameters {
        if let Some(value) = value {
            let mark = if address.contains('?') { '&' } else { '?' };
            address.push_str(&format!("{mark}{name}={}", encode_component(value)));
        }
    }
    address
}

/// A cell that no spreadsheet takes for a formula.
fn harmless(cell: &str) -> String {
    let begins = cell
        .trim_start_matches([' ', '\u{a0}'])
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    // a number stays one
    let number =
        cell.starts_with('-') && cell.len() > 1 && cell.bytes().skip(1).all(|b| b.is_ascii_digit() || b == b'.');
    if begins && !number { format!("'{cell}") } else { cell.to_owned() }
}

/// The answer with a table: a line of names, then the rows; as a download named `name`.
///
/// # Errors
/// `internal` when it can't be written.
pub fn csv(name: &str, heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<Response, Problem> {
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record(heads).map_err(|e| Problem::internal(&e))?;
    for row in rows {
        table.write_record(row.iter().map(|cell| harmless(cell))).map_err(|e| Problem::internal(&e))?;
    }
    let bytes = table.into_inner().map_err(|e| Problem::internal(&e))?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    attachment(headers, &format!("{name}.csv"));
    varies(&mut response);
    Ok(response)
}

/// Says that the answer at this address differs by what is asked for, and that it is to be asked for again.
pub fn varies(response: &mut Response) {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_numbers_stay_numbers() {
        for formula in ["=1+1", "+62", "-cmd", "@SUM(A1)", "\t=1", "\r=1", "  =1", "-", "-1+2", "＝1"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        for plain in ["", "Kabupaten", "1.5", "-0.44", "a=b", "72.03", "'=1"] {
            assert_eq!(harmless(plain), plain);
        }
    }

    #[test]
    fn cells_with_commas_quotes_and_lines_are_quoted() {
        let row = vec!["a,b".to_owned(), "say \"x\"".to_owned(), "two\nlines".to_owned()];
        let response = csv("t", &["one", "two", "three"], [row]).unwrap();
        assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"t.csv\"");
        let body = futures_util::FutureExt::now_or_never(axum::body::to_bytes(response.into_body(), 1 << 10));
        let text = String::from_utf8(body.unwrap().unwrap().to_vec()).unwrap();
        assert_eq!(text, "one,two,three\r\n\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\r\n");
    }

    #[test]
    fn address_has_only_parameters_with_a_value() {
        let parameters = [("state", Some("held".to_owned())), ("market", None), ("maker", Some("a b&c".to_owned()))];
        assert_eq!(address("/lots", &parameters), "/lots?state=held&maker=a%20b%26c");
        assert_eq!(address("/lots", &[]), "/lots");
    }
}
