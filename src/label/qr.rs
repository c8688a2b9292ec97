//! One QR code as SVG, as PNG, or in the terminal. Symbols are ISO/IEC 18004, error correction level M, and carry the
//! quiet zone of four modules that a scanner needs.

use std::fmt::Write as _;
use std::sync::Arc;

use qrcode::{Color, EcLevel, QrCode};

use crate::causes::{Source, Whole};

/// Modules of white on each side.
pub const QUIET: usize = 4;
/// Height of the band that marks the code of goods that must not be sold, in modules.
const BAND: usize = 6;
/// Largest PNG scale, in pixels per module.
pub const MAX_SCALE: u32 = 40;

/// Why no label can be made.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// The text does not fit a symbol.
    #[error("the address is too long for a QR code")]
    TooLong,
    /// The scale is out of range.
    #[error("scale must be 1 to {MAX_SCALE} pixels per module")]
    Scale,
    /// The picture could not be written.
    #[error("the picture could not be written")]
    Picture(#[source] Source),
}

/// The modules of a symbol without quiet zone: `true` is dark, row by row.
fn modules(text: &str) -> Result<(usize, Vec<bool>), LabelError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| LabelError::TooLong)?;
    let width = code.width();
    Ok((width, code.to_colors().into_iter().map(|c| c == Color::Dark).collect()))
}

/// Modules across, quiet zone included: what times the X-dimension is the printed size.
///
/// # Errors
/// [`LabelError::TooLong`].
pub fn across(text: &str) -> Result<usize, LabelError> {
    Ok(modules(text)?.0 + 2 * QUIET)
}

/// The dark modules as one SVG path in module units, runs joined row by row, quiet zone included in the offset.
///
/// # Errors
/// [`LabelError::TooLong`].
pub fn path(text: &str) -> Result<(usize, String), LabelError> {
    let (width, dark) = modules(text)?;
    let mut path = String::with_capacity(width * width * 2);
    for (y, row) in dark.chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row[x..].iter().take_while(|d| **d).count();
            if run > 0 {
                // writing to a String can't fail
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    Ok((width + 2 * QUIET, path))
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

/// A PNG of `text`, one bit per pixel, `scale` pixels per module; if it is `marked`, with a striped band below it.
///
/// # Errors
/// [`LabelError`].
pub fn png(text: &str, scale: u32, marked: bool) -> Result<Vec<u8>, LabelError> {
    if !(1..=MAX_SCALE).contains(&scale) {
        return Err(LabelError::Scale);
    }
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
            let bytes = png(LINK, scale, false).unwrap();
            let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
            decoder.set_transformations(png::Transformations::EXPAND);
            let mut reader = decoder.read_info().unwrap();
            let mut picture = vec![0; reader.output_buffer_size().unwrap()];
            let info = reader.next_frame(&mut picture).unwrap();
            assert_eq!(info.width as usize, across(LINK).unwrap() * scale as usize);
            assert_eq!(scan(info.width as usize, &picture), LINK);
        }
        assert!(matches!(png(LINK, 0, false), Err(LabelError::Scale)));
        assert!(matches!(png(LINK, 41, false), Err(LabelError::Scale)));
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
    fn terminal_symbol_has_every_row_of_modules() {
        let text = terminal(LINK).unwrap();
        assert_eq!(text.lines().count(), across(LINK).unwrap().div_ceil(2));
    }
}
