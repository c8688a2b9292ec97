//! `jejak link`: explains a GS1 Digital Link or element string.

use clap::Args;
use serde_json::json;

use super::Out;
use super::failure::Failure;
use crate::gs1::link::{self, DigitalLink, PrimaryKey};
use crate::gs1::scan::{self, Scan};
use crate::gs1::{LinkError, LotId, Reading, ai, element};

/// Explains a GS1 Digital Link or element string.
#[derive(Debug, Args)]
pub struct Link {
    /// Such as https://example.org/01/09521321001015/10/DAUN-2611-07 or '(01)09521321001015(10)DAUN-2611-07'
    pub text: String,
}

/// What a text may name, as [`scan::read`] does.
fn scanned(text: &str) -> Result<Scan, Failure> {
    let scan = scan::read(text);
    if !scan.readings.is_empty() {
        return Ok(scan);
    }
    Err(Failure::usage(format!("{text} is not a GS1 Digital Link or element string"))
        .because(scan.error.unwrap_or(LinkError::NoKey))
        .hint("copy it from the label again, with the application identifiers in brackets: (01)…(10)…"))
}

/// The Digital Link that carries all of a reading.
fn link_of(reading: &Reading) -> Result<DigitalLink, LinkError> {
    let address = reading.address();
    let (path, query) = address.split_once('?').unwrap_or((&address, ""));
    Ok(DigitalLink::resolve(path.trim_start_matches('/'), query)?.link)
}

/// Reads what a scanner or a person sends of a code, if all of it can be read; of several readings the most likely.
///
/// # Errors
/// [`Failure`] naming the identifier that is wrong.
pub fn parse(text: &str) -> Result<DigitalLink, Failure> {
    let scan = scanned(text)?;
    let whole = |reading: &Reading| match reading.unread.first() {
        Some((ai, value)) => Err(link::unread(ai, value)),
        None => link_of(reading),
    };
    let first = scan.readings.first().ok_or(LinkError::NoKey).and_then(whole);
    first.map_err(|error| Failure::usage(format!("{text} is not a GS1 Digital Link or element string")).because(error))
}

/// The lot that a code names. One that may be several lots, because FNC1 was lost, names none: what is signed is not guessed.
///
/// # Errors
/// [`Failure`] when it names something else, or may name several.
pub fn lot(text: &str) -> Result<LotId, Failure> {
    let mut lots: Vec<LotId> = Vec::new();
    for reading in scanned(text)?.readings {
        if let PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _) = reading.key
            && !lots.contains(&lot)
        {
            lots.push(lot);
        }
    }
    match lots.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Failure::usage(format!("{text} does not identify a lot"))
            .because("a lot is identified by GTIN (01) and lot number (10)")
            .hint("give both, such as '(01)09521321001015(10)DAUN-2611-07'")),
        several => {
            let several: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Failure::usage(format!("{text} may be one of several lots"))
                .because("nothing in it says where the lot number ends")
                .hint(format!("write the one that is meant: {}", several.join(" or "))))
        }
    }
}

const fn kind(key: &PrimaryKey) -> &'static str {
    match key {
        PrimaryKey::Gtin(_) => "product",
        PrimaryKey::Lot(_) => "lot",
        PrimaryKey::Item(..) => "item",
        PrimaryKey::Serial(..) => "item without lot",
        PrimaryKey::Sscc(_) => "container",
        PrimaryKey::Place(_) => "place",
        PrimaryKey::Party(_) => "party",
    }
}

impl Link {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`] for text that is neither.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let scan = scanned(&self.text)?;
        let unread = |error: LinkError| Failure::usage(format!("{} is not a GS1 code", self.text)).because(error);
        let (first, others) = scan.readings.split_first().ok_or(LinkError::NoKey).map_err(unread)?;
        let link = link_of(first).map_err(unread)?;
        let names = kind(&first.key);
        let title = |code: &str| ai::find(code).map_or("", |a| a.title);
        let mut text = format!("names      {names}\n");
        for (code, value) in &link.elements {
            text.push_str(&format!("{:<10} {:<18} {value}\n", format!("({code})"), title(code)));
        }
        for (code, value) in &first.unread {
            text.push_str(&format!("not read   ({code}) {value}: {}\n", link::unread(code, value)));
        }
        for other in others {
            text.push_str(&format!("or         {} {}\n", kind(&other.key), other.key.path()));
        }
        text.push_str(&format!("canonical  {}\n", link.canonical()));
        text.push_str(&format!("readable   {link}\n"));
        text.push_str(&format!("scanner    {}", element::unbracketed_text(&link.elements)));
        let elements: Vec<_> = link
            .elements
            .iter()
            .map(|(code, value)| json!({ "ai": code, "title": title(code), "value": value }))
            .collect();
        let not_read = |(code, value): &(String, String)| json!({ "ai": code, "value": value, "why": link::unread(code, value).to_string() });
        let unread: Vec<_> = first.unread.iter().map(not_read).collect();
        let value = json!({
            "names": names,
            "elements": elements,
            "notRead": unread,
            "alternatives": others.iter().map(|other| other.key.path()).collect::<Vec<_>>(),
            "canonical": link.canonical(),
            "readable": link.to_string(),
            "scanner": element::unbracketed_text(&link.elements),
        });
        out.print(&text, &value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualifiers_without_an_object_are_kept() {
        for (text, canonical) in [
            ("https://x.example/417/9521321000117/7040/1ABC", "/417/9521321000117/7040/1ABC"),
            ("(414)9521321000117(7040)1ABC", "/414/9521321000117/7040/1ABC"),
            ("https://x.example/01/09521321001015/22/2A/10/A-7/21/S1", "/01/09521321001015/22/2A/10/A-7/21/S1"),
        ] {
            let link = parse(text).unwrap();
            assert_eq!(link.canonical(), format!("https://id.gs1.org{canonical}"), "{text}");
            assert!(link.named().is_ok(), "{text}");
        }
    }

    #[test]
    fn wrong_check_digit_is_answered_with_the_right_one() {
        let sscc = crate::cli::record_new::sscc;
        for failure in [
            parse("(01)09521321001016(10)A").unwrap_err(),
            parse("9521321001016").unwrap_err(),
            parse("(01)09521321001015(410)9521321000115").unwrap_err(),
            lot("(01)9521321001016(10)A").unwrap_err(),
            sscc("095213210000000019").unwrap_err(),
            sscc("(00)095213210000000019").unwrap_err(),
            sscc("https://x.example/00/095213210000000019").unwrap_err(),
        ] {
            let causes = failure.causes.join(" ");
            assert!(["5", "7", "8"].iter().any(|right| causes.contains(&format!("it should be {right}"))), "{causes}");
        }
    }
}
