//! What can go wrong with an evaluation, each in one sentence that says what to do.

use std::io;
use std::path::PathBuf;

use super::id::Id;

/// The files cannot be read or do not fit together.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The file cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        reason: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {reason}", path.display())]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        reason: io::Error,
    },
    /// The content is not what the format asks for.
    #[error("{} is not a {format}: {place}: {reason}", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// What it should be.
        format: &'static str,
        /// Where in it, such as `annotations[3].area`.
        place: String,
        /// What is wrong there.
        reason: String,
    },
    /// Results for an image that the ground truth does not have.
    #[error(
        "result {result_idx} is for image {image_id}, which the annotations do not list: give the annotations that the results were made for"
    )]
    UnknownImage {
        /// Place in the results, from 0.
        result_idx: usize,
        /// The image it names.
        image_id: Id,
    },
    /// The ground truth does not say where the picture is.
    #[error("image {image_id} of the annotations has no file_name, so its picture cannot be found")]
    NoFileName {
        /// Which image.
        image_id: Id,
    },
    /// It is not clear which category is people.
    #[error(
        "the annotations need one category with the name \"person\"; they have {n_categories} categories, none of that name"
    )]
    NoPersonCategory {
        /// How many there are.
        n_categories: usize,
    },
    /// PCKh needs the size of the head.
    #[error(
        "annotation {annotation_id} has no head_rect of the form [x, y, width, height], which PCKh measures with: add it, or take the metric pck"
    )]
    NoHeadRect {
        /// Which annotation.
        annotation_id: Id,
    },
}
