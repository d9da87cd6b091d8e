#pragma once

namespace cxr {

/// Random changes to a training image that leave its label as it is, in the ranges given; 0 is
/// none.
struct Augmentation {
  double rotation = 15;      ///< degrees either way, 0 to 180
  double scale = 0.25;       ///< relative, either way
  double aspect = 0.2;       ///< relative stretch of one axis
  double shear = 0.1;        ///< tangent
  double shift = 0.1;        ///< of the side
  double mirror = 0.5;       ///< probability
  double quarter_turn = 0;   ///< probability of a turn by 90, 180 or 270 degrees
  double gamma = 0.5;        ///< exponent within 2^-gamma .. 2^gamma
  double contrast = 0.3;     ///< relative, either way
  double brightness = 0.15;  ///< of the full range, either way
  double invert = 0;         ///< probability of a negative
  double fade = 0;           ///< probability that a tenth to a half of the tonal range is left
  double equalize = 0;       ///< probability of histogram equalisation, blended in at random
  double blur = 1.0;         ///< standard deviation in pixels
  double sharpen = 0;        ///< weight of the unsharp mask
  double resample = 0;  ///< octaves: grain and JPEG are of a picture up to that much smaller, or
                        ///< half as much larger, brought back to size
  double noise = 0.03;  ///< standard deviation, of the full range
  double jpeg = 0;      ///< probability of JPEG compression, quality 15 to 85
  double corners = 0;   ///< probability that a corner, where labels are, is painted over
  double outside = 0;   ///< probability that what lies outside the lungs is changed
};

/// Calls `visit(name, value, meaning)` for each of an augmentation's ranges.
template <typename Ranges, typename Visitor>
void for_each_range(Ranges& augmentation, const Visitor& visit) {
  visit("rotation", augmentation.rotation, "Degrees either way");
  visit("scale", augmentation.scale, "Relative, either way");
  visit("aspect", augmentation.aspect, "Relative stretch of one axis");
  visit("shear", augmentation.shear, "Tangent");
  visit("shift", augmentation.shift, "Of the side");
  visit("mirror", augmentation.mirror, "Probability");
  visit("quarter-turn", augmentation.quarter_turn, "Probability of 90, 180 or 270 degrees");
  visit("gamma", augmentation.gamma, "Exponent within 2^-gamma .. 2^gamma");
  visit("contrast", augmentation.contrast, "Relative, either way");
  visit("brightness", augmentation.brightness, "Of the full range, either way");
  visit("invert", augmentation.invert, "Probability of a negative");
  visit("fade", augmentation.fade, "Probability that little of the tonal range is left");
  visit("equalize", augmentation.equalize, "Probability of histogram equalisation");
  visit("blur", augmentation.blur, "Standard deviation in pixels");
  visit("sharpen", augmentation.sharpen, "Weight of the unsharp mask");
  visit("resample", augmentation.resample, "Octaves of resolution lost, or half as many gained");
  visit("noise", augmentation.noise, "Standard deviation, of the full range");
  visit("jpeg", augmentation.jpeg, "Probability of JPEG compression");
  visit("corners", augmentation.corners, "Probability that a corner is painted over");
  visit("outside", augmentation.outside, "Probability that the outside of the lungs is changed");
}

}  // namespace cxr
