//! The processor's kernels give what plain loops give, for every instruction set of this machine.
#![expect(
    clippy::unwrap_used,
    reason = "a plan that cannot be made should fail the test"
)]

mod plain_loops;

use poseglass::kernels::{
    ConvSize, ConvSource, InstructionSet, MapId, PackedConv, PlanBuilder, Precision, Team,
    Workspace,
};
use proptest::prelude::{Strategy, any, proptest};

use plain_loops::{Batch, Layer, Numbers, arithmetics, tolerance};

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
            let y = if relu { y.relu() } else { y };
            vec![y.clone(), y]
        });
        for how in arithmetics() {
            let mut answers = Vec::new();
            let (mut builder, picture) = PlanBuilder::new(how.0, 3, height, width).unwrap();
            let x = builder.conv(picture, &first.packed(ConvSource::Picture, how), None).unwrap();
            let residual: Option<MapId> = has_residual
                .then(|| builder.conv(x, &skip.packed(ConvSource::Map, how), None).unwrap());
            for source in [ConvSource::Map, ConvSource::SmallMap] {
                let y = builder.conv(x, &layer.packed(source, how), residual).unwrap();
                answers.push(y);
            }
            let plan = builder.finish(&answers);
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
