//! One QR code as SVG, as PNG, or in the terminal. Symbols are ISO/IEC 18004, error correction level M, and carry the
//! quiet zone of four modules that a scanner needs.

use std::fmt::Write as _;
use std::sync::Arc;

use qrcode::{Color, EcLevel, QrCode};

use super::layout::MODULE;
use crate::causes::{Source, Whole};

/// Modules of white on each side.
pub const QUIET: usize = 4;
/// Height of the band that marks the code of goods that must not be sold, in modules.
const BAND: usize = 6;
/// Largest PNG scale, in pixels per module.
pub const MAX_SCALE: u32 = 40;
const MILLIMETRES_PER_INCH: f64 = 25.4;

/// Why no label can be made.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// The text does not fit a symbol.
    #[error("the address is too long for a QR code")]
    TooLong,
    /// The scale is out of range.
    #[error("scale must be 1 to {MAX_SCALE} pixels per module")]
    Scale,
    /// No whole number of pixels makes a module of a size that GS1 allows.
    #[error("at {dpi} dpi and {scale} pixels per module a module is {millimetres:.3} mm wide, not {} to {} mm", MODULE.0, MODULE.2)]
    Resolution {
        /// Pixels per inch.
        dpi: u32,
        /// Pixels per module.
        scale: u32,
        /// Printed width of a module.
        millimetres: f64,
    },
    /// A character that no font of labels has.
    #[error("there is no letter for {} (U+{:04X}) in “{text}”: labels have Latin letters and Chinese characters", char.escape_debug(), u32::from(*char))]
    Character {
        /// The character.
        char: char,
        /// The line that it is in.
        text: String,
    },
    /// The label is too small.
    #[error("{} does not fit a label of stock {stock} in letters that can be read; {}", no_room(line.as_deref()), larger(*fits))]
    NoRoom {
        /// The first line that is too much; none if it is the code.
        line: Option<String>,
        /// The stock.
        stock: &'static str,
        /// The smallest stock that has room.
        fits: Option<&'static str>,
    },
    /// The picture could not be written.
    #[error("the picture could not be written")]
    Picture(#[source] Source),
    /// The PDF could not be written.
    #[error("the PDF could not be written")]
    Document(#[source] Option<Source>),
}

fn no_room(line: Option<&str>) -> String {
    line.map_or_else(|| "the code".to_owned(), |line| format!("“{line}”"))
}

fn larger(fits: Option<&str>) -> String {
    fits.map_or_else(|| "no stock has room for it".to_owned(), |stock| format!("stock {stock} has room"))
}

/// The modules of a symbol without quiet zone: `true` is dark, row by row.
fn modules(text: &str) -> Result<(usize, Vec<bool>), LabelError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| LabelError::TooLong)?;
    let width = code.width();
    Ok((width, code.to_colors().into_iter().map(|c| c == Color::Dark).collect()))
}

/// Dark modules that lie beside each other: column and row of the first, and how many they are.
pub type Run = (usize, usize, usize);

/// Modules across, quiet zone included, and the runs of dark modules: column, row and length.
///
/// # Errors
/// [`LabelError::TooLong`].
pub fn runs(text: &str) -> Result<(usize, Vec<Run>), LabelError> {
    let (width, dark) = modules(text)?;
    let mut runs = Vec::new();
    for (y, row) in dark.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] {
                runs.push((x + QUIET, y + QUIET, run.len()));
            }
            x += run.len();
        }
    }
    Ok((width + 2 * QUIET, runs))
}

/// The dark modules as one SVG path in module units, quiet zone included in the offset.
fn path(text: &str) -> Result<(usize, String), LabelError> {
    let (side, runs) = runs(text)?;
    let mut path = String::with_capacity(side * side * 2);
    for (x, y, run) in runs {
        // writing to a String can't fail
        let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
    }
    Ok((side, path))
}

/// Pixels per module at this resolution: as many whole ones as come nearest to the target X-dimension.
///
/// # Errors
/// [`LabelError::Resolution`] when that is outside what GS1 allows.
pub fn scale_at(dpi: u32) -> Result<u32, LabelError> {
    let target = MODULE.1 * f64::from(dpi) / MILLIMETRES_PER_INCH;
    // 0.5 to 4e9 after the clamp
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let scale = target.round().clamp(1.0, f64::from(MAX_SCALE)) as u32;
    check_resolution(dpi, scale).map(|()| scale)
}

/// Whether modules of `scale` pixels are of a size that GS1 allows when they are printed at this resolution.
///
/// # Errors
/// [`LabelError::Resolution`].
pub fn check_resolution(dpi: u32, scale: u32) -> Result<(), LabelError> {
    let millimetres = f64::from(scale) * MILLIMETRES_PER_INCH / f64::from(dpi.max(1));
    if (MODULE.0..=MODULE.2).contains(&millimetres) {
        Ok(())
    } else {
        Err(LabelError::Resolution { dpi, scale, millimetres })
    }
}

/// A stand-alone SVG of `text`, titled with itself for those who can't see it; with `mark` on a black band below it.
///
/// # Errors
/// [`LabelError::TooLong`].
pub fn svg(text: &str, mark: Option<&str>) -> Result<String, LabelError> {
    let (side, path) = path(text)?;
    let title = escape(text);
    let band = mark.map_or_else(String::new, |mark| {
        let (wide, at) = (side - 2, side + 4);
        let mark = escape(mark);
        format!(
            "<path d=\"M0 {side}h{side}v{BAND}H0z\"/><text x=\"1\" y=\"{at}\" fill=\"#fff\" font-family=\"sans-serif\" \
             font-weight=\"bold\" font-size=\"3\" textLength=\"{wide}\" lengthAdjust=\"spacingAndGlyphs\">{mark}</text>"
        )
    });
    let height = if mark.is_some() { side + BAND } else { side };
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {height}\" role=\"img\" \
         shape-rendering=\"crispEdges\"><title>{title}</title><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\
         <path d=\"{path}\"/>{band}</svg>\n"
    ))
}

/// A PNG of `text`, one bit per pixel, `scale` pixels per module; if it is `marked`, with a striped band below it. The file says how many
/// pixels go to an inch: `dpi`, or as many as print a module at the target X-dimension.
///
/// # Errors
/// [`LabelError`].
pub fn png(text: &str, scale: u32, dpi: Option<u32>, marked: bool) -> Result<Vec<u8>, LabelError> {
    if !(1..=MAX_SCALE).contains(&scale) {
        return Err(LabelError::Scale);
    }
    let per_metre = match dpi {
        Some(dpi) => f64::from(dpi) / MILLIMETRES_PER_INCH * 1000.0,
        None => f64::from(scale) / MODULE.1 * 1000.0,
    };
    let (width, dark) = modules(text)?;
    let scale = scale as usize;
    let side = (width + 2 * QUIET) * scale;
    let stride = side.div_ceil(8);
    let height = side + if marked { BAND * scale } else { 0 };
    let mut pixels = Vec::with_capacity(stride * height);
    for y in 0..height {
        let mut row = vec![0xffu8; stride];
        for x in 0..side {
            let (mx, my) = ((x / scale).wrapping_sub(QUIET), (y / scale).wrapping_sub(QUIET));
            let stripe = y >= side && ((x + y) / (3 * scale)).is_multiple_of(2);
            if stripe || (mx < width && my < width && dark[my * width + mx]) {
                row[x / 8] &= !(0x80 >> (x % 8));
            }
        }
        pixels.extend_from_slice(&row);
    }
    let picture = |e: png::EncodingError| LabelError::Picture(Arc::new(Whole(e)));
    let [pixels_across, pixels_down] = [side, height].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, pixels_across, pixels_down);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    // at most 4e9 / 0.0254
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let per_metre = per_metre.round().min(f64::from(u32::MAX)) as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
    let mut writer = encoder.write_header().map_err(picture)?;
    writer.write_image_data(&pixels).map_err(picture)?;
    writer.finish().map_err(picture)?;
    Ok(out)
}

/// The symbol in half blocks for a terminal, dark on light whatever the terminal's colours are.
///
/// # Errors
/// [`LabelError::TooLong`].
pub fn terminal(text: &str) -> Result<String, LabelError> {
    let (width, dark) = modules(text)?;
    let side = width + 2 * QUIET;
    let at = |x: usize, y: usize| {
        let (x, y) = (x.wrapping_sub(QUIET), y.wrapping_sub(QUIET));
        x < width && y < width && dark[y * width + x]
    };
    let mut out = String::new();
    for y in (0..side).step_by(2) {
        out.push_str("\x1b[30;107m");
        for x in 0..side {
            out.push(match (at(x, y), at(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        out.push_str("\x1b[0m\n");
    }
    Ok(out)
}

/// Escapes text for XML and HTML.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://jejak.example/01/09521321001022/10/NILAM-2611-03";

    /// Reads the symbol of a square picture, one byte of brightness a pixel.
    fn scan(side: usize, picture: &[u8]) -> String {
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| picture[y * side + x]);
        let grids = prepared.detect_grids();
        assert_eq!(grids.len(), 1, "one symbol is found");
        grids[0].decode().unwrap().1
    }

    #[test]
    fn scanner_reads_the_png_at_each_scale() {
        for scale in [3, 8] {
            let bytes = png(LINK, scale, None, false).unwrap();
            let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
            decoder.set_transformations(png::Transformations::EXPAND);
            let mut reader = decoder.read_info().unwrap();
            let mut picture = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut picture).unwrap();
            assert_eq!(info.width as usize, runs(LINK).unwrap().0 * scale as usize);
            assert_eq!(scan(info.width as usize, &picture), LINK);
        }
        assert!(matches!(png(LINK, 0, None, false), Err(LabelError::Scale)));
        assert!(matches!(png(LINK, 41, None, false), Err(LabelError::Scale)));
        assert!(matches!(svg(&"x".repeat(5000), None), Err(LabelError::TooLong)));
    }

    #[test]
    fn scanner_reads_the_svg_path() {
        let (side, path) = path(LINK).unwrap();
        let side = side * 4;
        let mut picture = vec![255; side * side];
        for run in path.split('M').skip(1) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (length, _) = rest.split_once('v').unwrap();
            let (x, y, length): (usize, usize, usize) =
                (x.parse().unwrap(), y.parse().unwrap(), length.parse().unwrap());
            for px in x * 4..(x + length) * 4 {
                for py in y * 4..(y + 1) * 4 {
                    picture[py * side + px] = 0;
                }
            }
        }
        assert_eq!(scan(side, &picture), LINK);
        assert!(svg("https://x/?a=1&b=<\"", None).unwrap().contains("a=1&amp;b=&lt;&quot;"));
    }

    #[test]
    fn png_has_whole_pixels_per_module_and_states_its_resolution() {
        // 0.495 mm are 2.9, 4.0, 5.8, 11.7 and 23.4 pixels
        for (dpi, scale) in [(150, 3), (203, 4), (300, 6), (600, 12), (1200, 23)] {
            assert_eq!(scale_at(dpi).unwrap(), scale, "{dpi}");
            let bytes = png(LINK, scale, Some(dpi), false).unwrap();
            let reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
            let dimensions = reader.info().pixel_dims.unwrap();
            assert_eq!(dimensions.unit, png::Unit::Meter);
            assert_eq!(dimensions.xppu, (f64::from(dpi) / 0.0254).round() as u32);
            assert_eq!(reader.info().width as usize, runs(LINK).unwrap().0 * scale as usize);
        }
        // a pixel is 1.06 mm; 40 pixels are 0.34 mm; two are 0.34 mm
        assert!(matches!(scale_at(24), Err(LabelError::Resolution { scale: 1, .. })));
        assert!(matches!(scale_at(3000), Err(LabelError::Resolution { scale: 40, .. })));
        assert!(
            check_resolution(150, 2).is_err() && check_resolution(150, 5).is_ok() && check_resolution(150, 6).is_err()
        );
    }

    #[test]
    fn terminal_symbol_has_every_row_of_modules() {
        let text = terminal(LINK).unwrap();
        assert_eq!(text.lines().count(), runs(LINK).unwrap().0.div_ceil(2));
    }
}
