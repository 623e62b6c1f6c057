//! Which instructions the processor has.

/// An instruction set for which the kernels are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// What every processor of the architecture has.
    Portable,
    /// x86-64 with AVX2 and fused multiply-add (from 2013 on).
    Avx2,
    /// x86-64 with AVX-512 F and BW.
    Avx512,
    /// 64-bit ARM.
    Neon,
}

/// The text names no instruction set.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no instruction set: write portable, avx2, avx512 or neon")]
pub struct BadInstructionSet(String);

impl InstructionSet {
    /// All of them, slowest first.
    pub const ALL: [Self; 4] = [Self::Portable, Self::Neon, Self::Avx2, Self::Avx512];

    /// Whether this processor, and this build, have it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            Self::Neon => cfg!(target_arch = "aarch64"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                std::arch::is_x86_feature_detected!("avx2")
                    && std::arch::is_x86_feature_detected!("fma")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512bw")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// The fastest that is available.
    pub fn best() -> Self {
        Self::ALL
            .into_iter()
            .rev()
            .find(|each| each.is_available())
            .unwrap_or(Self::Portable)
    }

    /// As it is written on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }
}

impl std::str::FromStr for InstructionSet {
    type Err = BadInstructionSet;

    fn from_str(text: &str) -> Result<Self, BadInstructionSet> {
        Self::ALL
            .into_iter()
            .find(|each| each.name() == text)
            .ok_or_else(|| BadInstructionSet(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for each in InstructionSet::ALL {
            assert_eq!(each.name().parse(), Ok(each));
        }
        assert!("sse".parse::<InstructionSet>().is_err());
        assert!(InstructionSet::best().is_available());
    }
}
