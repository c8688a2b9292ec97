//! Label stock: the sheets and rolls that labels are printed on, in millimetres.

/// How labels lie on a page, in millimetres. A roll is a page with one label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stock {
    /// Name to ask for it by: columns x rows of a sheet, width of a roll.
    pub name: &'static str,
    /// Width and height of the page; a continuous roll has the height of what is printed, and this is the most.
    pub page: (f64, f64),
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
    /// White that is kept round a label's content.
    pub margin: f64,
    /// What it is printed on.
    pub kind: Kind,
}

/// What labels are printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A sheet of labels, for an office printer.
    Sheet,
    /// A roll of labels, for a label printer of 8 dots per millimetre (203 dpi).
    Roll,
    /// A roll without an end, of the same printers: a label is as long as its content.
    Continuous,
}

impl Kind {
    /// Width of a printer's dot where bars must be whole dots: 8 to a millimetre. An office printer has 12 and more.
    pub const fn dot(self) -> Option<f64> {
        match self {
            Kind::Sheet => None,
            Kind::Roll | Kind::Continuous => Some(0.125),
        }
    }
}

/// A4 paper.
const A4: (f64, f64) = (210.0, 297.0);
/// US Letter paper: 8.5 x 11 inches.
const LETTER: (f64, f64) = (215.9, 279.4);

/// Every stock. The margins of `2x2` and of the rolls are what printers leave white: 5 mm at the edge of a page, and of a roll of 58 mm
/// the head prints 48 mm.
pub const STOCKS: &[Stock] = &[
    sheet("2x7", A4, [2, 7], [99.1, 38.1], [4.65, 15.15], 101.6),
    sheet("3x8", A4, [3, 8], [63.5, 33.9], [7.25, 12.9], 66.0),
    sheet("2x4", A4, [2, 4], [99.1, 67.7], [4.65, 13.1], 101.6),
    Stock { margin: 5.0, ..sheet("2x2", A4, [2, 2], [105.0, 148.5], [0.0, 0.0], 105.0) },
    // 4 x 2 inches: Avery 5163 and 8163
    sheet("letter-2x5", LETTER, [2, 5], [101.6, 50.8], [3.96, 12.7], 106.38),
    // 4 x 3 1/3 inches: Avery 5164 and 8164
    sheet("letter-2x3", LETTER, [2, 3], [101.6, 84.67], [3.96, 12.7], 106.38),
    Stock { margin: 5.0, kind: Kind::Continuous, ..roll("58mm", (58.0, 300.0)) },
    roll("100x150", (100.0, 150.0)),
];

const fn sheet(
    name: &'static str,
    page: (f64, f64),
    [columns, rows]: [usize; 2],
    [width, height]: [f64; 2],
    [left, top]: [f64; 2],
    across: f64,
) -> Stock {
    Stock { name, page, columns, rows, width, height, left, top, across, margin: 2.0, kind: Kind::Sheet }
}

const fn roll(name: &'static str, page: (f64, f64)) -> Stock {
    let (width, height) = page;
    let (columns, rows, left, top, across) = (1, 1, 0.0, 0.0, width);
    Stock { name, page, columns, rows, width, height, left, top, across, margin: 3.0, kind: Kind::Roll }
}

impl Stock {
    /// The stock of this name.
    pub fn named(name: &str) -> Option<&'static Stock> {
        STOCKS.iter().find(|stock| stock.name == name)
    }

    /// The names of all.
    pub fn names() -> impl Iterator<Item = &'static str> {
        STOCKS.iter().map(|stock| stock.name)
    }

    /// Labels on one page.
    pub const fn capacity(&self) -> usize {
        self.columns * self.rows
    }

    /// Where each label of a page begins, row by row.
    pub fn places(&self) -> impl Iterator<Item = (f64, f64)> {
        (0..self.capacity()).map(|i| {
            let (column, row) = (i % self.columns, i / self.columns);
            (self.left + column as f64 * self.across, self.top + row as f64 * self.height)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_lie_on_the_page_and_not_on_each_other() {
        for stock in STOCKS {
            assert_eq!(Stock::named(stock.name), Some(stock));
            assert!(stock.columns == 1 || stock.across >= stock.width, "{}", stock.name);
            for (x, y) in stock.places() {
                assert!(x >= 0.0 && y >= 0.0, "{}", stock.name);
                assert!(
                    x + stock.width <= stock.page.0 + 0.01 && y + stock.height <= stock.page.1 + 0.01,
                    "{}",
                    stock.name
                );
            }
            // the stock is centred on its page, as those who make it cut it
            let right = stock.page.0 - stock.left - stock.across * (stock.columns - 1) as f64 - stock.width;
            let bottom = stock.page.1 - stock.top - stock.height * stock.rows as f64;
            assert!((right - stock.left).abs() < 0.1 && (bottom - stock.top).abs() < 0.1, "{}", stock.name);
        }
        assert_eq!(Stock::named("9x9"), None);
    }
}
