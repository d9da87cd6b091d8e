// make-samples DIR: writes the sample images, synthetic radiographs of several kinds, into DIR.
// make-samples --tiny DIR COUNT: writes networks that take milliseconds, their config.json, and
// COUNT small radiographs in DIR/images; for scripts/torture.sh.
// make-samples --films DIR ALIKE MIXED: writes so many radiographs of 1024 x 1024 into DIR/alike,
// and of mixed sizes and formats into DIR/mixed; for scripts/bench.sh.

#include <exception>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/parallel.h"
#include "dicom_file.h"
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

void write_image(const std::filesystem::path& path, const cv::Mat& image, int compression = 9) {
  if (!cv::imwrite(path.string(), image,
                   {cv::IMWRITE_JPEG_QUALITY, 90, cv::IMWRITE_PNG_COMPRESSION, compression})) {
    throw std::runtime_error(path.string() + ": cannot be written");
  }
}

void write_samples(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const auto& [file, options] : kSamples) {
    write_image(folder / file, cxr::test::make_phantom(options).image);
  }
}

void write_tiny(const std::filesystem::path& folder, unsigned count) {
  std::filesystem::create_directories(folder / "images" / "ward");
  cxr::test::write_tiny_setup(folder);
  for (unsigned i = 0; i < count; ++i) {
    const std::string name = "film_" + std::to_string(1000 + i) + ".png";
    const auto path = folder / "images" / (i % 3 == 0 ? "ward/" + name : name);
    write_image(path, cxr::test::make_phantom({.size = {200, 240}, .seed = i}).image, 1);
  }
}

/// Few phantoms, because they take long. Films of one are shifted and exposed differently, so that
/// they take as long to read and to judge as films of many.
class Films {
 public:
  Films() : phantoms_(20) {
    cxr::parallel_for(phantoms_.size(), [&](std::size_t i) {
      const auto seed = static_cast<unsigned>(i);
      phantoms_[i] = cxr::test::make_phantom({.size = {1024, 1024}, .seed = seed}).image;
    });
  }

  cv::Mat film(std::size_t number) const {
    const int round = static_cast<int>(number / phantoms_.size());
    const int shift = 3 * round, gain = round % 5;
    const cv::Mat& phantom = phantoms_[number % phantoms_.size()];
    cv::Mat film;
    cv::copyMakeBorder(phantom, film, shift, 0, 0, shift, cv::BORDER_REPLICATE);
    film(cv::Rect({}, phantom.size())).convertTo(film, CV_8U, 1 - 0.03 * gain, 4 * gain);
    return film;
  }

  /// 12 bits, of which the lowest are noise, as in films from a detector.
  cv::Mat deep_film(std::size_t number) const {
    cv::Mat deep, noise(film(number).size(), CV_16UC1);
    film(number).convertTo(deep, CV_16U, 16);
    cv::RNG(number).fill(noise, cv::RNG::UNIFORM, 0, 16);
    return deep + noise;
  }

 private:
  std::vector<cv::Mat> phantoms_;
};

struct Kind {
  const char* ending;
  cv::Size size;
  int bit_depth = 8;
  E_TransferSyntax syntax = EXS_LittleEndianExplicit;
};

const Kind kKinds[] = {
    {".png", {512, 420}},       {".jpg", {1024, 1024}},
    {".png", {1400, 1140}},     {".dcm", {2000, 2400}, 12, EXS_JPEGProcess14SV1},
    {".jpg", {2500, 2048}},     {".png", {1024, 1024}, 12},
    {".dcm", {1760, 2140}, 12}, {".jpg", {760, 640}},
    {".png", {2000, 2000}},     {".dcm", {1024, 1024}, 12, EXS_JPEG2000LosslessOnly},
};

void write_film(const std::filesystem::path& path, const cv::Mat& film, const Kind& kind) {
  cv::Mat scaled;
  cv::resize(film, scaled, kind.size, 0, 0, cv::INTER_LINEAR);
  if (path.extension() != ".dcm") return write_image(path, scaled, /*compression=*/6);
  cxr::test::write_dicom(path,
                         {.samples = scaled, .bits_stored = kind.bit_depth, .syntax = kind.syntax});
}

void write_films(const std::filesystem::path& folder, std::size_t alike, std::size_t mixed) {
  std::filesystem::create_directories(folder / "alike");
  std::filesystem::create_directories(folder / "mixed");
  const Films films;
  const auto name = [](std::size_t i) { return "film_" + std::to_string(1000 + i); };
  cxr::parallel_for(alike, [&](std::size_t i) {
    write_film(folder / "alike" / (name(i) + ".png"), films.film(i), {".png", {1024, 1024}});
  });
  for (std::size_t i = 0; i < mixed; ++i) {  // DCMTK is not asked to do two things at once
    const Kind& kind = kKinds[i % std::size(kKinds)];
    const cv::Mat film = kind.bit_depth == 8 ? films.film(i) : films.deep_film(i);
    write_film(folder / "mixed" / (name(i) + kind.ending), film, kind);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_tiny = argc == 4 && std::string(argv[1]) == "--tiny";
  const bool is_films = argc == 5 && std::string(argv[1]) == "--films";
  if (argc != 2 && !is_tiny && !is_films) {
    std::cerr << "usage: make-samples DIR | make-samples --tiny DIR COUNT | "
                 "make-samples --films DIR ALIKE MIXED\n";
    return 2;
  }
  try {
    if (is_tiny) {
      write_tiny(argv[2], static_cast<unsigned>(std::stoul(argv[3])));
    } else if (is_films) {
      write_films(argv[2], std::stoul(argv[3]), std::stoul(argv[4]));
    } else {
      write_samples(argv[1]);
    }
  } catch (const std::exception& error) {
    std::cerr << "make-samples: " << error.what() << '\n';
    return 1;
  }
}
