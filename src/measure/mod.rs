//! What poses say in numbers: angles of joints, lengths in meters, gait, repetitions of an exercise.
//!
//! Plain functions of one pose ([`angles_of_pose`]) or of one person's poses over time, which work on presentation
//! times. Everything is measured in the plane of the picture; what a camera cannot see there is missing, not guessed.

pub mod angle_series;
pub mod angle_table;
pub mod angles;
pub mod body;
pub mod calibration;
pub mod floor;
pub mod gait;
pub mod gait_events;
pub mod landmarks;
pub mod repetitions;
pub mod signal;
pub mod spread;
pub mod visible_side;

mod motion;
mod sure_directions;
mod turns;

pub use angle_series::AngleSeries;
pub use angle_table::{ANGLES, N_ANGLES, NOT_MEASURED};
pub use angles::{AngleParams, Angles, angles_of_pose};
pub use body::BodyHeight;
pub use calibration::Scale;
pub use floor::Floor;
pub use gait::Gait;
pub use repetitions::Repetitions;
pub use visible_side::VisibleSide;
