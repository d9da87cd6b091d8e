#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cxr/infer.h"
#include "cxr/pipeline.h"

namespace cxr {

/// A result, and the same as a line of JSON: see to_json(Result), with models and pictures.
struct ResultRecord {
  Result result;
  std::string line;
};

/// Writes results to a stream as they come.
class ResultWriter {
 public:
  ResultWriter(std::ostream& out, TableFormat format, std::vector<std::string> classes,
               bool dicom_uids)
      : out_(out), format_(format), classes_(std::move(classes)), dicom_uids_(dicom_uids) {}

  /// `longest_name` is the display_width() of the widest image name; it sets the width of a table.
  void write_header(std::size_t longest_name);
  /// Throws Error where the stream cannot be written any more.
  void write(const ResultRecord& record);

 private:
  void put(const std::string& line);
  std::string for_people(const Result& result) const;

  std::ostream& out_;
  TableFormat format_;
  std::vector<std::string> classes_;
  bool dicom_uids_;
  std::size_t name_width_ = 0, class_width_ = 0;
};

}  // namespace cxr
