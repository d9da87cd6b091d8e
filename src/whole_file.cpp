#include "cxr/whole_file.h"

#include <cerrno>
#include <random>
#include <system_error>
#include <utility>

#include "cxr/error.h"

namespace cxr {
namespace {

/// Drawn by lot, because two programmes may write the same file; without the file's own name,
/// which may already be as long as a name can be.
std::filesystem::path hidden_name(const std::filesystem::path& file) {
  std::random_device lot;
  return file.parent_path() /
         (".cxr-" + std::to_string(lot()) + "-" + std::to_string(lot()) + ".part");
}

}  // namespace

WholeFile::WholeFile(std::filesystem::path file)
    : file_(std::move(file)),
      unfinished_(hidden_name(file_)),
      stream_(std::fopen(unfinished_.c_str(), "wb")) {
  if (stream_ == nullptr) fail(errno);
}

WholeFile::~WholeFile() {
  if (stream_ != nullptr) std::fclose(stream_);
  std::error_code ignored;  // after finish() there is nothing left to remove
  std::filesystem::remove(unfinished_, ignored);
}

void WholeFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stream_) != bytes.size()) fail(errno);
}

void WholeFile::finish() {
  const bool is_closed = std::fclose(std::exchange(stream_, nullptr)) == 0;
  if (!is_closed || std::rename(unfinished_.c_str(), file_.c_str()) != 0) fail(errno);
}

void WholeFile::fail(int reason) const {
  throw Error("write", file_.string(),
              std::generic_category().message(reason) +
                  "; check that the folder exists, can be written to and has room");
}

}  // namespace cxr
