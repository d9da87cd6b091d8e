#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cxr/infer.h"
#include "cxr/pipeline.h"

namespace cxr {

/// A result, and all that is told of it as a line of JSON: see to_json(Result), and where the
/// image and its pictures are.
struct ResultRecord {
  Result result;
  std::string line;
};

/// Writes results to a stream as they come.
class ResultWriter {
 public:
  ResultWriter(std::ostream& out, TableFormat format, std::vector<std::string> classes)
      : out_(out), format_(format), classes_(std::move(classes)) {}

  /// `longest_name` is the width that a table for people has to have room for.
  void write_header(std::size_t longest_name);
  /// Throws Error where the stream has gone away.
  void write(const ResultRecord& record);

 private:
  void put(const std::string& line);
  std::string for_people(const Result& result) const;

  std::ostream& out_;
  TableFormat format_;
  std::vector<std::string> classes_;
  std::size_t name_width_ = 0, class_width_ = 0;
};

}  // namespace cxr
