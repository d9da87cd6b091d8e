#include "result_writer.h"

#include <algorithm>
#include <ostream>

#include "base/csv.h"
#include "base/format.h"
#include "base/utf8.h"
#include "cxr/error.h"
#include "result_format.h"

namespace cxr {
namespace {

constexpr std::size_t kWidestName = 40, kWidestClass = 20;

/// A text padded to the width of a column, or without its beginning.
std::string in_column(const std::string& text, std::size_t width) {
  const bool is_whole = display_width(text) <= width;
  const std::string shown = is_whole ? text : "…" + end_of_width(text, width - 1);
  return shown + std::string(width - display_width(shown), ' ');
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

/// Without control characters, which could move a terminal's cursor.
std::string printable(std::string text) {
  std::ranges::replace_if(
      text, [](unsigned char byte) { return byte < 0x20 || byte == 0x7F; }, '?');
  return text;
}

}  // namespace

void ResultWriter::write_header(std::size_t longest_name) {
  name_width_ = std::min(std::max<std::size_t>(longest_name, 5), kWidestName);
  if (format_ == TableFormat::csv) put(csv_line(result_columns(classes_, dicom_uids_)));
  if (format_ != TableFormat::table) return;
  class_width_ = display_width("Prediction");
  for (const std::string& name : classes_)
    class_width_ = std::max(class_width_, display_width(name));
  class_width_ = std::min(class_width_, kWidestClass);
  put(in_column("Image", name_width_) + "  " + in_column("Prediction", class_width_) +
      "  Confidence  Quality\n");
}

void ResultWriter::write(const ResultRecord& record) {
  switch (format_) {
    case TableFormat::csv:
      return put(csv_line(result_cells(record.result, classes_, dicom_uids_)));
    case TableFormat::jsonl:
      return put(record.line);
    case TableFormat::table:
      return put(for_people(record.result));
  }
}

std::string ResultWriter::for_people(const Result& result) const {
  const std::string name = in_column(printable(result.name), name_width_) + "  ";
  if (!result.judged()) {
    return name + name_of(result.status) + ": " + printable(result.error) + "\n";
  }
  const bool is_unsure = result.status == Status::unsure;
  const double confidence = result.probabilities[result.predicted];
  std::string line =
      name + in_column(is_unsure ? name_of(result.status) : result.prediction, class_width_) +
      "  " + right(is_unsure ? "" : fixed(100 * confidence, 1) + " %", 10) + "  " +
      right(fixed(result.lungs.quality, 3), 7);
  if (const std::string note = result_note(result); !note.empty()) line += "  " + note;
  return line + "\n";
}

void ResultWriter::put(const std::string& line) {
  out_ << line << std::flush;
  if (!out_) throw Error("write", "results", "standard output cannot be written");
}

}  // namespace cxr
