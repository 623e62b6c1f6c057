//! How the pictures of a track have to be turned and mirrored to be shown, as its matrix says.

use crate::image::RgbImage;

/// Turns, and a mirror after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Orientation {
    /// Quarter turns clockwise.
    pub quarter_turns: u8,
    /// Whether left and right are then exchanged, as phones do with the camera that looks at their owner.
    pub is_mirrored: bool,
}

impl Orientation {
    /// What comes nearest to a matrix that takes a point (x, y) to (a x + c y, b x + d y).
    ///
    /// Its first row is where the x axis goes; a negative determinant says that it mirrors.
    pub fn of_matrix([[a, b], [c, d]]: [[i32; 2]; 2]) -> Self {
        let turns_of_x = if a.unsigned_abs() >= b.unsigned_abs() {
            if a < 0 { 2 } else { 0 }
        } else if b < 0 {
            3
        } else {
            1
        };
        let is_mirrored = i64::from(a) * i64::from(d) < i64::from(b) * i64::from(c);
        // the mirror turns the x axis around once more where it lies level
        let quarter_turns = if is_mirrored && turns_of_x % 2 == 0 {
            (turns_of_x + 2) % 4
        } else {
            turns_of_x
        };
        Self {
            quarter_turns,
            is_mirrored,
        }
    }

    /// The picture as it is shown.
    pub fn upright(self, image: RgbImage) -> RgbImage {
        let turned = match self.quarter_turns {
            0 => image,
            quarter_turns => image.rotated(quarter_turns),
        };
        if self.is_mirrored {
            turned.mirrored()
        } else {
            turned
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MATRICES: [[[i32; 2]; 2]; 8] = [
        [[1, 0], [0, 1]],
        [[0, 1], [-1, 0]],
        [[-1, 0], [0, -1]],
        [[0, -1], [1, 0]],
        [[-1, 0], [0, 1]],
        [[0, 1], [1, 0]],
        [[1, 0], [0, -1]],
        [[0, -1], [-1, 0]],
    ];

    #[test]
    fn every_corner_goes_where_the_matrix_takes_it() {
        let pixels = (1..=4).flat_map(|value| [value; 3]).collect();
        let picture = RgbImage::from_rgb([2, 2], pixels).unwrap();
        // -1 and 1 on both sides of the center
        let beside_center = |place: usize| 2 * place as i32 - 1;
        for matrix in MATRICES {
            let upright = Orientation::of_matrix(matrix).upright(picture.clone());
            let [[a, b], [c, d]] = matrix;
            for (column, row) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let [x, y] = [column, row].map(beside_center);
                let to = [a * x + c * y, b * x + d * y].map(|side| usize::from(0 < side));
                assert_eq!(
                    upright.get(to[0], to[1]),
                    picture.get(column, row),
                    "{matrix:?}"
                );
            }
        }
    }

    #[test]
    fn matrix_that_flips_is_a_turn_and_a_mirror() {
        let of_matrix = |matrix| {
            let orientation = Orientation::of_matrix(matrix);
            (orientation.quarter_turns, orientation.is_mirrored)
        };
        assert_eq!(of_matrix([[-1, 0], [0, 1]]), (0, true));
        assert_eq!(of_matrix([[1, 0], [0, -1]]), (2, true));
        assert_eq!(of_matrix([[0, 1], [1, 0]]), (1, true));
        assert_eq!(of_matrix([[i32::MIN, 0], [0, i32::MIN]]), (2, false));
        assert_eq!(of_matrix([[0, 0], [0, 0]]), (0, false));
    }
}
