//! How exactly nets are computed.

use super::isa::InstructionSet;

/// What inputs and weights of convolutions are rounded to before they are multiplied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit numbers as they are.
    #[default]
    Full,
    /// 16-bit whole numbers, 14 bits of them used for inputs (15 in Winograd's method), whose products are summed exactly in 32 bits.
    Int16,
}

/// The text names no precision.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no precision: write f32 or int16")]
pub struct BadPrecision(String);

impl Precision {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Full, Self::Int16];

    /// Those between which a budget may choose, best first and each faster than the one before.
    pub const fn worthwhile(isa: InstructionSet) -> &'static [Self] {
        match isa {
            InstructionSet::Avx2
            | InstructionSet::Avx2Vnni
            | InstructionSet::Avx512
            | InstructionSet::Avx512Vnni => &Self::ALL,
            // no instruction multiplies pairs of words there
            InstructionSet::Portable | InstructionSet::Neon => &[Self::Full],
        }
    }

    /// As it is written on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "f32",
            Self::Int16 => "int16",
        }
    }
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Precision {
    type Err = BadPrecision;

    fn from_str(text: &str) -> Result<Self, BadPrecision> {
        Self::ALL
            .into_iter()
            .find(|each| each.name() == text)
            .ok_or_else(|| BadPrecision(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for each in Precision::ALL {
            assert_eq!(each.name().parse(), Ok(each));
        }
        assert!("int8".parse::<Precision>().is_err());
    }
}
