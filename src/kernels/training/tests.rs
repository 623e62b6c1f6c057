//! A layer gives what plain loops in double precision give.

use super::{Layer, Normalization};
use crate::kernels::{ConvSize, InstructionSet, Team};

/// Largest error over the largest value.
const TOLERANCE: f64 = 1e-4;

/// Numbers between -1 and 1 that look random.
fn numbers(n: usize, seed: u64) -> Vec<f32> {
    let mut state = seed
        .wrapping_mul(2862933555777941757)
        .wrapping_add(3037000493);
    (0..n)
        .map(|_| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
        })
        .collect()
}

fn assert_near(what: &str, ours: &[f32], exact: &[f64]) {
    assert_eq!(ours.len(), exact.len(), "{what}");
    let largest = exact.iter().fold(1e-9, |a: f64, b| a.max(b.abs()));
    for (ours, exact) in ours.iter().zip(exact) {
        let error = (f64::from(*ours) - exact).abs() / largest;
        assert!(error <= TOLERANCE, "{what}: {ours} instead of {exact}");
    }
}

/// Calls `f(picture, input position, output position, weight position)` for each product that a convolution adds up.
fn each_product(layer: &Layer<'_>, mut f: impl FnMut(usize, usize, usize)) {
    let ConvSize {
        inputs,
        outputs,
        kernel,
        stride,
        ..
    } = layer.size;
    let (out_height, out_width) = layer.output_size();
    for picture in 0..layer.count {
        for row in 0..out_height {
            for column in 0..out_width {
                for tap in 0..kernel * kernel {
                    let y = (row * stride + tap / kernel).checked_sub(kernel / 2);
                    let x = (column * stride + tap % kernel).checked_sub(kernel / 2);
                    let inside = |at: Option<usize>, len| at.filter(|at| *at < len);
                    let place = inside(y, layer.height).zip(inside(x, layer.width));
                    let Some((y, x)) = place else {
                        continue;
                    };
                    let pixel = (picture * layer.height + y) * layer.width + x;
                    let out_pixel = (picture * out_height + row) * out_width + column;
                    for input in 0..inputs {
                        for output in 0..outputs {
                            f(
                                pixel * inputs + input,
                                out_pixel * outputs + output,
                                (output * inputs + input) * kernel * kernel + tap,
                            );
                        }
                    }
                }
            }
        }
    }
}

fn check(layer: &Layer<'_>, seed: u64) {
    let ConvSize {
        inputs,
        outputs,
        kernel,
        ..
    } = layer.size;
    let (out_height, out_width) = layer.output_size();
    let out_len = layer.count * out_height * out_width * outputs;
    let x = numbers(layer.count * layer.height * layer.width * inputs, seed);
    let weight = numbers(inputs * outputs * kernel * kernel, seed + 1);
    let what = format!("{:?} on {}", layer.size, layer.isa.name());

    let mut exact = vec![0.0; out_len];
    each_product(layer, |from, to, tap| {
        exact[to] += f64::from(x[from]) * f64::from(weight[tap]);
    });
    let mut raw = vec![f32::NAN; out_len];
    let sums = layer.forward(&x, &weight, &mut raw).unwrap();
    assert_near(&what, &raw, &exact);
    for channel in 0..outputs {
        let of_channel = || exact.iter().skip(channel).step_by(outputs);
        let squares: f64 = of_channel().map(|value| value * value).sum();
        assert!((sums[channel] - of_channel().sum::<f64>()).abs() <= TOLERANCE * squares.max(1.0));
        assert!((sums[outputs + channel] - squares).abs() <= TOLERANCE * squares.max(1.0));
    }

    let scale = numbers(outputs, seed + 2);
    let shift = numbers(outputs, seed + 3);
    let offset = numbers(outputs, seed + 4);
    let residual = numbers(out_len, seed + 5);
    let by = Normalization {
        scale: &scale,
        shift: &shift,
        offset: &offset,
    };
    let mut out = vec![f32::NAN; out_len];
    layer
        .activate(&raw, by, Some(&residual), true, &mut out)
        .unwrap();
    for (at, value) in out.iter().enumerate() {
        let channel = at % outputs;
        let expected = raw[at] * scale[channel] + shift[channel] + residual[at];
        assert!((value - expected.max(0.0)).abs() < 1e-3, "{what}");
    }

    let gradient = numbers(out_len, seed + 6);
    let passed = |at: usize| {
        if 0.0 < out[at] {
            f64::from(gradient[at])
        } else {
            0.0
        }
    };
    let mut written = vec![f32::NAN; out_len];
    let sums = layer
        .gradient_sums(&gradient, Some(&out), &raw, &shift, Some(&mut written))
        .unwrap();
    for channel in 0..outputs {
        let places = || (channel..out_len).step_by(outputs);
        let sum: f64 = places().map(passed).sum();
        let product: f64 = places()
            .map(|at| passed(at) * (f64::from(raw[at]) - f64::from(shift[channel])))
            .sum();
        assert!((sums[channel] - sum).abs() < 1e-3, "{what}");
        assert!((sums[outputs + channel] - product).abs() < 1e-2, "{what}");
    }
    assert!((0..out_len).all(|at| f64::from(written[at]) == passed(at)));

    let raw_gradient: Vec<f64> = (0..out_len)
        .map(|at| {
            let channel = at % outputs;
            f64::from(scale[channel]) * passed(at)
                + f64::from(shift[channel]) * f64::from(raw[at])
                + f64::from(offset[channel])
        })
        .collect();
    let mut exact_x = vec![0.0; x.len()];
    let mut exact_weight = vec![0.0; weight.len()];
    each_product(layer, |from, to, tap| {
        exact_x[from] += raw_gradient[to] * f64::from(weight[tap]);
        exact_weight[tap] += raw_gradient[to] * f64::from(x[from]);
    });
    let mut x_gradient = vec![f32::NAN; x.len()];
    let asked = (8 <= inputs).then_some(&mut x_gradient[..]);
    let found = layer.backward(&gradient, Some(&out), &raw, by, &x, &weight, asked);
    assert_near(&what, &found.unwrap(), &exact_weight);
    if 8 <= inputs {
        assert_near(&what, &x_gradient, &exact_x);
    }
}

#[test]
fn layers_equal_plain_loops_forward_and_backward() {
    let team = Team::new(2).unwrap();
    let available = InstructionSet::ALL
        .into_iter()
        .filter(|isa| isa.is_available());
    for isa in available {
        for (seed, (kernel, stride, inputs)) in [
            (1, 1, 16),
            (3, 1, 32),
            (3, 2, 16),
            (3, 2, 3),
            (1, 1, 48),
            (3, 1, 16),
        ]
        .into_iter()
        .enumerate()
        {
            for (height, width) in [(6, 10), (7, 5), (1, 2)] {
                let size = ConvSize {
                    inputs,
                    outputs: 32,
                    kernel,
                    stride,
                    relu: false,
                };
                let layer = Layer {
                    count: 3,
                    height,
                    width,
                    size,
                    isa,
                    team: &team,
                };
                check(&layer, seed as u64);
            }
        }
    }
}
