//! Colors of identities and confidences: the same in the window, in pictures and in videos.

use crate::types::TrackId;

/// Told apart on video and against each other, the first six also by people who do not see red or green
/// (`first_colors_differ_for_the_color_blind` measures it). No dark ones: they vanish in shadows.
const IDENTITY_COLORS: [[u8; 3]; 12] = [
    [51, 173, 255],
    [255, 98, 30],
    [150, 250, 200],
    [226, 206, 28],
    [140, 80, 255],
    [255, 130, 170],
    [60, 185, 150],
    [165, 105, 150],
    [190, 220, 255],
    [120, 140, 60],
    [225, 255, 20],
    [224, 163, 85],
];

/// Stops of the ramp from unsure to sure, evenly spaced; the green is light, the red dark,
/// so that brightness tells the order too.
const CONFIDENCE_STOPS: [[u8; 3]; 3] = [[214, 40, 40], [240, 190, 40], [110, 236, 120]];

/// The color that stays with a person; repeats after twelve identities, the label tells those apart.
pub fn identity_color(id: TrackId) -> [u8; 3] {
    // identities start at 1
    let color_idx = id.0.wrapping_sub(1) as usize % IDENTITY_COLORS.len();
    IDENTITY_COLORS[color_idx]
}

/// From red (0) over yellow (0.5) to green (1); what lies outside is clamped, NaN counts as 0.
pub fn confidence_color(confidence: f32) -> [u8; 3] {
    let confidence = if confidence.is_nan() {
        0.0
    } else {
        confidence.clamp(0.0, 1.0)
    };
    let [red, yellow, green] = CONFIDENCE_STOPS;
    if confidence < 0.5 {
        mixed(red, yellow, 2.0 * confidence)
    } else {
        mixed(yellow, green, 2.0 * confidence - 1.0)
    }
}

/// A darker kind of the same color: `brightness` 1 leaves it, 0 is black.
pub fn darkened(color: [u8; 3], brightness: f32) -> [u8; 3] {
    mixed([0; 3], color, brightness.clamp(0.0, 1.0))
}

/// The color at the share `t` in [0, 1] of the way from `a` to `b`.
fn mixed(a: [u8; 3], b: [u8; 3], t: f32) -> [u8; 3] {
    std::array::from_fn(|channel| {
        let (from, to) = (f32::from(a[channel]), f32::from(b[channel]));
        (from + t * (to - from)).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the cones of people with all three kinds, without red and without green ones answer, in linear RGB
    /// (Machado, Oliveira, Fernandes 2009, severity 1).
    const VISIONS: [[[f32; 3]; 3]; 3] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.01182, 0.04294, 0.968881],
        ],
    ];

    fn multiply(matrix: &[[f32; 3]; 3], v: [f32; 3]) -> [f32; 3] {
        matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
    }

    /// Ottosson's perceptual color space: distances of 0.02 are just seen side by side.
    fn oklab(linear: [f32; 3]) -> [f32; 3] {
        let cones = multiply(
            &[
                [0.41222147, 0.53633254, 0.051445993],
                [0.2119035, 0.6806995, 0.10739696],
                [0.08830246, 0.28171884, 0.6299787],
            ],
            linear.map(|channel| channel.clamp(0.0, 1.0)),
        );
        multiply(
            &[
                [0.21045426, 0.7936178, -0.004072047],
                [1.9779985, -2.4285922, 0.4505937],
                [0.025904037, 0.78277177, -0.80867577],
            ],
            cones.map(f32::cbrt),
        )
    }

    fn seen(color: [u8; 3], vision: &[[f32; 3]; 3]) -> [f32; 3] {
        let linear = color.map(|channel| {
            let share = f32::from(channel) / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        });
        oklab(multiply(vision, linear))
    }

    fn smallest_distance(n_colors: u32, vision: &[[f32; 3]; 3]) -> f32 {
        let colors: Vec<[f32; 3]> = (1..=n_colors)
            .map(|id| seen(identity_color(TrackId(id)), vision))
            .collect();
        let mut smallest = f32::MAX;
        for (k, a) in colors.iter().enumerate() {
            for b in &colors[..k] {
                let squares = a.iter().zip(b).map(|(x, y)| (x - y) * (x - y));
                smallest = smallest.min(squares.sum::<f32>().sqrt());
            }
        }
        smallest
    }

    #[test]
    fn first_colors_differ_for_the_color_blind() {
        for vision in &VISIONS {
            let distance = smallest_distance(6, vision);
            assert!(0.1 < distance, "{distance}");
        }
        let distance = smallest_distance(12, &VISIONS[0]);
        assert!(0.1 < distance, "{distance}");
    }

    #[test]
    fn identities_keep_their_color() {
        assert_eq!(identity_color(TrackId(1)), identity_color(TrackId(13)));
        assert_ne!(identity_color(TrackId(1)), identity_color(TrackId(2)));
        // never given, but must not panic
        let _any_color = identity_color(TrackId(0));
        let _any_color = identity_color(TrackId(u32::MAX));
    }

    #[test]
    fn surer_is_brighter() {
        let mut last = -1.0;
        for percent in 0..=100 {
            let color = confidence_color(percent as f32 / 100.0);
            let lightness = seen(color, &VISIONS[0])[0];
            assert!(last <= lightness + 0.002, "at {percent} %");
            last = lightness;
        }
        assert_eq!(confidence_color(f32::NAN), confidence_color(0.0));
        assert_eq!(confidence_color(7.0), confidence_color(1.0));
        assert_eq!(confidence_color(-7.0), confidence_color(0.0));
    }

    #[test]
    fn darkened_colors_keep_their_hue() {
        assert_eq!(darkened([200, 100, 50], 0.5), [100, 50, 25]);
        assert_eq!(darkened([200, 100, 50], 1.0), [200, 100, 50]);
    }
}
