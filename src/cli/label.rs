//! `jejak label`: the QR code of a lot, item or container, a page of labels, or the test page of a label stock.
//!
//! Goods that a node reports as recalled, on hold, failed or withdrawn get no label without `--force`. What it is not: the issue of serial
//! numbers (`record new label`).

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::Out;
use super::before_signing::lot_path;
use super::client::Client;
use super::failure::{Failure, Kind};
use super::link;
use super::output;
use crate::gs1::link::PrimaryKey;
use crate::gs1::{DigitalLink, plain};
use crate::label::{self, LabelError, Stock};
use crate::query::view::LotState;
use crate::server::i18n::Lang;
use crate::server::labels::content::{self, Carton, Goods};
use crate::server::labels::{CARTON_STOCK, PRINTED, STOCK};

/// Time that a node has to answer before the labels are printed without it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The QR code, for the terminal
    Terminal,
    /// The QR code as SVG
    Svg,
    /// The QR code as PNG
    Png,
    /// A page of labels as PDF: print it at 100 %
    Pdf,
    /// A page of labels as SVG
    Sheet,
    /// A page with rulers and codes as PDF, to try a printer with the label stock
    Test,
}

impl Format {
    const fn is_page(self) -> bool {
        matches!(self, Format::Pdf | Format::Sheet)
    }

    const fn is_binary(self) -> bool {
        matches!(self, Format::Png | Format::Pdf | Format::Test)
    }
}

/// Prints the QR code of a lot or container, or labels.
#[derive(Debug, Args)]
pub struct Label {
    /// Digital Link or element string of the lot, item or container
    #[arg(value_name = "CODE", required_unless_present = "format")]
    pub code: Option<String>,
    /// Address that the code opens, such as https://jejak.example
    #[arg(long, value_name = "URL", env = "JEJAK_PUBLIC_URL", required_unless_present = "format")]
    pub url: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "terminal")]
    pub format: Format,
    /// The node that is asked what the goods are and whether they may be sold [default: --url]
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: Option<String>,
    /// Ask no node: the label has the --line texts, and recalled goods are not noticed
    #[arg(long)]
    pub offline: bool,
    /// Label goods that must not be sold, marked as such
    #[arg(long)]
    pub force: bool,
    /// Pixels per module (png) [default: 8, or the nearest to 0.495 mm at --dpi]
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(1..=i64::from(label::qr::MAX_SCALE)))]
    pub scale: Option<u32>,
    /// Dots per inch of the printer: modules are whole dots, and the file states its size (png)
    #[arg(long, value_name = "DPI", value_parser = clap::value_parser!(u32).range(1..=4800))]
    pub dpi: Option<u32>,
    /// Label stock: columns x rows of a sheet, or a roll [default: 3x8, for a container 2x4] (pdf, sheet, test)
    #[arg(long, value_parser = Stock::names().collect::<Vec<_>>())]
    pub stock: Option<String>,
    /// Number of labels [default: a full page] (pdf, sheet)
    #[arg(long, value_name = "N")]
    pub count: Option<usize>,
    /// Marks that show where to cut (pdf, sheet)
    #[arg(long)]
    pub crop: bool,
    /// Language of the titles and names (pdf, sheet, test)
    #[arg(long, value_name = "LANGUAGE", default_value = PRINTED, value_parser = Lang::all().map(Lang::code).collect::<Vec<_>>())]
    pub lang: String,
    /// Further line of text, such as a contact or a net weight; repeatable (pdf, sheet)
    #[arg(long = "line", value_name = "TEXT")]
    pub lines: Vec<String>,
    /// New file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What a node knows of what is labelled.
enum Known {
    Lot(Goods),
    Container(Carton),
    /// No node was asked, or none answered.
    Nothing,
}

impl Known {
    fn headline(&self) -> Option<LotState> {
        match self {
            Known::Lot(goods) => Some(goods.headline),
            Known::Container(carton) => carton.headline(),
            Known::Nothing => None,
        }
    }
}

impl Label {
    /// Refuses options that the format does not read.
    fn check_format(&self) -> Result<(), Failure> {
        let (page, png, test) = (self.format.is_page(), self.format == Format::Png, self.format == Format::Test);
        let read = [
            ("--count", self.count.is_some(), page, "pdf"),
            ("--line", !self.lines.is_empty(), page, "pdf"),
            ("--crop", self.crop, page, "pdf"),
            ("--stock", self.stock.is_some(), page || test, "pdf"),
            ("--lang", self.lang != PRINTED, page || test, "pdf"),
            ("--dpi", self.dpi.is_some(), png, "png"),
            ("--scale", self.scale.is_some(), png, "png"),
        ];
        match read.iter().find(|(_, given, read, _)| *given && !read) {
            Some((odd, .., format)) => Err(Failure::usage(format!("{odd} requires --format {format}"))
                .hint(format!("add --format {format}, or leave out {odd}"))),
            None => Ok(()),
        }
    }

    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        self.check_format()?;
        if self.format == Format::Test {
            let stock = self.stock(STOCK)?;
            let lang = Lang::of(&self.lang);
            let page = label::test_page(stock, &content::test_words(lang, stock), lang.tag());
            let pdf = page.and_then(|page| label::pdf::page(&page)).map_err(cant)?;
            return self.give(out, &pdf, None);
        }
        let (Some(code), Some(url)) = (&self.code, &self.url) else {
            return Err(Failure::usage("a label needs a code and --url")
                .hint("give a lot or container, and the address that its code opens"));
        };
        let link = link::parse(code)?;
        let stem = crate::server::settings::public_url(url).map_err(|why| {
            Failure::usage("--url is not a valid address")
                .because(why)
                .hint("give an address such as https://jejak.example")
        })?;
        for (code, value) in link.elements.iter().filter(|(code, _)| matches!(code.as_str(), "10" | "21")) {
            plain::check(value).map_err(|e| {
                Failure::usage(format!("({code}){value} cannot be on a label of this ledger"))
                    .because(e)
                    .hint("choose another number")
            })?;
        }
        let known = self.known(&link, self.node.as_deref().unwrap_or(&stem))?;
        let stopped = content::stopped(known.headline());
        if let Some(state) = stopped {
            let what = format!("{link} is {}: no label of it is printed", state.name());
            if !self.force {
                return Err(Failure::goods(what).hint("--force prints it all the same, marked"));
            }
            output::warn(format!("{link} is {}", state.name()));
        }
        let mark = stopped.map(content::mark);
        let uri = link.uri(&stem);
        let bytes = match self.format {
            Format::Terminal => format!("{}\n{link}\n{uri}\n", label::terminal(&uri).map_err(cant)?).into_bytes(),
            Format::Svg => label::code_svg(&uri, mark.as_deref()).map_err(cant)?.into_bytes(),
            Format::Png => self.png(&uri, mark.is_some())?,
            Format::Pdf | Format::Sheet | Format::Test => self.page(&link, &uri, &known, mark)?,
        };
        self.give(out, &bytes, Some(&uri))
    }

    /// What a node knows of the goods: where none answers, labels are printed without it, and that is said.
    fn known(&self, link: &DigitalLink, node: &str) -> Result<Known, Failure> {
        let unchecked = |why: &str| output::warn(format!("it was not checked whether {link} may be sold: {why}"));
        if self.offline {
            unchecked("--offline was given");
            return Ok(Known::Nothing);
        }
        let node = Client::with_timeout(node, PATIENCE)?;
        let wrong = |e: serde_json::Error| {
            Failure::not_proven(format!("{} answers what is no lot or container", node.base())).because(e)
        };
        let answer = match link.key() {
            Ok(PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _)) => node
                .get_json(&lot_path(&lot))
                .and_then(|body| serde_json::from_value(body).map(Known::Lot).map_err(wrong)),
            Ok(PrimaryKey::Sscc(sscc)) => node.get_json(&format!("/00/{sscc}")).and_then(|mut body| {
                serde_json::from_value(body["jejak:container"].take()).map(Known::Container).map_err(wrong)
            }),
            _ => return Ok(Known::Nothing),
        };
        match answer {
            Err(failure) if failure.kind == Kind::Unreachable => {
                unchecked(&failure.message);
                Ok(Known::Nothing)
            }
            Err(failure) if failure.code.as_deref() == Some("not-found") => Err(failure.hint(
                "a code must lead to a page: record the goods first, or add --offline to print labels in advance",
            )),
            other => other,
        }
    }

    fn stock(&self, default: &str) -> Result<&'static Stock, Failure> {
        let name = self.stock.as_deref().unwrap_or(default);
        Stock::named(name).ok_or_else(|| Failure::usage(format!("unknown label stock {name}")))
    }

    fn png(&self, uri: &str, marked: bool) -> Result<Vec<u8>, Failure> {
        let coarse = |e: LabelError| {
            cant(e)
                .hint("give the resolution at which the printer prints, such as 203, 300 or 600, and leave out --scale")
        };
        let scale = match (self.dpi, self.scale) {
            (Some(dpi), Some(scale)) => label::qr::check_resolution(dpi, scale).map(|()| scale).map_err(coarse)?,
            (Some(dpi), None) => label::qr::scale_at(dpi).map_err(coarse)?,
            (None, scale) => scale.unwrap_or(8),
        };
        label::png(uri, scale, self.dpi, marked).map_err(cant)
    }

    fn page(&self, link: &DigitalLink, uri: &str, known: &Known, mark: Option<String>) -> Result<Vec<u8>, Failure> {
        let default = if matches!(link.key(), Ok(PrimaryKey::Sscc(_))) { CARTON_STOCK } else { STOCK };
        let (stock, lang) = (self.stock(default)?, Lang::of(&self.lang));
        let count = self.count.unwrap_or(stock.capacity());
        if count == 0 || count > stock.capacity() {
            return Err(Failure::usage(format!("{count} labels do not fit on one page"))
                .because(format!("{} holds 1 to {}", stock.name, stock.capacity()))
                .hint("print one page several times"));
        }
        let hri = || link.elements.iter().map(|(code, value)| format!("({code}) {value}")).collect();
        let mut label = match (link.key(), known) {
            (Ok(PrimaryKey::Sscc(sscc)), Known::Container(carton)) => {
                content::carton(lang, uri.to_owned(), sscc, Some(carton))
            }
            (Ok(PrimaryKey::Sscc(sscc)), _) => content::carton(lang, uri.to_owned(), sscc, None),
            (Ok(PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _)), Known::Lot(goods)) => {
                content::pack(lang, uri.to_owned(), hri(), &lot, goods)
            }
            _ => {
                let scan = Some(lang.text("sheet-scan"));
                label::Label { link: uri.to_owned(), hri: hri(), scan, ..label::Label::default() }
            }
        };
        label.mark = mark;
        let line = |text: &String| label::Field { title: String::new(), value: text.clone() };
        label.fields.extend(self.lines.iter().map(line));
        let page = label::sheet(&label, stock, count, self.crop, lang.tag()).map_err(cant)?;
        match self.format {
            Format::Sheet => Ok(label::svg::page(&page).into_bytes()),
            _ => label::pdf::page(&page).map_err(cant),
        }
    }

    /// Writes what was drawn to the file, or prints it.
    fn give(&self, out: Out, bytes: &[u8], uri: Option<&str>) -> Result<(), Failure> {
        match &self.out {
            Some(file) => {
                output::write_new(file, bytes)?;
                let value = serde_json::json!({ "file": file, "link": uri });
                out.print(&[&file.display().to_string(), uri.unwrap_or_default()].join("\n"), &value);
            }
            None if self.format.is_binary() && !out.json && std::io::stdout().is_terminal() => {
                return Err(
                    Failure::usage("refusing to write a file that is no text to the terminal").hint("give --out FILE")
                );
            }
            // PNG and PDF in base64, other formats as text
            None if out.json => {
                let picture = match self.format.is_binary() {
                    true => data_encoding::BASE64.encode(bytes),
                    false => String::from_utf8_lossy(bytes).into_owned(),
                };
                out.print("", &serde_json::json!({ "link": uri, "picture": picture }));
            }
            None => output::raw(bytes),
        }
        Ok(())
    }
}

fn cant(error: LabelError) -> Failure {
    Failure::usage("cannot draw the label").because(error)
}
