//! Which instructions the processor has.

/// An instruction set for which the kernels are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// What every processor of the architecture has.
    Portable,
    /// x86-64 with AVX2 and fused multiply-add (from 2013 on).
    Avx2,
    /// The same with AVX-VNNI, which multiplies pairs of 16-bit numbers in one instruction (Intel from 2021, AMD from
    /// 2024 on).
    Avx2Vnni,
    /// x86-64 with AVX-512 F and BW.
    Avx512,
    /// The same with AVX-512 VNNI (Intel's servers from 2019, AMD from 2022 on).
    Avx512Vnni,
    /// 64-bit ARM.
    Neon,
}

/// The text names no instruction set.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0:?} is no instruction set: write portable, avx2, avx2-vnni, avx512, avx512-vnni or neon"
)]
pub struct BadInstructionSet(String);

impl InstructionSet {
    /// All of them, slowest first.
    pub const ALL: [Self; 6] = [
        Self::Portable,
        Self::Neon,
        Self::Avx2,
        Self::Avx2Vnni,
        Self::Avx512,
        Self::Avx512Vnni,
    ];

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
            #[cfg(target_arch = "x86_64")]
            Self::Avx2Vnni => {
                Self::Avx2.is_available() && std::arch::is_x86_feature_detected!("avxvnni")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => {
                Self::Avx512.is_available() && std::arch::is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx2Vnni | Self::Avx512 | Self::Avx512Vnni => false,
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
            Self::Avx2Vnni => "avx2-vnni",
            Self::Avx512 => "avx512",
            Self::Avx512Vnni => "avx512-vnni",
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
