// make-samples DIR: writes the sample images, synthetic radiographs of several kinds, into DIR.

#include <exception>
#include <filesystem>
#include <iostream>
#include <opencv2/imgcodecs.hpp>
#include <stdexcept>

#include "phantom.h"

namespace {

struct Sample {
  const char* file;
  cxr::test::PhantomOptions options;
};

const Sample kSamples[] = {
    {"clear_1024.png", {.size = {1024, 1024}, .seed = 4}},
    {"clear_large.jpg", {.size = {2000, 2400}, .seed = 23}},
    {"clear_12bit.png", {.size = {720, 760}, .seed = 7, .bit_depth = 12}},
    {"clear_small.png", {.size = {512, 420}, .seed = 11, .marker = false}},
    {"opacities_one.jpg", {.size = {1200, 1024}, .seed = 16, .opacities = 1}},
    {"opacities_many.jpg", {.size = {1140, 1140}, .seed = 2, .opacities = 7}},
    {"opacities_collimated.png",
     {.size = {640, 700}, .seed = 9, .opacities = 4, .collimation = true}},
};

void write_samples(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const auto& [file, options] : kSamples) {
    const auto path = folder / file;
    if (!cv::imwrite(path.string(), cxr::test::make_phantom(options).image,
                     {cv::IMWRITE_JPEG_QUALITY, 90, cv::IMWRITE_PNG_COMPRESSION, 9})) {
      throw std::runtime_error(path.string() + ": cannot be written");
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make-samples DIR\n";
    return 2;
  }
  try {
    write_samples(argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "make-samples: " << error.what() << '\n';
    return 1;
  }
}
