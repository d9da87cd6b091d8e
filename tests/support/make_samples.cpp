// make-samples DIR: writes the sample images, synthetic radiographs of several kinds, into DIR.
// make-samples --tiny DIR COUNT: writes networks that take milliseconds, their config.json, and
// COUNT small radiographs in DIR/images; for scripts/torture.sh.

#include <exception>
#include <filesystem>
#include <iostream>
#include <opencv2/imgcodecs.hpp>
#include <stdexcept>
#include <string>

#include "phantom.h"
#include "tiny_networks.h"

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

void write_tiny(const std::filesystem::path& folder, unsigned count) {
  std::filesystem::create_directories(folder / "images" / "ward");
  cxr::test::write_tiny_setup(folder);
  for (unsigned i = 0; i < count; ++i) {
    const std::string name = "film_" + std::to_string(1000 + i) + ".png";
    const auto path = folder / "images" / (i % 3 == 0 ? "ward/" + name : name);
    const cv::Mat image = cxr::test::make_phantom({.size = {200, 240}, .seed = i}).image;
    if (!cv::imwrite(path.string(), image)) {
      throw std::runtime_error(path.string() + ": cannot be written");
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_tiny = argc == 4 && std::string(argv[1]) == "--tiny";
  if (argc != 2 && !is_tiny) {
    std::cerr << "usage: make-samples DIR | make-samples --tiny DIR COUNT\n";
    return 2;
  }
  try {
    if (is_tiny) {
      write_tiny(argv[2], static_cast<unsigned>(std::stoul(argv[3])));
    } else {
      write_samples(argv[1]);
    }
  } catch (const std::exception& error) {
    std::cerr << "make-samples: " << error.what() << '\n';
    return 1;
  }
}
