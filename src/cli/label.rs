//! `jejak label`: the QR code of a lot or item, or a printable sheet of labels.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Out;
use super::failure::Failure;
use super::link;
use super::output;
use crate::gs1::plain;
use crate::label::{self, Sheet, sheet};

/// The default label stock.
const STOCK: &str = "3x8";

/// Output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The QR code, for the terminal
    Terminal,
    /// The QR code as SVG
    Svg,
    /// The QR code as PNG
    Png,
    /// A page of labels as SVG, in millimetres: print it at 100 %
    Sheet,
}

/// Prints the QR code of a lot, or a sheet of labels.
#[derive(Debug, Args)]
pub struct Label {
    /// Digital Link or element string of the lot, item or container
    #[arg(value_name = "LOT")]
    pub lot: String,
    /// Address that the code opens, such as https://jejak.example
    #[arg(long, value_name = "URL", env = "JEJAK_PUBLIC_URL")]
    pub url: String,
    /// Output format
    #[arg(long, value_enum, default_value = "terminal")]
    pub format: Format,
    /// Pixels per module (PNG)
    #[arg(long, value_name = "PIXELS", default_value = "8", value_parser = clap::value_parser!(u32).range(1..=i64::from(label::qr::MAX_SCALE)))]
    pub scale: u32,
    /// Label stock, columns x rows (sheet)
    #[arg(long, default_value = STOCK, value_parser = sheet::STOCKS.iter().map(|s| s.name).collect::<Vec<_>>())]
    pub stock: String,
    /// Number of labels [default: a full page] (sheet)
    #[arg(long, value_name = "N")]
    pub count: Option<usize>,
    /// Line of text under the code, such as product, weight or harvest date; repeatable (sheet)
    #[arg(long = "line", value_name = "TEXT")]
    pub lines: Vec<String>,
    /// New file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

impl Label {
    /// Refuses the options of a sheet with another format.
    fn check_format(&self) -> Result<(), Failure> {
        let sheet = self.format == Format::Sheet;
        let odd = match (self.count.is_some(), self.lines.is_empty(), self.stock != STOCK) {
            _ if sheet => return Ok(()),
            (true, ..) => "--count",
            (_, false, _) => "--line",
            (.., true) => "--stock",
            _ => return Ok(()),
        };
        Err(Failure::usage(format!("{odd} requires --format sheet"))
            .hint(format!("add --format sheet, or leave out {odd}")))
    }

    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let link = link::parse(&self.lot)?;
        let stem = crate::server::settings::public_url(&self.url).map_err(|why| {
            Failure::usage("--url is not a valid address")
                .because(why)
                .hint("give an address such as https://jejak.example")
        })?;
        self.check_format()?;
        for (code, value) in link.elements.iter().filter(|(code, _)| matches!(code.as_str(), "10" | "21")) {
            plain::check(value).map_err(|e| {
                Failure::usage(format!("({code}){value} cannot be on a label of this ledger"))
                    .because(e)
                    .hint("choose another number")
            })?;
        }
        let uri = link.uri(&stem);
        let cant = |e: label::LabelError| Failure::usage("cannot draw the code").because(e);
        let bytes = match self.format {
            Format::Terminal => format!("{}\n{link}\n{uri}\n", label::terminal(&uri).map_err(cant)?).into_bytes(),
            Format::Svg => label::svg(&uri, None).map_err(cant)?.into_bytes(),
            Format::Png => label::png(&uri, self.scale, false).map_err(cant)?,
            Format::Sheet => {
                let Some(sheet) = Sheet::named(&self.stock) else {
                    return Err(Failure::usage(format!("unknown label stock {}", self.stock)));
                };
                let hri = link.elements.iter().map(|(code, value)| format!("({code}) {value}")).collect();
                let one = label::Label { link: uri.clone(), hri, lines: self.lines, mark: None };
                let count = self.count.unwrap_or(sheet.capacity());
                if count == 0 || count > sheet.capacity() {
                    return Err(Failure::usage(format!("{count} labels do not fit on one page"))
                        .because(format!("{} holds 1 to {}", self.stock, sheet.capacity()))
                        .hint("print one page several times"));
                }
                sheet.page(&vec![one; count]).map_err(cant)?.into_bytes()
            }
        };
        match &self.out {
            Some(file) => {
                output::write_new(file, &bytes)?;
                let value = serde_json::json!({ "file": file, "link": uri });
                out.print(&format!("{}\n{uri}", file.display()), &value);
            }
            None if self.format == Format::Png && !out.json && std::io::stdout().is_terminal() => {
                return Err(Failure::usage("refusing to write a PNG to the terminal").hint("give --out FILE"));
            }
            // a PNG in base64, other formats as text
            None if out.json => {
                let picture = match self.format {
                    Format::Png => data_encoding::BASE64.encode(&bytes),
                    _ => String::from_utf8_lossy(&bytes).into_owned(),
                };
                out.print("", &serde_json::json!({ "link": uri, "picture": picture }));
            }
            None => output::raw(&bytes),
        }
        Ok(())
    }
}
