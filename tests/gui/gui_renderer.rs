//! Draws egui's triangles on the processor, so that snapshots need neither a graphics card nor a display.

use std::collections::HashMap;

use eframe::egui::epaint::{ImageData, ImageDelta, Mesh, Primitive, Vertex};
use eframe::egui::{self, Rect, TextureId, TexturesDelta};
use egui_kittest::TestRenderer;
use image::RgbaImage;

/// Premultiplied, each channel in [0, 1].
type Rgba = [f32; 4];

/// A renderer for `egui_kittest`; one sample a pixel, as egui smooths edges itself.
#[derive(Default)]
pub struct SoftwareRenderer {
    textures: HashMap<TextureId, Texture>,
}

struct Texture {
    size: [usize; 2],
    pixels: Vec<Rgba>,
}

impl TestRenderer for SoftwareRenderer {
    #[expect(
        clippy::iter_over_hash_type,
        reason = "textures do not depend on each other"
    )]
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        for (id, deltas) in delta.set.drain() {
            for delta in deltas {
                self.set(id, &delta);
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    fn render(
        &mut self,
        ctx: &egui::Context,
        output: &egui::FullOutput,
    ) -> Result<RgbaImage, String> {
        let pixels_per_point = output.pixels_per_point;
        let size = ctx.content_rect().size() * pixels_per_point;
        let mut canvas = Canvas::new([size.x.round() as usize, size.y.round() as usize]);
        for clipped in ctx.tessellate(output.shapes.clone(), pixels_per_point) {
            let Primitive::Mesh(mesh) = clipped.primitive else {
                return Err("this renderer has no paint callbacks".to_owned());
            };
            let texture = self
                .textures
                .get(&mesh.texture_id)
                .ok_or_else(|| format!("there is no texture {:?}", mesh.texture_id))?;
            canvas.draw(&mesh, texture, clipped.clip_rect, pixels_per_point);
        }
        canvas.into_image()
    }
}

impl SoftwareRenderer {
    fn set(&mut self, id: TextureId, delta: &ImageDelta) {
        let ImageData::Color(image) = &delta.image;
        let pixels: Vec<Rgba> = image
            .pixels
            .iter()
            .map(|color| color.to_array().map(|channel| f32::from(channel) / 255.0))
            .collect();
        let Some([left, top]) = delta.pos else {
            let size = image.size;
            self.textures.insert(id, Texture { size, pixels });
            return;
        };
        let Some(texture) = self.textures.get_mut(&id) else {
            return;
        };
        let [width, height] = image.size;
        for y in 0..height {
            let from = y * width;
            let to = (top + y) * texture.size[0] + left;
            texture.pixels[to..to + width].copy_from_slice(&pixels[from..from + width]);
        }
    }
}

impl Texture {
    /// Bilinear, clamped at the edges.
    fn sample(&self, u: f32, v: f32) -> Rgba {
        let along = |share: f32, len: usize| {
            let at = (share * len as f32 - 0.5).clamp(0.0, (len - 1) as f32);
            let first = at as usize;
            (first, (first + 1).min(len - 1), at - first as f32)
        };
        let [width, height] = self.size;
        let (left, right, tx) = along(u, width);
        let (top, bottom, ty) = along(v, height);
        let row = |y: usize| {
            mix(
                self.pixels[y * width + left],
                self.pixels[y * width + right],
                tx,
            )
        };
        mix(row(top), row(bottom), ty)
    }
}

fn mix(a: Rgba, b: Rgba, t: f32) -> Rgba {
    std::array::from_fn(|channel| a[channel] + t * (b[channel] - a[channel]))
}

struct Canvas {
    size: [usize; 2],
    pixels: Vec<Rgba>,
}

/// A corner in pixels.
#[derive(Clone, Copy)]
struct Corner {
    x: f32,
    y: f32,
}

impl Corner {
    /// Twice the signed area of the triangle from `self` over `to` to `other`.
    fn turn(self, to: Self, other: Self) -> f32 {
        (to.x - self.x) * (other.y - self.y) - (to.y - self.y) * (other.x - self.x)
    }
}

impl Canvas {
    fn new(size: [usize; 2]) -> Self {
        Self {
            size,
            pixels: vec![[0.0, 0.0, 0.0, 1.0]; size[0] * size[1]],
        }
    }

    fn draw(&mut self, mesh: &Mesh, texture: &Texture, clip: Rect, pixels_per_point: f32) {
        let clip = [
            (clip.min.x * pixels_per_point).round().max(0.0),
            (clip.min.y * pixels_per_point).round().max(0.0),
            (clip.max.x * pixels_per_point)
                .round()
                .min(self.size[0] as f32),
            (clip.max.y * pixels_per_point)
                .round()
                .min(self.size[1] as f32),
        ];
        for triangle in mesh.indices.chunks_exact(3) {
            let vertices = [0, 1, 2].map(|k| &mesh.vertices[triangle[k] as usize]);
            let corners = vertices.map(|vertex| Corner {
                x: vertex.pos.x * pixels_per_point,
                y: vertex.pos.y * pixels_per_point,
            });
            self.draw_triangle(vertices, corners, texture, clip);
        }
    }

    fn draw_triangle(
        &mut self,
        vertices: [&Vertex; 3],
        corners: [Corner; 3],
        texture: &Texture,
        clip: [f32; 4],
    ) {
        let [a, b, c] = corners;
        let area = a.turn(b, c);
        if area == 0.0 {
            return;
        }
        let xs = corners.map(|corner| corner.x);
        let ys = corners.map(|corner| corner.y);
        let min = |values: [f32; 3]| values.into_iter().fold(f32::MAX, f32::min);
        let max = |values: [f32; 3]| values.into_iter().fold(f32::MIN, f32::max);
        let columns = min(xs).floor().max(clip[0]) as usize..max(xs).ceil().min(clip[2]) as usize;
        let rows = min(ys).floor().max(clip[1]) as usize..max(ys).ceil().min(clip[3]) as usize;
        let edges = [(b, c), (c, a), (a, b)];
        for y in rows {
            for x in columns.clone() {
                let middle = Corner {
                    x: x as f32 + 0.5,
                    y: y as f32 + 0.5,
                };
                let weights = edges.map(|(from, to)| from.turn(to, middle) / area);
                let is_inside = weights
                    .iter()
                    .zip(edges)
                    .all(|(weight, edge)| 0.0 < *weight || *weight == 0.0 && owns(edge, area));
                if is_inside {
                    let color = color_at(vertices, weights, texture);
                    let pixel = &mut self.pixels[y * self.size[0] + x];
                    let behind = 1.0 - color[3];
                    *pixel =
                        std::array::from_fn(|channel| color[channel] + behind * pixel[channel]);
                }
            }
        }
    }

    fn into_image(self) -> Result<RgbaImage, String> {
        let bytes = self
            .pixels
            .iter()
            .flat_map(|pixel| pixel.map(|channel| (channel.clamp(0.0, 1.0) * 255.0).round() as u8))
            .collect();
        RgbaImage::from_raw(self.size[0] as u32, self.size[1] as u32, bytes)
            .ok_or_else(|| "the picture has no size".to_owned())
    }
}

/// Of two triangles that share an edge, one owns the pixels on it: the one of which it is a left or top edge.
fn owns((from, to): (Corner, Corner), area: f32) -> bool {
    let (dx, dy) = (
        (to.x - from.x) * area.signum(),
        (to.y - from.y) * area.signum(),
    );
    dy < 0.0 || dy == 0.0 && 0.0 < dx
}

fn color_at(vertices: [&Vertex; 3], weights: [f32; 3], texture: &Texture) -> Rgba {
    let (mut color, mut u, mut v) = ([0.0; 4], 0.0, 0.0);
    for (vertex, weight) in vertices.into_iter().zip(weights) {
        for (sum, channel) in color.iter_mut().zip(vertex.color.to_array()) {
            *sum += weight * f32::from(channel) / 255.0;
        }
        u += weight * vertex.uv.x;
        v += weight * vertex.uv.y;
    }
    let texel = texture.sample(u, v);
    std::array::from_fn(|channel| color[channel] * texel[channel])
}
