//! Short texts on pictures, in a stroke font of our own: sharp in every size.

use crate::geom::{Image, Point};
use crate::image::RgbImage;
use crate::image::draw::{Paint, coverage, distance_to_segment, pixels_between, shade_row};

/// Height of a capital in units of the strokes below.
const CAP_UNITS: f32 = 6.0;
/// Between two characters.
const GAP_UNITS: f32 = 2.0;
/// Width of a stroke as a share of the capitals' height: between regular and bold, which is what video needs.
const STROKE_SHARE: f32 = 0.16;
/// Letters with a tail reach this far below the line that the others stand on.
const TAIL_UNITS: f32 = 2.0;

/// The strokes of a character: each word is a line through points, each point two digits, x and y.
///
/// x goes from 0 to 5; y is 0 at the top of capitals, 2 at that of small letters, 6 at the bottom, 8 below tails.
fn strokes(character: char) -> &'static str {
    match character {
        ' ' => "",
        '0' | 'O' => "103041453616050110",
        '1' => "022026",
        '2' => "01103041420646",
        '3' => "0110304142334445361605 1333",
        '4' => "30044430 3036",
        '5' => "400003334445361605",
        '6' => "4130100105163645443303",
        '7' => "00404216",
        '8' => "103041423313020110 130405163645443313",
        '9' => "05163645413010010213 1343",
        'A' => "0602204246 0444",
        'B' => "0030414233444536060003 0333",
        'C' => "4130100105163645",
        'D' => "00304145360600",
        'E' => "40000646 0333",
        'F' => "400006 0333",
        'G' => "41301001051636454323",
        'H' => "0006 4046 0343",
        'I' => "0020 1016 0626",
        'J' => "4045361605",
        'K' => "0006 400346",
        'L' => "000646",
        'M' => "0600234046",
        'N' => "06004640",
        'P' => "06003041423303",
        'Q' => "103041453616050110 2446",
        'R' => "06003041423303 2346",
        'S' => "413010010213334445361605",
        'T' => "0040 2026",
        'U' => "000516364540",
        'V' => "002640",
        'W' => "0016233640",
        'X' => "0046 4006",
        'Y' => "002340 2326",
        'Z' => "00400646",
        'a' => "1222333616051434",
        'b' => "00062635332202",
        'c' => "321203051636",
        'd' => "30361605031232",
        'e' => "043433221203051636",
        'f' => "302011 1116 0222",
        'g' => "361605031232372808",
        'h' => "0006 0312223336",
        'i' => "00 0206",
        'j' => "20 22271808",
        'k' => "0006 320436",
        'l' => "000516",
        'm' => "0206 03122326 23324346",
        'n' => "0206 0312223336",
        'o' => "122233352616050312",
        'p' => "0208 022233352606",
        'q' => "38321203051636",
        'r' => "0206 031222",
        's' => "3212031424352606",
        't' => "101526 0222",
        'u' => "02051636 3236",
        'v' => "022642",
        'w' => "0216243642",
        'x' | '×' => "0236 3206",
        'y' => "02051636 32372808",
        'z' => "02320636",
        '#' => "1016 3036 0242 0444",
        '%' => "1021120110 4455463544 4016",
        '.' => "06",
        ',' => "1607",
        ':' => "03 06",
        '…' => "06 26 46",
        '!' => "0004 06",
        '?' => "011030414224 26",
        '-' => "0333",
        '+' => "0343 2125",
        '=' => "0242 0444",
        '_' => "0747",
        '/' => "4006",
        '\'' => "0001",
        '(' => "10010516",
        ')' => "00111506",
        '°' => "1021120110",
        _ => "0040460600",
    }
}

/// The points of each stroke, in units.
fn points(character: char) -> impl Iterator<Item = Vec<[f32; 2]>> {
    strokes(character).split_whitespace().map(|stroke| {
        stroke
            .as_bytes()
            .chunks_exact(2)
            .map(|digits| [f32::from(digits[0] - b'0'), f32::from(digits[1] - b'0')])
            .collect()
    })
}

/// From the left edge of a character to that of the next one, in units.
fn advance_units(character: char) -> f32 {
    if character == ' ' {
        return 3.0;
    }
    let width = points(character)
        .flatten()
        .map(|[x, _]| x)
        .fold(0.0, f32::max);
    width + GAP_UNITS
}

fn stroke_px(cap_height_px: f32) -> f32 {
    // thinner than this the letters fade
    (STROKE_SHARE * cap_height_px).max(1.2)
}

/// How wide a text gets, from the outer edge of its first stroke to that of its last.
pub fn text_width_px(text: &str, cap_height_px: f32) -> f32 {
    let units: f32 = text.chars().map(advance_units).sum();
    if units == 0.0 {
        return 0.0;
    }
    (units - GAP_UNITS) * cap_height_px / CAP_UNITS + stroke_px(cap_height_px)
}

/// Writes a text whose capitals are `cap_height_px` high and whose upper left corner is at `corner`.
///
/// Characters that the font lacks become boxes; tails reach a third of the height below the bottom.
pub fn text(
    image: &mut RgbImage,
    text: &str,
    corner: Point<Image>,
    cap_height_px: f32,
    paint: Paint,
) {
    // digits of more than a million pixels are nobody's wish, and keep sums finite
    if !(corner.is_finite() && 0.0 < cap_height_px && cap_height_px < 1e6) {
        return;
    }
    let stroke = stroke_px(cap_height_px);
    // the outer edges of the strokes touch the wished height
    let unit_px = (cap_height_px - stroke).max(1.0) / CAP_UNITS;
    let unit_x_px = cap_height_px / CAP_UNITS;
    let mut left = corner.x + 0.5 * stroke;
    let top = corner.y + 0.5 * stroke;
    for character in text.chars() {
        let segments: Vec<[Point<Image>; 2]> = points(character)
            .flat_map(|stroke| {
                let in_image: Vec<Point<Image>> = stroke
                    .iter()
                    .map(|[x, y]| Point::new(left + unit_x_px * x, top + unit_px * y))
                    .collect();
                // a single point is a dot
                let first = in_image.first().copied();
                let is_dot = in_image.len() == 1;
                let dot = first.filter(|_| is_dot).map(|point| [point, point]);
                let lines: Vec<[Point<Image>; 2]> = in_image
                    .windows(2)
                    .filter_map(|pair| pair.try_into().ok())
                    .collect();
                dot.into_iter().chain(lines)
            })
            .collect();
        let advance = unit_x_px * advance_units(character);
        let reach = 0.5 * stroke + 0.5;
        let rows = pixels_between(
            top - reach,
            top + (CAP_UNITS + TAIL_UNITS) * unit_px + reach,
            image.height(),
        );
        for y in rows {
            let columns = pixels_between(left - reach, left + advance, image.width());
            shade_row(image, y, columns, paint, |x| {
                let at = Point::new(x, y as f32 + 0.5);
                // one shape for all strokes: where they meet nothing is painted twice
                let nearest = segments
                    .iter()
                    .map(|[a, b]| distance_to_segment(at, *a, *b))
                    .fold(f32::MAX, f32::min);
                coverage(nearest - 0.5 * stroke)
            });
        }
        left += advance;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Paint = Paint::opaque([255; 3]);

    /// `[left, top, right, bottom]` of what is brighter than half.
    fn bright_bounds(image: &RgbImage) -> Option<[usize; 4]> {
        let mut bounds: Option<[usize; 4]> = None;
        for y in 0..image.height() {
            for x in 0..image.width() {
                if image.get(x, y).is_some_and(|color| 127 < color[0]) {
                    let [left, top, right, bottom] = bounds.unwrap_or([x, y, x, y]);
                    bounds = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
                }
            }
        }
        bounds
    }

    #[test]
    fn texts_fill_the_announced_rectangle() {
        for cap_height in [8.0, 13.0, 40.0] {
            let mut image = RgbImage::filled([600, 80], [0; 3]);
            text(
                &mut image,
                "#30 H",
                Point::new(10.0, 10.0),
                cap_height,
                WHITE,
            );
            let [left, top, right, bottom] = bright_bounds(&image).unwrap();
            let width = text_width_px("#30 H", cap_height);
            assert!((left as f32 - 10.0).abs() <= 1.5, "{left}");
            assert!((top as f32 - 10.0).abs() <= 1.5, "{top}");
            assert!((right as f32 + 1.0 - 10.0 - width).abs() <= 1.5);
            assert!((bottom as f32 + 1.0 - 10.0 - cap_height).abs() <= 1.5);
        }
    }

    #[test]
    fn every_printable_character_has_its_own_shape() {
        let mut seen: Vec<(char, &str)> = Vec::new();
        let characters = ('0'..='9').chain('A'..='Z').chain('a'..='z');
        for character in characters.chain("#%.,:…!?-+=_/'()°".chars()) {
            let shape = strokes(character);
            assert_ne!(shape, strokes('\u{fffd}'), "{character} is missing");
            for (other, other_shape) in &seen {
                let are_the_same = shape == *other_shape;
                assert!(
                    !are_the_same || (*other, character) == ('0', 'O'),
                    "{character} looks like {other}"
                );
            }
            seen.push((character, shape));
            assert!(
                shape
                    .chars()
                    .all(|digit| digit == ' ' || ('0'..='8').contains(&digit)),
                "{character}"
            );
        }
    }

    #[test]
    fn texts_over_the_border_are_cut() {
        let mut image = RgbImage::filled([20, 10], [0; 3]);
        for [x, y] in [[-7.0, -4.0], [15.0, 5.0], [1e9, -1e9], [f32::NAN, 0.0]] {
            text(&mut image, "A0%", Point::new(x, y), 12.0, WHITE);
        }
        text(&mut image, "A", Point::new(0.0, 0.0), f32::INFINITY, WHITE);
        assert!(bright_bounds(&image).is_some());
    }
}
