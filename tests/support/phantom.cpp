#include "phantom.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "cxr/error.h"

// The patient faces the film; lengths are centimetres, x runs to the patient's left (the picture's
// right), y downwards, and the origin lies between the hila. Shadows are line integrals of
// attenuation along the beam.

namespace cxr::test {
namespace {

using Curve = std::vector<cv::Point2f>;
using Mask = cv::Mat;    // CV_8UC1, 0 or 255
using Shadow = cv::Mat;  // CV_32FC1, what a beam loses or leaves at each pixel

constexpr float kTissue = 0.19F;    // attenuation of soft tissue, 1/cm
constexpr float kAerated = 0.145F;  // what an aerated lung lacks of it
constexpr float kBone = 0.30F;      // what cortical bone has beyond it
constexpr float kVertebra = 2.35F;  // height of a vertebra with its disc

class Random {
 public:
  // The multiplier keeps neighbouring seeds apart: cv::RNG's first draws follow its state.
  Random(unsigned seed, unsigned stream)
      : rng_((std::uint64_t{seed} * 16 + stream + 1) * 0x9E3779B97F4A7C15ULL) {}

  float in(float low, float high) { return rng_.uniform(low, high); }
  bool chance(float probability) { return in(0, 1) < probability; }
  Shadow noise(cv::Size size) {
    Shadow result(size, CV_32F);
    rng_.fill(result, cv::RNG::NORMAL, 0, 1);
    return result;
  }

 private:
  cv::RNG rng_;
};

enum Stream : unsigned { kPatient, kShapes, kVessels, kTexture, kOpacities, kQuanta, kFrame };

/// What differs from one patient, and one exposure, to the next.
struct Patient {
  explicit Patient(Random random)
      : width(random.in(0.92F, 1.07F)),
        height(random.in(0.90F, 1.06F)),
        fat(random.in(0.0F, 2.5F)),
        heart(random.in(0.88F, 1.12F)),
        right_dome(random.in(-1.2F, 0.8F)),
        left_dome(right_dome + random.in(-0.4F, 0.6F)),
        arms(random.in(-1.5F, 2.5F)),
        breasts(random.chance(0.35F) ? random.in(1.0F, 3.0F) : 0.0F),
        bubble(random.in(0.3F, 1.0F)),
        bones(random.in(0.8F, 1.2F)),
        tilt(random.in(-3.0F, 3.0F)),
        shift(random.in(-1.0F, 1.0F), random.in(-1.0F, 1.0F)),
        field(random.in(38.5F, 42.5F)),
        lung_tone(random.in(0.38F, 0.56F)),
        mediastinum_tone(random.in(0.82F, 0.88F)),
        quanta(random.in(3e6F, 8e6F)) {}

  float width, height;          // of the chest, relative
  float fat;                    // cm at the flanks
  float heart;                  // size, relative
  float right_dome, left_dome;  // cm downwards
  float arms;                   // cm outwards
  float breasts;                // cm along the beam
  float bubble;                 // air in the stomach, relative
  float bones;                  // density, relative
  float tilt;                   // degrees
  cv::Point2f shift;            // cm on the film
  float field;                  // cm on the film's shorter side
  float lung_tone;              // grey level, 0..1
  float mediastinum_tone;       // grey level, 0..1
  float quanta;                 // photons on a cm2 of bare film
};

Curve mirrored(Curve curve) {
  for (auto& point : curve) point.x = -point.x;
  return curve;
}

/// A Catmull-Rom spline through the knots.
Curve spline(const Curve& knots, bool closed) {
  constexpr int steps = 12;
  const int count = static_cast<int>(knots.size());
  const auto knot = [&](int i) {
    return knots[static_cast<std::size_t>(closed ? (i + count) % count
                                                 : std::clamp(i, 0, count - 1))];
  };
  Curve curve;
  for (int i = 0; i < count - (closed ? 0 : 1); ++i) {
    const cv::Point2f a = knot(i - 1), b = knot(i), c = knot(i + 1), d = knot(i + 2);
    for (int s = 0; s < steps; ++s) {
      const float t = static_cast<float>(s) / steps;
      curve.push_back(
          b + 0.5F * t * ((c - a) + t * ((2 * a - 5 * b + 4 * c - d) + t * (3 * (b - c) + d - a))));
    }
  }
  if (!closed) curve.push_back(knots.back());
  return curve;
}

Curve open(const Curve& knots) { return spline(knots, false); }
Curve closed(const Curve& knots) { return spline(knots, true); }

Curve ellipse(cv::Point2f centre, float rx, float ry) {
  Curve curve;
  for (int degree = 0; degree < 360; degree += 6) {
    const auto angle = static_cast<float>(degree * CV_PI / 180);
    curve.push_back(centre + cv::Point2f(rx * std::cos(angle), ry * std::sin(angle)));
  }
  return curve;
}

/// Length of the beam's way through a cylinder of `radius`, `depth` inside its edge.
float chord(float depth, float radius) {
  depth = std::clamp(depth, 0.0F, radius);
  return 2 * std::sqrt(depth * (2 * radius - depth));
}

/// Turns outlines in centimetres into shadows in pixels.
class Canvas {
 public:
  Canvas(cv::Size size, const Patient& patient)
      : size_(size), scale_(static_cast<float>(std::min(size.width, size.height)) / patient.field) {
    const auto angle = static_cast<float>(patient.tilt * CV_PI / 180);
    const float c = scale_ * std::cos(angle), s = scale_ * std::sin(angle);
    const cv::Point2f origin(static_cast<float>(size.width) / 2 + scale_ * patient.shift.x,
                             static_cast<float>(size.height) / 2 + scale_ * patient.shift.y);
    to_pixels_ = {c * patient.width, -s * patient.height, origin.x,
                  s * patient.width, c * patient.height,  origin.y};
  }

  /// Centimetres in so many pixels.
  float pixels(float count) const { return count / scale_; }

  Shadow empty() const { return Shadow::zeros(size_, CV_32F); }

  Mask fill(const std::vector<Curve>& outlines) const {
    Mask mask = Mask::zeros(size_, CV_8U);
    for (const auto& outline : outlines) {
      cv::fillPoly(mask, std::vector{fixed_point(outline)}, 255, cv::LINE_8, kFraction);
    }
    return mask;
  }

  void stroke(Mask& mask, const Curve& line, float width, int value = 255) const {
    cv::polylines(mask, fixed_point(line), false, value, std::max(1, cvRound(width * scale_)),
                  cv::LINE_AA, kFraction);
  }

  Mask stroke(const std::vector<Curve>& lines, float width) const {
    Mask mask = Mask::zeros(size_, CV_8U);
    for (const auto& line : lines) stroke(mask, line, width);
    return mask > 127;
  }

  /// A body `depth` thick whose edge is rounded over `rim`.
  Shadow body(const Mask& mask, float depth, float rim) const {
    return shape(mask, [=](float d) { return depth * chord(d, rim) / (2 * rim); });
  }

  /// A hollow bone: cortex of thickness `wall` around marrow.
  Shadow bone(const Mask& mask, float radius, float wall) const {
    return shape(mask, [=](float d) {
      return kBone * (chord(d, radius) - 0.75F * chord(d - wall, radius - wall));
    });
  }

  Shadow blurred(const Shadow& shadow, float sigma) const {
    // A wide blur needs few pixels.
    const double shrink = std::min(1.0, 3.0 / (sigma * scale_));
    Shadow result;
    cv::resize(shadow, result, {}, shrink, shrink, cv::INTER_AREA);
    cv::GaussianBlur(result, result, {}, sigma * scale_ * shrink);
    cv::resize(result, result, size_, 0, 0, cv::INTER_CUBIC);
    return result;
  }

  /// Random clouds with details of about `sigma`, of mean 0 and deviation 1.
  Shadow clouds(Random& random, float sigma) const {
    const float shrink = std::min(1.0F, 2.0F / (sigma * scale_));
    Shadow result = random.noise({cvCeil(static_cast<float>(size_.width) * shrink),
                                  cvCeil(static_cast<float>(size_.height) * shrink)});
    cv::GaussianBlur(result, result, {}, std::max(0.5F, sigma * scale_ * shrink));
    cv::Scalar mean, deviation;
    cv::meanStdDev(result, mean, deviation);
    result = (result - mean[0]) / deviation[0];
    cv::resize(result, result, size_, 0, 0, cv::INTER_CUBIC);
    return result;
  }

  cv::Point2f to_centimetres(cv::Point pixel) const {
    cv::Matx23f inverse;
    cv::invertAffineTransform(to_pixels_, inverse);
    const auto point =
        inverse * cv::Vec3f(static_cast<float>(pixel.x), static_cast<float>(pixel.y), 1);
    return {point[0], point[1]};
  }

 private:
  static constexpr int kFraction = 4;  // fractional bits of a coordinate

  std::vector<cv::Point> fixed_point(const Curve& curve) const {
    std::vector<cv::Point> points;
    for (const auto& p : curve) {
      const auto q = to_pixels_ * cv::Vec3f(p.x, p.y, 1) * (1 << kFraction);
      points.emplace_back(cvRound(q[0]), cvRound(q[1]));
    }
    return points;
  }

  template <typename Profile>
  Shadow shape(const Mask& mask, Profile profile) const {
    Shadow distance;
    cv::distanceTransform(mask, distance, cv::DIST_L2, cv::DIST_MASK_5);
    for (float& d : cv::Mat1f(distance)) d = d > 0 ? profile(d / scale_) : 0.0F;
    return distance;
  }

  cv::Size size_;
  float scale_;  // pixels in a centimetre
  cv::Matx23f to_pixels_;
};

// --- soft tissue ---------------------------------------------------------------------------------

Shadow soft_tissue(const Canvas& canvas, const Patient& patient) {
  const float f = patient.fat;
  const Curve left_side = {{4.8F, -40},     {5.2F, -23},     {6.4F, -19.8F},
                           {10, -17.4F},    {15.5F, -15.6F}, {19.4F + f / 2, -13.2F},
                           {20.6F + f, -8}, {17.6F + f, -1}, {16.8F + f, 6},
                           {16.8F + f, 13}, {17.2F + f, 20}, {18 + f, 40}};
  Curve outline = mirrored(left_side);
  std::reverse(outline.begin(), outline.end());
  outline.insert(outline.end(), left_side.begin(), left_side.end());
  Shadow tissue = canvas.body(canvas.fill({closed(outline)}), 21 + f, 13);

  const float a = patient.arms;
  const Curve arm =
      open({{16.8F, -8.8F}, {19.8F + 0.8F * a, -2}, {22 + 1.5F * a, 6}, {23 + 2 * a, 22}});
  const Mask arms = canvas.stroke({arm, mirrored(arm)}, 7.5F + f);
  tissue = cv::max(tissue, canvas.body(arms, 8 + f, 3.7F + f / 2));

  if (patient.breasts > 0) {
    const Curve breast = closed(
        {{3, 5}, {5, 1}, {10, -1.5F}, {14.5F, 1}, {16, 6}, {13.5F, 10.5F}, {9, 12}, {5, 10}});
    tissue += canvas.body(canvas.fill({breast, mirrored(breast)}), patient.breasts, 5);
  }
  return tissue;
}

// --- lungs ---------------------------------------------------------------------------------------

Mask mediastinum_mask(const Canvas& canvas, const Patient& patient) {
  Curve outline = {{-2.7F, -24},   {-2.6F, -13},  {-2.5F, -10},  {-2.8F, -7},   {-3.0F, -4.5F},
                   {-3.6F, -1.8F}, {-3.4F, 0.6F}, {-4.2F, 3.6F}, {-4.6F, 6.4F}, {-4.3F, 9},
                   {-3.7F, 11.5F}, {-3.4F, 24},   {9.4F, 24},    {9.5F, 12},    {9.7F, 9.6F},
                   {9.2F, 6.8F},   {7.6F, 3.4F},  {5.4F, 0.4F},  {4.2F, -1.8F}, {3.5F, -3.7F},
                   {3.9F, -5.0F},  {4.0F, -6.4F}, {3.4F, -7.8F}, {2.8F, -9.6F}, {2.6F, -13},
                   {2.7F, -24}};
  for (auto& point : outline) {
    if (point.y > 0) point.x *= patient.heart;
  }
  return canvas.fill({closed(outline)});
}

Curve dome(float medial, float peak, float lateral) {
  return open({{-3, medial + 1},
               {1, medial},
               {4.5F, peak + 0.4F},
               {8, peak},
               {11.2F, peak + 1.2F},
               {13.6F, lateral - 1.3F},
               {15.1F, lateral + 0.8F},
               {16, lateral + 3}});
}

Mask below_diaphragm(const Canvas& canvas, const Patient& patient) {
  Curve right = mirrored(dome(11, 9.2F + patient.right_dome, 13.6F + patient.right_dome / 2));
  Curve left = dome(11.6F, 10.2F + patient.left_dome, 13.9F + patient.left_dome / 2);
  for (Curve* side : {&right, &left}) {
    const float x = side->back().x;
    side->insert(side->end(), {{x, 40}, {0, 40}});
  }
  return canvas.fill({right, left});
}

Mask rib_cage(const Canvas& canvas, Random& random) {
  Curve half = {{0.5F, -9},     {1.9F, -11.6F}, {4.6F, -13.3F}, {7.4F, -12},   {9.7F, -9.2F},
                {11.5F, -5.2F}, {12.9F, -0.5F}, {13.8F, 4.5F},  {14.4F, 9.5F}, {14.6F, 13.5F},
                {14.2F, 16},    {8, 17},        {0.5F, 17},     {0.5F, 4}};
  const auto irregular = [&] {
    Curve curve = half;
    for (auto& point : curve) point += cv::Point2f(random.in(-0.2F, 0.2F), random.in(-0.2F, 0.2F));
    return curve;
  };
  return canvas.fill({closed(irregular()), mirrored(closed(irregular()))});
}

/// Blood vessels leaving a hilum: each forks until it is too thin to be seen.
void draw_vessel(const Canvas& canvas, Mask& mask, Random& random, cv::Point2f from, float angle,
                 float diameter, float length) {
  if (diameter < 0.06F) return;
  const auto step = [&](cv::Point2f start, float direction) {
    return start + 0.5F * length * cv::Point2f(std::cos(direction), std::sin(direction));
  };
  const cv::Point2f middle = step(from, angle + random.in(-0.25F, 0.25F));
  const cv::Point2f end = step(middle, angle + random.in(-0.25F, 0.25F));
  // Thin ones first, so that a branch never cuts into its parent.
  const float side = random.chance(0.5F) ? 1.0F : -1.0F;
  draw_vessel(canvas, mask, random, end, angle + side * random.in(0.35F, 0.8F),
              diameter * random.in(0.5F, 0.75F), length * random.in(0.7F, 0.95F));
  draw_vessel(canvas, mask, random, end, angle - side * random.in(0.05F, 0.3F),
              diameter * random.in(0.76F, 0.88F), length * random.in(0.85F, 1.0F));
  canvas.stroke(mask, {from, middle, end}, diameter, cvRound(std::min(1.0F, diameter) * 255));
}

Shadow vessels(const Canvas& canvas, Random random) {
  Mask mask = canvas.fill({});
  for (const float side : {-1.0F, 1.0F}) {
    const cv::Point2f hilum(side * 3.4F, side < 0 ? -0.6F : -1.6F);
    for (float elevation = -1.45F; elevation < 1.4F; elevation += random.in(0.22F, 0.36F)) {
      const float angle = side > 0 ? elevation : static_cast<float>(CV_PI) - elevation;
      const cv::Point2f start = hilum + cv::Point2f(0, 1.8F * elevation);
      draw_vessel(canvas, mask, random, start, angle, random.in(0.3F, 0.65F),
                  random.in(1.2F, 2.2F));
    }
  }
  Shadow diameters;
  mask.convertTo(diameters, CV_32F, 1.0 / 255);
  return canvas.blurred(diameters, 0.05F);
}

/// Air-filled ways and hollows: trachea, main bronchi and the stomach's bubble.
Shadow air(const Canvas& canvas, const Patient& patient) {
  const Curve trachea = open({{0.1F, -26}, {0, -14}, {-0.2F, -9}, {-0.3F, -4.6F}});
  const Curve right = open({{-0.3F, -4.8F}, {-2, -3}, {-3.8F, -1.4F}});
  const Curve left = open({{-0.3F, -4.8F}, {2.2F, -3.2F}, {4.2F, -2.3F}});
  Shadow ways = canvas.body(canvas.stroke({trachea}, 1.8F), 1.8F, 0.9F);
  ways = cv::max(ways, canvas.body(canvas.stroke({right, left}, 1.2F), 1.2F, 0.6F));

  const float y = 11.9F + patient.left_dome;
  const float b = patient.bubble;
  const Curve bubble = closed({{7 - 2.6F * b, y + 1.7F * b},
                               {7 - 1.8F * b, y + 0.5F * b},
                               {7, y},
                               {7 + 2.0F * b, y + 0.5F * b},
                               {7 + 2.7F * b, y + 1.8F * b},
                               {7, y + 2.0F * b}});
  ways += canvas.body(canvas.fill({bubble}), 4 * b, 1.2F);
  return kTissue * ways;
}

// --- bones ---------------------------------------------------------------------------------------

/// A rib lies on an ellipse that is tilted forwards: from the spine outwards, down and back in.
Curve rib(float y, float half_width, float drop, float from_degree, float to_degree) {
  Curve curve;
  for (float degree = from_degree; degree <= to_degree; degree += 3) {
    const auto angle = static_cast<float>(degree * CV_PI / 180);
    curve.emplace_back(half_width * std::sin(angle), y + drop * (1 - std::cos(angle)) / 2);
  }
  return curve;
}

Shadow ribs(const Canvas& canvas, Random& random) {
  struct Rib {
    float y, half_width, drop;
  };
  static constexpr Rib kRibs[] = {{-12.4F, 6.3F, 3.6F}, {-10.7F, 9.4F, 5.2F}, {-8.5F, 11.3F, 6.6F},
                                  {-6.3F, 12.4F, 7.6F}, {-4.0F, 13.2F, 8.3F}, {-1.7F, 13.7F, 9.0F},
                                  {0.7F, 14.1F, 9.4F},  {3.1F, 14.4F, 9.8F},  {5.5F, 14.5F, 9.6F},
                                  {7.9F, 14.5F, 9.0F}};
  std::vector<Curve> posterior, anterior;
  for (const float side : {-1.0F, 1.0F}) {
    for (const auto& [y, half_width, drop] : kRibs) {
      const float level = y + random.in(-0.2F, 0.2F);
      const float fall = drop * random.in(0.95F, 1.05F);
      Curve back = rib(level, half_width, fall, 8, 93);
      posterior.push_back(side < 0 ? mirrored(back) : back);
      Curve front = rib(level, half_width, fall, 87, y < 4 ? 140 : 118);
      anterior.push_back(side < 0 ? mirrored(front) : front);
    }
  }
  return canvas.bone(canvas.stroke(posterior, 1.1F), 0.55F, 0.13F) +
         0.4F * canvas.bone(canvas.stroke(anterior, 1.35F), 0.67F, 0.12F);
}

Shadow spine(const Canvas& canvas) {
  std::vector<Curve> bodies, arches;
  for (float y = -26; y < 26; y += kVertebra) {
    const float w = y < -12 ? 1.3F : 1.6F + 0.02F * y;
    bodies.push_back({{-w, y - 0.95F},
                      {w, y - 0.95F},
                      {w - 0.2F, y},
                      {w, y + 0.95F},
                      {-w, y + 0.95F},
                      {-w + 0.2F, y}});
    for (const float x : {-0.75F * w, 0.0F, 0.75F * w}) {
      arches.push_back(ellipse({x, y + (x == 0 ? 0.7F : -0.3F)}, 0.3F, x == 0 ? 0.7F : 0.45F));
    }
  }
  const Curve column = {{-1.5F, -30}, {-1.7F, 30}, {1.7F, 30}, {1.5F, -30}};
  return 0.4F * kBone * canvas.body(canvas.fill({column}), 1.2F, 1) +
         0.4F * canvas.bone(canvas.fill(bodies), 1.2F, 0.2F) +
         0.5F * canvas.bone(canvas.fill(arches), 0.3F, 0.12F);
}

Shadow shoulders(const Canvas& canvas, const Patient& patient, Random& random) {
  const float a = patient.arms;
  std::vector<Curve> clavicles, shafts, heads, blades;
  for (const float side : {-1.0F, 1.0F}) {
    const float lift = random.in(-0.7F, 0.7F);
    const auto placed = [&](Curve curve) { return side < 0 ? mirrored(curve) : curve; };
    clavicles.push_back(placed(open({{1.8F, -9.6F},
                                     {4.5F, -10.4F + lift / 3},
                                     {9, -11.8F + lift},
                                     {13, -13.2F + lift},
                                     {16.2F, -12.9F}})));
    heads.push_back(placed(ellipse({17.3F, -10.3F}, 2.3F, 2.4F)));
    shafts.push_back(placed(
        open({{17.8F, -9}, {19.9F + 0.8F * a, -1}, {22.5F + 1.7F * a, 10}, {23 + 2 * a, 22}})));
    blades.push_back(placed(open({{15.2F, -9.6F},
                                  {14.6F, -6},
                                  {13.6F, -1},
                                  {12.6F, 3.2F},
                                  {11.4F, 2},
                                  {10.2F, -4},
                                  {9.8F, -9.5F},
                                  {12, -11},
                                  {15.2F, -12.2F}})));
  }
  return canvas.bone(canvas.stroke(clavicles, 1.25F), 0.62F, 0.16F) +
         0.8F * canvas.bone(canvas.fill(heads) | canvas.stroke(shafts, 2), 1, 0.25F) +
         0.15F * kBone * canvas.body(canvas.fill(blades), 1, 0.3F) +
         0.6F * canvas.bone(canvas.stroke(blades, 0.45F), 0.22F, 0.1F);
}

// --- from anatomy to film ------------------------------------------------------------------------

struct Anatomy {
  Shadow body;  // without opacities
  Shadow opacities;
  Mask lungs;
  Mask mediastinum;
};

/// Infiltrates: cloudy blobs, confined to aerated lung by its thickness `lung` (cm).
Shadow infiltrates(const Canvas& canvas, const Shadow& lung, const Mask& mask, int count,
                   Random random) {
  Shadow result = canvas.empty();
  std::vector<cv::Point> inside;
  cv::findNonZero(mask, inside);
  if (count == 0 || inside.empty()) return result;

  for (int i = 0; i < count; ++i) {
    const auto pick = static_cast<std::size_t>(random.in(0, 1) * static_cast<float>(inside.size()));
    const cv::Point2f centre = canvas.to_centimetres(inside[std::min(pick, inside.size() - 1)]);
    const Mask blob = canvas.fill({ellipse(centre, random.in(1.4F, 3.2F), random.in(1.4F, 3.2F))});
    result += canvas.blurred(canvas.body(blob, random.in(2.5F, 5.0F), 1.5F), 0.9F);
  }
  const Shadow texture = 1 + 0.2F * canvas.clouds(random, 0.4F);
  const Shadow share = cv::min(lung / 6, 1);
  return kAerated * result.mul(cv::max(texture, 0.2F)).mul(share);
}

Anatomy build(const Canvas& canvas, const Patient& patient, const PhantomOptions& options) {
  Random random(options.seed, kShapes);
  Anatomy anatomy;
  const Mask cage = rib_cage(canvas, random);
  anatomy.mediastinum = mediastinum_mask(canvas, patient);
  anatomy.lungs = cage & ~anatomy.mediastinum & ~below_diaphragm(canvas, patient);

  const Shadow tissue = soft_tissue(canvas, patient);
  // Lung also lies behind heart and diaphragm; a chest wall always remains around it.
  Shadow lung =
      canvas.body(anatomy.lungs, 12, 3.5F) + canvas.blurred(canvas.body(cage, 4, 4), 1.2F);
  lung = cv::max(cv::min(lung, tissue - 4.5F), 0);

  Random texture(options.seed, kTexture);
  const Shadow parenchyma = 0.55F * canvas.clouds(texture, 0.12F) + canvas.clouds(texture, 0.3F);
  const Shadow depth = cv::min(lung / 8, 1);
  const Shadow muscle = 0.35F * canvas.clouds(texture, 2.5F) + 0.12F * canvas.clouds(texture, 0.5F);

  anatomy.body =
      kTissue * tissue - kAerated * lung - air(canvas, patient) +
      0.6F * vessels(canvas, {options.seed, kVessels}).mul(depth) + 0.025F * parenchyma.mul(depth) +
      kTissue * muscle.mul(cv::min(tissue / 8, 1)) +
      patient.bones * (ribs(canvas, random) + spine(canvas) + shoulders(canvas, patient, random));
  anatomy.body = cv::max(anatomy.body, 0);
  anatomy.opacities =
      infiltrates(canvas, lung, anatomy.lungs, options.opacities, {options.seed, kOpacities});
  return anatomy;
}

/// The film's density: minus the logarithm of what reaches it, 0 where nothing is in the way.
Shadow expose(const Canvas& canvas, const Shadow& attenuation) {
  Shadow beam;
  cv::exp(-attenuation, beam);
  // Scatter comes from what is hit, and is weakened on its way out.
  const Shadow scatter = canvas.blurred(beam.mul(1 - beam), 4);
  // Unsharpness, enough to hide that outlines were drawn pixel by pixel.
  beam = canvas.blurred(beam, std::max(0.035F, canvas.pixels(0.8F))) + 0.3F * scatter;
  Shadow density;
  cv::log(cv::max(beam, 1e-4F), density);
  return -density;
}

/// The film's S-shaped response, set so that lungs and mediastinum get their tones.
struct Response {
  Response(const Shadow& density, const Anatomy& anatomy, const Patient& patient) {
    const auto logit = [](float p) { return std::log(p / (1 - p)); };
    const auto lung = static_cast<float>(cv::mean(density, anatomy.lungs)[0]);
    const Mask heart = anatomy.mediastinum & (density > lung);
    const auto mediastinum = static_cast<float>(cv::mean(density, heart)[0]);
    slope = (logit(patient.mediastinum_tone) - logit(patient.lung_tone)) / (mediastinum - lung);
    centre = lung - logit(patient.lung_tone) / slope;
    black = 1 / (1 + std::exp(slope * centre));
  }

  Shadow operator()(const Shadow& density) const {
    Shadow tone;
    cv::exp(-slope * (density - centre), tone);
    tone = 1 / (1 + tone);
    return (tone - black) / (1 - black);
  }

  float slope, centre, black;
};

void add_quantum_noise(Shadow& density, float quanta_per_pixel, Random random) {
  Shadow deviation;  // of -log(n / N), where n is Poisson of mean N exp(-density)
  cv::exp(density / 2, deviation);
  Shadow noise = random.noise(density.size());
  cv::GaussianBlur(noise, noise, {}, 0.6);
  density += noise.mul(deviation) / std::sqrt(quanta_per_pixel);
}

void draw_marker(Shadow& tone) {
  const double unit = std::min(tone.cols, tone.rows);
  cv::putText(tone, "L", {cvRound(0.90 * tone.cols), cvRound(0.10 * tone.rows)},
              cv::FONT_HERSHEY_SIMPLEX, unit / 430, 0.97, std::max(1, cvRound(unit / 150)),
              cv::LINE_8);
}

void collimate(Shadow& tone, Random random) {
  const auto inset = [&](int side) { return cvRound(side * double{random.in(0.015F, 0.035F)}); };
  const cv::Rect field(cv::Point(inset(tone.cols), inset(tone.rows)),
                       cv::Point(tone.cols - inset(tone.cols), tone.rows - inset(tone.rows)));
  Shadow shutter = Shadow::zeros(tone.size(), CV_32F);
  shutter(field) = 1;
  cv::GaussianBlur(shutter, shutter, {}, std::max(0.5, tone.cols / 400.0));
  tone = tone.mul(shutter);
}

void check(const PhantomOptions& options) {
  if (std::min(options.size.width, options.size.height) < 64) {
    throw Error("phantom", "size", "too small; give sides of 64 or more");
  }
  if (options.bit_depth != 8 && options.bit_depth != 12) {
    throw Error("phantom", "bit_depth", "not known; give 8 or 12");
  }
  if (options.opacities < 0) throw Error("phantom", "opacities", "negative; give 0 or more");
}

/// Anatomy is drawn at a size where its details can be: never tiny, never larger than need be.
cv::Size drawing_size(cv::Size size) {
  const double longer = std::max(size.width, size.height);
  const double factor = std::clamp(longer, 512.0, 1024.0) / longer;
  return {cvRound(size.width * factor), cvRound(size.height * factor)};
}

}  // namespace

Phantom make_phantom(const PhantomOptions& options) {
  check(options);
  const Patient patient(Random(options.seed, kPatient));
  const Canvas canvas(drawing_size(options.size), patient);
  const Anatomy anatomy = build(canvas, patient, options);

  const Response response(expose(canvas, anatomy.body), anatomy, patient);
  Shadow density = expose(canvas, anatomy.body + anatomy.opacities);
  density += 0.5F * (density - canvas.blurred(density, 1.0F));  // detail enhancement
  const bool shrink = options.size.width < density.cols;
  cv::resize(density, density, options.size, 0, 0, shrink ? cv::INTER_AREA : cv::INTER_CUBIC);

  const float pixel =
      patient.field / static_cast<float>(std::min(options.size.width, options.size.height));
  add_quantum_noise(density, patient.quanta * pixel * pixel, {options.seed, kQuanta});
  Shadow tone = response(density);
  if (options.marker) draw_marker(tone);
  if (options.collimation) collimate(tone, {options.seed, kFrame});

  Phantom phantom;
  const bool deep = options.bit_depth == 12;
  tone = cv::max(cv::min(tone, 1), 0);
  tone.convertTo(phantom.image, deep ? CV_16U : CV_8U, deep ? 4095 : 255);
  cv::resize(anatomy.lungs, phantom.lungs, options.size, 0, 0, cv::INTER_AREA);
  phantom.lungs = phantom.lungs > 127;
  return phantom;
}

}  // namespace cxr::test
