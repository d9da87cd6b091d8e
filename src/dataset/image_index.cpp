#include "image_index.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "base/access.h"
#include "cxr/error.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

bool is_dicom(const fs::path& file) { return plain_name(file.extension().string()) == ".dcm"; }

/// The name without the suffix of an image: `1.2.840.1` has none.
std::string stem_of(const std::string& plain) {
  for (const char* suffix : {".png", ".jpg", ".jpeg", ".dcm", ".bmp", ".tif", ".tiff", ".webp"}) {
    if (plain.ends_with(suffix)) return plain.substr(0, plain.rfind('.'));
  }
  return plain;
}

bool is_left_out(const fs::path& file) {
  const std::string name = plain_name(file.filename().string());
  return name.starts_with('.') ||
         (fs::is_directory(file) && name.find("mask") != std::string::npos);
}

}  // namespace

std::string plain_name(const std::string& name) {
  std::string plain;
  for (const char letter : name) {
    if (letter != ' ') plain += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return plain;
}

ImageIndex::ImageIndex(const fs::path& folder, Depth depth) {
  std::error_code failure;
  const std::string why = why_unlistable(folder);
  if (!why.empty()) throw UsageError("dataset", folder.string(), why);
  std::set<fs::path> files;    // sorted, so that the choice between two does not depend on the disk
  constexpr int kDeepest = 8;  // links may lead in circles
  const auto links = fs::directory_options::follow_directory_symlink;
  for (fs::recursive_directory_iterator at(folder, links), end; at != end; ++at) {
    const bool is_searched =
        depth == Depth::recursive && at.depth() < kDeepest && !is_left_out(at->path());
    if (!is_searched) at.disable_recursion_pending();
    if (at->is_regular_file() && !is_left_out(at->path())) files.insert(at->path());
  }
  for (const fs::path& file : files) add(file);
}

void ImageIndex::add(const fs::path& file) {
  const std::string name = plain_name(file.filename().string());
  by_name_.try_emplace(name, file);
  fs::path& known = by_stem_.try_emplace(stem_of(name), file).first->second;
  if (is_dicom(known) && !is_dicom(file)) known = file;
}

fs::path ImageIndex::find(const std::string& name) const {
  const std::string plain = plain_name(name);
  const auto exact = by_name_.find(plain);
  if (exact != by_name_.end()) return exact->second;
  const auto alike = by_stem_.find(stem_of(plain));
  return alike == by_stem_.end() ? fs::path() : alike->second;
}

}  // namespace cxr
