//! The order of file names in which people count: `img2` before `img10`.

use std::cmp::Ordering;

/// Compares names so that runs of digits count as numbers; letters count without regard to case.
///
/// Names that differ only in case or in leading zeros keep the order of their characters.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (a, b);
    loop {
        let (Some(char_a), Some(char_b)) = (rest_a.chars().next(), rest_b.chars().next()) else {
            return rest_a.len().cmp(&rest_b.len()).then_with(|| a.cmp(b));
        };
        let order = if char_a.is_ascii_digit() && char_b.is_ascii_digit() {
            let number_a = split_number(&mut rest_a);
            let number_b = split_number(&mut rest_b);
            // without leading zeros, the longer number is the larger one
            number_a
                .len()
                .cmp(&number_b.len())
                .then_with(|| number_a.cmp(number_b))
        } else {
            rest_a = &rest_a[char_a.len_utf8()..];
            rest_b = &rest_b[char_b.len_utf8()..];
            char_a.to_lowercase().cmp(char_b.to_lowercase())
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Takes the digits at the start off `rest` and gives them without leading zeros.
fn split_number<'a>(rest: &mut &'a str) -> &'a str {
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    *rest = after;
    digits.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_as_numbers() {
        let mut names = ["img10.png", "img2.png", "img002.png", "IMG1.png", "a", "img2b.png", "测试10", "测试9"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(
            names,
            ["a", "IMG1.png", "img002.png", "img2.png", "img2b.png", "img10.png", "测试9", "测试10"]
        );
    }

    #[test]
    fn order_is_total_for_long_numbers() {
        let long = "9".repeat(50);
        assert_eq!(compare(&long, "1"), Ordering::Greater);
        assert_eq!(compare(&long, &long), Ordering::Equal);
        assert_eq!(compare("a", "a1"), Ordering::Less);
    }
}
