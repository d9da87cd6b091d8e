#pragma once

#include <opencv2/core.hpp>

namespace cxr::test {

struct PhantomOptions {
  cv::Size size{512, 512};   ///< pixels, each side 64 or more
  unsigned seed = 0;         ///< the patient: build, posture, exposure
  int opacities = 0;         ///< infiltrates in the lungs, 0 or more
  int bit_depth = 8;         ///< 8 or 12
  bool marker = true;        ///< a lead `L` beside the patient's left shoulder
  bool collimation = false;  ///< a black, unexposed border
};

struct Phantom {
  cv::Mat image;  ///< CV_8UC1, or CV_16UC1 with values up to 4095
  cv::Mat lungs;  ///< CV_8UC1, 0 or 255: aerated lung, without heart and mediastinum
};

/// A synthetic frontal chest radiograph whose lungs are known.
///
/// Simple bodies (trunk, lungs, heart, airways, vessels, bones), measured in centimetres, are
/// projected along the beam; what they leave of it (Beer and Lambert) is scattered, counted with
/// quantum noise and developed to tones like those of real films. The same options give the same
/// picture on the same machine and build; opacities change nothing but the lungs. Throws cxr::Error
/// where the options are out of range.
Phantom make_phantom(const PhantomOptions& options);

}  // namespace cxr::test
