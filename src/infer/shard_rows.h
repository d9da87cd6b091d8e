#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "shard_list.h"

namespace cxr {

/// The place in the whole list that a line of a shard's results.jsonl begins with, which is taken
/// from the line: what is left is as a run without shards writes it. Throws UsageError naming
/// `file` where there is none.
std::size_t take_place(std::string& line, const std::filesystem::path& file);

/// A line of a shard's results.jsonl, without its place.
struct ShardRow {
  std::size_t place = 0;
  std::string line;       ///< with its line break
  std::size_t shard = 0;  ///< among ShardList::folders
};

/// The rows of all shards in the order of the list. Of each shard a block is in memory, of one that
/// is unfinished all: its rows may be out of order. No file stays open, as there may be more of
/// them than a process can open.
class ShardRows {
 public:
  explicit ShardRows(const ShardList& list);
  /// False at the end. Throws UsageError where a finished shard is out of order: it was edited.
  bool next(ShardRow& row);

 private:
  /// Reads the lines of a file block by block.
  class Source {
   public:
    Source(const ShardFolder& shard, std::size_t block);
    bool next(ShardRow& row);

   private:
    bool next_line(std::string& line);
    bool read_block();
    void sort();

    std::filesystem::path file_;
    std::size_t block_;
    std::size_t offset_ = 0;  ///< in the file, of what comes after `text_`
    std::string text_;
    std::size_t begin_ = 0;                                    ///< in `text_`, of the next line
    std::size_t least_ = 0;                                    ///< of the next place
    std::vector<std::pair<std::size_t, std::string>> sorted_;  ///< last first
    bool is_sorted_ = false;
  };

  void advance(std::size_t shard);

  std::vector<Source> sources_;
  std::vector<ShardRow> heads_;
  using Head = std::pair<std::size_t, std::size_t>;  ///< place, shard
  std::priority_queue<Head, std::vector<Head>, std::greater<>> queue_;
};

}  // namespace cxr
