//! The processor's kernels give what plain loops give, for every instruction set of this machine.
#![expect(
    clippy::unwrap_used,
    reason = "a plan that cannot be made should fail the test"
)]

use std::sync::Arc;

use poseglass::kernels::{
    ConvSize, ConvSource, InstructionSet, MapId, PackedConv, Plan, PlanBuilder, Precision, Team,
    Workspace,
};
use proptest::prelude::{Strategy, any, prop_assert, proptest};
use proptest::test_runner::TestCaseError;

/// Largest error over the largest value.
const fn tolerance(precision: Precision) -> f64 {
    match precision {
        Precision::Full => 1e-4,
        // Winograd's points have 15 bits, of which few channels with random numbers use eight; trained nets have many
        // channels, whose errors cancel
        Precision::Int16 => 2e-2,
    }
}

/// Numbers between -1 and 1 that look random: a linear congruential generator (Knuth's MMIX constants).
struct Numbers(u64);

impl Numbers {
    fn take(&mut self, n: usize) -> Vec<f32> {
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
struct Planes {
    channels: usize,
    height: usize,
    width: usize,
    values: Vec<f64>,
}

impl Planes {
    fn zeroed(channels: usize, height: usize, width: usize) -> Self {
        Self {
            channels,
            height,
            width,
            values: vec![0.0; channels * height * width],
        }
    }

    /// Zero outside.
    fn at(&self, channel: usize, row: isize, column: isize) -> f64 {
        let inside =
            (0..self.height as isize).contains(&row) && (0..self.width as isize).contains(&column);
        if inside {
            self.values[(channel * self.height + row as usize) * self.width + column as usize]
        } else {
            0.0
        }
    }

    fn map(&self, f: impl Fn(usize, usize, usize) -> f64) -> Self {
        let mut result = Self::zeroed(self.channels, self.height, self.width);
        for (at, value) in result.values.iter_mut().enumerate() {
            let pixel = at % (self.height * self.width);
            let channel = at / (self.height * self.width);
            *value = f(channel, pixel / self.width, pixel % self.width);
        }
        result
    }

    fn plus(&self, other: &Self) -> Self {
        self.map(|c, y, x| self.at(c, y as isize, x as isize) + other.at(c, y as isize, x as isize))
    }

    fn relu(&self) -> Self {
        self.map(|c, y, x| self.at(c, y as isize, x as isize).max(0.0))
    }

    fn enlarged(&self) -> Self {
        Self::zeroed(self.channels, 2 * self.height, 2 * self.width)
            .map(|c, y, x| self.at(c, (y / 2) as isize, (x / 2) as isize))
    }

    fn halved(&self) -> Self {
        Self::zeroed(self.channels, self.height / 2, self.width / 2).map(|c, y, x| {
            [(0, 0), (0, 1), (1, 0), (1, 1)]
                .into_iter()
                .map(|(down, right)| self.at(c, (2 * y + down) as isize, (2 * x + right) as isize))
                .fold(f64::MIN, f64::max)
        })
    }
}

/// A convolution and its weights.
struct Layer {
    size: ConvSize,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Layer {
    fn new(size: ConvSize, numbers: &mut Numbers) -> Self {
        Self {
            size,
            weight: numbers.take(size.inputs * size.outputs * size.kernel * size.kernel),
            bias: numbers.take(size.outputs),
        }
    }

    /// The definition, without the ReLU.
    fn plain(&self, x: &Planes) -> Planes {
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

    fn packed(&self, source: ConvSource, (isa, precision): Arithmetic) -> Arc<PackedConv> {
        let (weight, bias) = (&self.weight, &self.bias);
        Arc::new(PackedConv::new(self.size, source, weight, bias, isa, precision).unwrap())
    }
}

/// With what kernels compute.
type Arithmetic = (InstructionSet, Precision);

/// All that this machine can do.
fn arithmetics() -> impl Iterator<Item = Arithmetic> {
    InstructionSet::ALL
        .into_iter()
        .filter(|isa| isa.is_available())
        .flat_map(|isa| Precision::ALL.map(|precision| (isa, precision)))
}

/// A batch of pictures and what the net should answer to each.
struct Batch {
    inputs: Vec<f32>,
    pictures: Vec<Planes>,
}

impl Batch {
    fn new(n: usize, [channels, height, width]: [usize; 3], numbers: &mut Numbers) -> Self {
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
    fn expected(&self, net: impl Fn(&Planes) -> Vec<Planes>) -> Vec<f64> {
        self.pictures
            .iter()
            .flat_map(|picture| net(picture).into_iter().flat_map(|each| each.values))
            .collect()
    }

    fn check(
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

/// Kernel and stride that exist.
fn windows() -> impl Strategy<Value = (usize, usize)> {
    proptest::sample::select(vec![(1, 1), (3, 1), (3, 2)])
}

proptest! {
    // each case runs on every instruction set; debug builds are slow
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]

    #[test]
    fn convolutions_equal_the_definition(
        (kernel, stride) in windows(),
        inputs in 1_usize..40,
        outputs in 1_usize..40,
        height in 1_usize..15,
        width in 1_usize..23,
        n in 1_usize..9,
        n_threads in 1_usize..5,
        relu in any::<bool>(),
        has_residual in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let mut numbers = Numbers(seed);
        // a first layer turns the picture into a map, as in the nets
        let pointwise = |inputs, outputs| ConvSize { inputs, outputs, kernel: 1, stride: 1, relu: false };
        let first = Layer::new(pointwise(3, inputs), &mut numbers);
        let size = ConvSize { inputs, outputs, kernel, stride, relu };
        let layer = Layer::new(size, &mut numbers);
        let skip = Layer::new(ConvSize { relu: false, ..size }, &mut numbers);
        let batch = Batch::new(n, [3, height, width], &mut numbers);
        let expected = batch.expected(|picture| {
            let x = first.plain(picture);
            let y = layer.plain(&x);
            let y = if has_residual { y.plus(&skip.plain(&x)) } else { y };
            vec![if relu { y.relu() } else { y }]
        });
        for how in arithmetics() {
            let (mut builder, picture) = PlanBuilder::new(how.0, 3, height, width).unwrap();
            let x = builder.conv(picture, &first.packed(ConvSource::Picture, how), None).unwrap();
            let residual: Option<MapId> = has_residual
                .then(|| builder.conv(x, &skip.packed(ConvSource::Map, how), None).unwrap());
            let y = builder.conv(x, &layer.packed(ConvSource::Map, how), residual).unwrap();
            let plan = builder.finish(&[y]);
            batch.check(&plan, n_threads, tolerance(how.1), &expected)?;
        }
    }

    #[test]
    fn windows_over_the_picture_equal_the_definition(
        stride in 1_usize..3,
        channels in 1_usize..5,
        outputs in 1_usize..40,
        height in 1_usize..15,
        width in 1_usize..23,
        n_threads in 1_usize..5,
        seed in any::<u64>(),
    ) {
        let mut numbers = Numbers(seed);
        let size = ConvSize { inputs: channels, outputs, kernel: 3, stride, relu: true };
        let layer = Layer::new(size, &mut numbers);
        let batch = Batch::new(2, [channels, height, width], &mut numbers);
        let expected = batch.expected(|picture| vec![layer.plain(picture).relu()]);
        for how in arithmetics() {
            let (mut builder, picture) = PlanBuilder::new(how.0, channels, height, width).unwrap();
            let y = builder.conv(picture, &layer.packed(ConvSource::Picture, how), None).unwrap();
            let plan = builder.finish(&[y]);
            batch.check(&plan, n_threads, tolerance(how.1), &expected)?;
        }
    }

    #[test]
    fn residual_blocks_equal_the_definition(
        features in 1_usize..40,
        middle in 1_usize..40,
        half_height in 1_usize..11,
        half_width in 1_usize..13,
        n in 1_usize..5,
        n_threads in 1_usize..5,
        seed in any::<u64>(),
    ) {
        let mut numbers = Numbers(seed);
        let [height, width] = [2 * half_height, 2 * half_width];
        let conv = |inputs, outputs, kernel, relu| ConvSize { inputs, outputs, kernel, stride: 1, relu };
        let first = Layer::new(conv(3, features, 1, false), &mut numbers);
        let layers = [
            Layer::new(conv(features, middle, 1, true), &mut numbers),
            Layer::new(conv(middle, middle, 3, true), &mut numbers),
            Layer::new(conv(middle, features, 1, false), &mut numbers),
        ];
        let batch = Batch::new(n, [3, height, width], &mut numbers);
        let expected = batch.expected(|picture| {
            let x = first.plain(picture);
            let middle = layers[1].plain(&layers[0].plain(&x).relu()).relu();
            let block = layers[2].plain(&middle).plus(&x).relu();
            let coarse = x.halved().enlarged();
            vec![x.halved(), block.clone(), block.plus(&coarse), x.plus(&coarse)]
        });
        for how in arithmetics() {
            let (mut builder, picture) = PlanBuilder::new(how.0, 3, height, width).unwrap();
            let x = builder.conv(picture, &first.packed(ConvSource::Picture, how), None).unwrap();
            let packed = layers.each_ref().map(|layer| layer.packed(ConvSource::Map, how));
            let packed = packed.each_ref();
            let halved = builder.max_pool(x).unwrap();
            let alone = builder.bottleneck(x, packed, None).unwrap();
            let both = builder.bottleneck(x, packed, Some(halved)).unwrap();
            let enlarged = builder.add_enlarged(x, halved).unwrap();
            let plan = builder.finish(&[halved, alone, both, enlarged]);
            batch.check(&plan, n_threads, tolerance(how.1), &expected)?;
        }
    }
}

#[test]
fn how_many_threads_there_are_changes_nothing() {
    let mut numbers = Numbers(5);
    let conv = |inputs, outputs, kernel, stride| ConvSize {
        inputs,
        outputs,
        kernel,
        stride,
        relu: true,
    };
    let layers = [
        conv(3, 16, 3, 2),
        conv(16, 24, 3, 2),
        conv(24, 12, 1, 1),
        conv(12, 12, 3, 1),
        conv(12, 24, 1, 1),
    ]
    .map(|size| Layer::new(size, &mut numbers));
    let inputs = numbers.take(5 * 3 * 60 * 44);
    for how in arithmetics() {
        let (mut builder, picture) = PlanBuilder::new(how.0, 3, 60, 44).unwrap();
        let first = layers[0].packed(ConvSource::Picture, how);
        let others = layers[1..]
            .iter()
            .map(|layer| layer.packed(ConvSource::Map, how));
        let [second, reduce, spatial, expand] = others.collect::<Vec<_>>().try_into().unwrap();
        let x = builder.conv(picture, &first, None).unwrap();
        let x = builder.conv(x, &second, None).unwrap();
        let block = builder
            .bottleneck(x, [&reduce, &spatial, &expand], None)
            .unwrap();
        let narrow = builder.conv(block, &reduce, None).unwrap();
        let plan = builder.finish(&[block, narrow]);
        let mut workspace = Workspace::default();
        let mut answers = Vec::new();
        for n_threads in [1, 2, 3, 2] {
            let team = Team::new(n_threads).unwrap();
            let mut outputs = vec![0.0; 5 * plan.output_len()];
            plan.run(&mut workspace, &team, &inputs, &mut outputs);
            answers.push(outputs);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{how:?}");
    }
}

#[test]
fn maps_that_do_not_fit_are_refused() {
    let mut numbers = Numbers(6);
    let how = (InstructionSet::best(), Precision::Full);
    let layer = |inputs, kernel, numbers: &mut Numbers| {
        let size = ConvSize {
            inputs,
            outputs: 8,
            kernel,
            stride: 1,
            relu: true,
        };
        Layer::new(size, numbers)
    };
    let (mut builder, picture) = PlanBuilder::new(how.0, 3, 9, 8).unwrap();
    let first = layer(3, 1, &mut numbers).packed(ConvSource::Picture, how);
    let other = layer(5, 1, &mut numbers).packed(ConvSource::Map, how);
    let x = builder.conv(picture, &first, None).unwrap();
    assert!(builder.conv(x, &other, None).is_err());
    assert!(builder.conv(picture, &first, Some(picture)).is_err());
    assert!(builder.max_pool(x).is_err(), "an odd height");
    assert!(builder.add_enlarged(x, x).is_err());
    assert!(
        builder
            .bottleneck(x, [&first, &first, &first], None)
            .is_err()
    );
    let too_large = ConvSize {
        inputs: 1,
        outputs: 1,
        kernel: 5,
        stride: 1,
        relu: false,
    };
    let refused = PackedConv::new(too_large, ConvSource::Map, &[0.0; 25], &[0.0], how.0, how.1);
    assert!(refused.is_err());
}
