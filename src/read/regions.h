#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace cxr {

/// A row of the original program's `regions.csv`: where the lungs are in an image.
struct Region {
  std::string file;       ///< as the table has it
  cv::Rect box;           ///< in pixels of the image; empty where no lungs were found
  double confidence = 0;  ///< mean lung probability inside the lung mask, 0..1
  std::string label;      ///< the class; may be empty
};

/// Reads a `regions.csv`: columns file, x, y, width, height, confidence, perhaps class. A box of
/// negative size, as the original program writes where it found no lungs, is empty. Throws Error
/// naming the file, and the line of a value that is not a number.
std::vector<Region> read_regions(const std::filesystem::path& file);

/// The table's header, and a row of it, each with the line break.
std::string regions_header();
std::string regions_line(const Region& region);

}  // namespace cxr
