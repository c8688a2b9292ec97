//! Sheets of labels on A4 stock as one SVG page each, sized in millimetres: print at 100 %.

use std::fmt::Write as _;

use super::qr::{LabelError, escape, path};

/// The contents of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What the QR code holds.
    pub link: String,
    /// Human-readable interpretation, one identifier per line: `(01) 09521321001022`.
    pub hri: Vec<String>,
    /// Product, weight, harvest date, village: one line each.
    pub lines: Vec<String>,
    /// What must be seen first, such as that the goods are recalled: white on black.
    pub mark: Option<String>,
}

/// Label stock: how the labels lie on an A4 page, in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stock {
    /// Name to ask for it by: columns x rows.
    pub name: &'static str,
    /// Labels across.
    pub columns: usize,
    /// Labels down.
    pub rows: usize,
    /// Width of a label.
    pub width: f64,
    /// Height of a label.
    pub height: f64,
    /// Left margin of the page.
    pub left: f64,
    /// Top margin of the page.
    pub top: f64,
    /// Distance from one column to the next.
    pub across: f64,
}

/// Common A4 stock: 2 x 7 (99.1 x 38.1 mm), 3 x 8 (63.5 x 33.9 mm), 2 x 4 (99.1 x 67.7 mm).
pub const STOCKS: &[Stock] = &[
    Stock { name: "2x7", columns: 2, rows: 7, width: 99.1, height: 38.1, left: 4.65, top: 15.15, across: 101.6 },
    Stock { name: "3x8", columns: 3, rows: 8, width: 63.5, height: 33.9, left: 7.25, top: 12.9, across: 66.0 },
    Stock { name: "2x4", columns: 2, rows: 4, width: 99.1, height: 67.7, left: 4.65, top: 13.1, across: 101.6 },
];

/// Printed width of a module: the target of GS1 General Specifications for general distribution, in millimetres.
const X_DIMENSION: f64 = 0.495;
/// Smallest printed width of a module, in millimetres.
const X_SMALLEST: f64 = 0.396;
/// White round a label's content, in millimetres.
const MARGIN: f64 = 2.0;

/// A page of labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sheet {
    /// The stock it is printed on.
    pub stock: Stock,
}

impl Sheet {
    /// The sheet for stock of this name.
    pub fn named(name: &str) -> Option<Sheet> {
        STOCKS.iter().find(|s| s.name == name).map(|stock| Sheet { stock: *stock })
    }

    /// Labels on one page.
    pub fn capacity(&self) -> usize {
        self.stock.columns * self.stock.rows
    }

    /// One SVG page; `labels` beyond [`Sheet::capacity`] are left for the next page.
    ///
    /// # Errors
    /// [`LabelError::TooLong`] when a link does not fit the label at the smallest X-dimension.
    pub fn page(&self, labels: &[Label]) -> Result<String, LabelError> {
        let mut out = String::from(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"210mm\" height=\"297mm\" viewBox=\"0 0 210 297\" \
             font-family=\"sans-serif\">\n",
        );
        for (i, label) in labels.iter().take(self.capacity()).enumerate() {
            let (column, row) = (i % self.stock.columns, i / self.stock.columns);
            let x = self.stock.left + column as f64 * self.stock.across;
            let y = self.stock.top + row as f64 * self.stock.height;
            self.label(&mut out, label, x, y)?;
        }
        out.push_str("</svg>\n");
        Ok(out)
    }

    fn label(&self, out: &mut String, label: &Label, x: f64, y: f64) -> Result<(), LabelError> {
        let (side, path) = path(&label.link)?;
        let room = self.stock.height - 2.0 * MARGIN;
        let module = X_DIMENSION.min(room / side as f64);
        if module < X_SMALLEST {
            return Err(LabelError::TooLong);
        }
        let qr = module * side as f64;
        // writing to a String can't fail
        let _ = write!(
            out,
            "<g transform=\"translate({x:.3} {y:.3})\"><path transform=\"translate({MARGIN} {MARGIN}) scale({module:.4})\" \
             shape-rendering=\"crispEdges\" d=\"{path}\"/>"
        );
        let left = MARGIN + qr + 1.0;
        // an average sans-serif letter is 0.55 of its size wide; long lines are squeezed rather than cut
        let room = self.stock.width - left - MARGIN;
        let mut line_at = MARGIN + 4.0;
        if let Some(mark) = &label.mark {
            let mark = escape(mark);
            let _ = write!(
                out,
                "<rect x=\"{left:.2}\" y=\"{MARGIN}\" width=\"{room:.2}\" height=\"4.6\"/><text x=\"{:.2}\" y=\"{:.2}\" fill=\"#fff\" \
                 font-weight=\"bold\" font-size=\"3\" textLength=\"{:.2}\" lengthAdjust=\"spacingAndGlyphs\">{mark}</text>",
                left + 0.8,
                MARGIN + 3.4,
                room - 1.6,
            );
            line_at += 5.0;
        }
        for (text, size) in label.lines.iter().map(|l| (l, 3.0)).chain(label.hri.iter().map(|l| (l, 2.4))) {
            let squeeze = if text.chars().count() as f64 * size * 0.55 > room {
                format!(" textLength=\"{room:.2}\" lengthAdjust=\"spacingAndGlyphs\"")
            } else {
                String::new()
            };
            let text = escape(text);
            let _ = write!(out, "<text x=\"{left:.2}\" y=\"{line_at:.2}\" font-size=\"{size}\"{squeeze}>{text}</text>");
            line_at += size * 1.3;
        }
        out.push_str("</g>\n");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(link: &str) -> Label {
        Label {
            link: link.into(),
            hri: vec!["(10) A&B".into()],
            lines: vec!["Minyak nilam <50 ml>".into()],
            mark: None,
        }
    }

    #[test]
    fn a_page_holds_as_many_labels_as_the_stock() {
        for stock in STOCKS {
            let sheet = Sheet::named(stock.name).unwrap();
            let link = "https://jejak.example/01/09521321001022/10/NILAM-2611-03/21/ABCDEFGH23456777";
            let page = sheet.page(&vec![label(link); 100]).unwrap();
            assert_eq!(page.matches("<g ").count(), sheet.capacity());
            assert!(page.contains("A&amp;B") && page.contains("&lt;50 ml&gt;"));
            assert!(stock.left + (stock.columns - 1) as f64 * stock.across + stock.width <= 210.0);
            assert!(stock.top + stock.rows as f64 * stock.height <= 297.0);
        }
        assert!(Sheet::named("9x9").is_none());
        assert!(Sheet::named("3x8").unwrap().page(&[label(&"x".repeat(900))]).is_err());
    }
}
