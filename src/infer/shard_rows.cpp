#include "shard_rows.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <string_view>
#include <tuple>

#include "cxr/error.h"
#include "folder_files.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPlace = R"({"place":)";

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw UsageError("merge", file.string(), why);
}

}  // namespace

std::size_t take_place(std::string& line, const fs::path& file) {
  std::size_t place = 0;
  if (!line.starts_with(kPlace)) refuse(file, "has a line without a place in the list");
  const char* begin = line.data() + kPlace.size();
  const auto [end, error] = std::from_chars(begin, line.data() + line.size(), place);
  if (error != std::errc() || *end != ',') refuse(file, "has a line without a place in the list");
  line.erase(1, static_cast<std::size_t>(end - line.data()));
  return place;
}

ShardRows::Source::Source(const ShardFolder& shard, std::size_t block)
    : file_(shard.folder / kJournal), block_(block) {
  if (!shard.finished) sort();
}

/// A last line that breaks off is not a result.
bool ShardRows::Source::next_line(std::string& line) {
  std::size_t end = text_.find('\n', begin_);
  while (end == std::string::npos) {
    if (!read_block()) return false;
    end = text_.find('\n', begin_);
  }
  line.assign(text_, begin_, end + 1 - begin_);
  begin_ = end + 1;
  return true;
}

bool ShardRows::Source::read_block() {
  text_.erase(0, begin_);
  begin_ = 0;
  const int descriptor = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw Error("merge", file_.string(), "cannot be read");
  const std::size_t kept = text_.size();
  text_.resize(kept + block_);
  const ssize_t count =
      ::pread(descriptor, text_.data() + kept, block_, static_cast<off_t>(offset_));
  ::close(descriptor);
  if (count < 0) throw Error("merge", file_.string(), "cannot be read to its end");
  text_.resize(kept + static_cast<std::size_t>(count));
  offset_ += static_cast<std::size_t>(count);
  return count > 0;
}

void ShardRows::Source::sort() {
  for (std::string line; next_line(line);) {
    const std::size_t place = take_place(line, file_);
    sorted_.emplace_back(place, line);
  }
  std::ranges::stable_sort(sorted_, std::greater<>(), [](const auto& row) { return row.first; });
  is_sorted_ = true;
}

bool ShardRows::Source::next(ShardRow& row) {
  if (is_sorted_) {
    if (sorted_.empty()) return false;
    std::tie(row.place, row.line) = std::move(sorted_.back());
    sorted_.pop_back();
    return true;
  }
  if (!next_line(row.line)) return false;
  row.place = take_place(row.line, file_);
  if (row.place < least_) refuse(file_, "was edited: it is not in the order of the list");
  least_ = row.place;
  return true;
}

ShardRows::ShardRows(const ShardList& list) {
  constexpr std::size_t kAll = 64 << 20, kLeast = 16 << 10, kMost = 1 << 20;
  const std::size_t shards = list.folders.size();
  const std::size_t block = std::clamp(kAll / std::max<std::size_t>(shards, 1), kLeast, kMost);
  for (const ShardFolder& folder : list.folders) sources_.emplace_back(folder, block);
  heads_.resize(shards);
  for (std::size_t shard = 0; shard < shards; ++shard) advance(shard);
}

void ShardRows::advance(std::size_t shard) {
  if (sources_[shard].next(heads_[shard])) queue_.emplace(heads_[shard].place, shard);
}

bool ShardRows::next(ShardRow& row) {
  if (queue_.empty()) return false;
  const std::size_t shard = queue_.top().second;
  queue_.pop();
  row = std::move(heads_[shard]);
  row.shard = shard;
  advance(shard);
  return true;
}

}  // namespace cxr
