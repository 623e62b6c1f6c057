//! The definitions in double precision, pictures of planes, and how a plan's answer is held against them.

use std::sync::Arc;

use poseglass::kernels::{
    ConvSize, ConvSource, InstructionSet, PackedConv, Plan, Precision, Team, Workspace,
};
use proptest::prelude::prop_assert;
use proptest::test_runner::TestCaseError;

/// Largest error over the largest value.
pub(super) const fn tolerance(precision: Precision) -> f64 {
    match precision {
        Precision::Full => 1e-4,
        // Winograd's points have 15 bits, of which few channels with random numbers use eight; trained nets have many
        // channels, whose errors cancel
        Precision::Int16 => 2e-2,
    }
}

/// Numbers between -1 and 1 that look random: a linear congruential generator (Knuth's MMIX constants).
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn take(&mut self, n: usize) -> Vec<f32> {
        (0..n)
            .map(|_| {
                self.0 = self
                    .0
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                (self.0 >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
            })
            .collect()
    }
}

/// A picture of planes, in double precision.
#[derive(Clone, Debug)]
pub(super) struct Planes {
    channels: usize,
    height: usize,
    width: usize,
    values: Vec<f64>,
}

impl Planes {
    pub(super) fn zeroed(channels: usize, height: usize, width: usize) -> Self {
        Self {
            channels,
            height,
            width,
            values: vec![0.0; channels * height * width],
        }
    }

    /// Zero outside.
    pub(super) fn at(&self, channel: usize, row: isize, column: isize) -> f64 {
        let inside =
            (0..self.height as isize).contains(&row) && (0..self.width as isize).contains(&column);
        if inside {
            self.values[(channel * self.height + row as usize) * self.width + column as usize]
        } else {
            0.0
        }
    }

    pub(super) fn map(&self, f: impl Fn(usize, usize, usize) -> f64) -> Self {
        let mut result = Self::zeroed(self.channels, self.height, self.width);
        for (at, value) in result.values.iter_mut().enumerate() {
            let pixel = at % (self.height * self.width);
            let channel = at / (self.height * self.width);
            *value = f(channel, pixel / self.width, pixel % self.width);
        }
        result
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        self.map(|c, y, x| self.at(c, y as isize, x as isize) + other.at(c, y as isize, x as isize))
    }

    pub(super) fn relu(&self) -> Self {
        self.map(|c, y, x| self.at(c, y as isize, x as isize).max(0.0))
    }

    pub(super) fn enlarged(&self) -> Self {
        Self::zeroed(self.channels, 2 * self.height, 2 * self.width)
            .map(|c, y, x| self.at(c, (y / 2) as isize, (x / 2) as isize))
    }

    pub(super) fn halved(&self) -> Self {
        Self::zeroed(self.channels, self.height / 2, self.width / 2).map(|c, y, x| {
            [(0, 0), (0, 1), (1, 0), (1, 1)]
                .into_iter()
                .map(|(down, right)| self.at(c, (2 * y + down) as isize, (2 * x + right) as isize))
                .fold(f64::MIN, f64::max)
        })
    }
}

/// A convolution and its weights.
pub(super) struct Layer {
    size: ConvSize,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Layer {
    pub(super) fn new(size: ConvSize, numbers: &mut Numbers) -> Self {
        Self {
            size,
            weight: numbers.take(size.inputs * size.outputs * size.kernel * size.kernel),
            bias: numbers.take(size.outputs),
        }
    }

    /// The definition, without the ReLU.
    pub(super) fn plain(&self, x: &Planes) -> Planes {
        let ConvSize {
            inputs,
            outputs,
            kernel,
            stride,
            ..
        } = self.size;
        let border = (kernel / 2) as isize;
        Planes::zeroed(outputs, x.height.div_ceil(stride), x.width.div_ceil(stride)).map(
            |output, row, column| {
                let mut sum = f64::from(self.bias[output]);
                for input in 0..inputs {
                    for ky in 0..kernel {
                        for kx in 0..kernel {
                            let tap = ((output * inputs + input) * kernel + ky) * kernel + kx;
                            let y = (row * stride + ky) as isize - border;
                            let x_at = (column * stride + kx) as isize - border;
                            sum += f64::from(self.weight[tap]) * x.at(input, y, x_at);
                        }
                    }
                }
                sum
            },
        )
    }

    pub(super) fn packed(
        &self,
        source: ConvSource,
        (isa, precision): Arithmetic,
    ) -> Arc<PackedConv> {
        let (weight, bias) = (&self.weight, &self.bias);
        Arc::new(PackedConv::new(self.size, source, weight, bias, isa, precision).unwrap())
    }
}

/// With what kernels compute.
pub(super) type Arithmetic = (InstructionSet, Precision);

/// All that this machine can do.
pub(super) fn arithmetics() -> impl Iterator<Item = Arithmetic> {
    InstructionSet::ALL
        .into_iter()
        .filter(|isa| isa.is_available())
        .flat_map(|isa| Precision::ALL.map(|precision| (isa, precision)))
}

/// A batch of pictures and what the net should answer to each.
pub(super) struct Batch {
    inputs: Vec<f32>,
    pictures: Vec<Planes>,
}

impl Batch {
    pub(super) fn new(
        n: usize,
        [channels, height, width]: [usize; 3],
        numbers: &mut Numbers,
    ) -> Self {
        let inputs = numbers.take(n * channels * height * width);
        let pictures = inputs
            .chunks(channels * height * width)
            .map(|pixels| {
                Planes::zeroed(channels, height, width).map(|channel, row, column| {
                    f64::from(pixels[(row * width + column) * channels + channel])
                })
            })
            .collect();
        Self { inputs, pictures }
    }

    /// What the net should answer, picture after picture.
    pub(super) fn expected(&self, net: impl Fn(&Planes) -> Vec<Planes>) -> Vec<f64> {
        self.pictures
            .iter()
            .flat_map(|picture| net(picture).into_iter().flat_map(|each| each.values))
            .collect()
    }

    pub(super) fn check(
        &self,
        plan: &Plan,
        n_threads: usize,
        tolerance: f64,
        expected: &[f64],
    ) -> Result<(), TestCaseError> {
        let team = Team::new(n_threads).unwrap();
        let mut outputs = vec![f32::NAN; self.pictures.len() * plan.output_len()];
        let mut workspace = Workspace::default();
        plan.run(&mut workspace, &team, &self.inputs, &mut outputs);
        prop_assert!(expected.len() == outputs.len());
        let largest = expected.iter().fold(1e-9, |a: f64, b| a.max(b.abs()));
        for (ours, exact) in outputs.iter().zip(expected) {
            let error = (f64::from(*ours) - exact).abs() / largest;
            prop_assert!(error <= tolerance, "{ours} instead of {exact}");
        }
        Ok(())
    }
}
