//! The window: the only home of egui.
//!
//! Views read [`state::GuiState`] and push [`action::Action`]s; [`state::GuiState::handle`] alone changes it.
//! The engine is behind [`engine_handle::EngineHandle`] and wakes the window when it has something to say,
//! so nothing is drawn while nothing happens.

pub mod action;
mod angles_list;
pub mod app;
mod banner;
mod camera_recording;
pub mod command;
mod command_state;
mod drop_target;
pub mod engine_handle;
pub mod export_choice;
mod export_dialog;
mod export_strip;
pub mod exporting;
pub mod file_dialog;
mod handling;
mod help;
mod icons;
pub mod kept;
mod keys;
pub mod labels;
mod menu_bar;
pub mod options;
pub mod overlay;
mod people_panel;
mod picture;
mod picture_rate;
pub mod recent_files;
mod recent_poses;
mod recording_sign;
mod saving;
mod seek_bar;
pub mod session;
pub mod settings;
mod settings_panel;
mod stage;
mod start_screen;
pub mod state;
mod status_bar;
pub mod theme;
mod timing_overlay;
mod timings;
mod toasts;
mod typed_path;
mod versioned;
pub mod viewpoint;
mod window;

pub use app::StartOptions;
pub use drop_target::cannot_drop;
pub use engine_handle::EngineHandle;
pub use window::run;
