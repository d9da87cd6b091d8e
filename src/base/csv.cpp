#include "csv.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "access.h"
#include "cxr/error.h"

namespace cxr {
namespace {

/// Some spreadsheets write it, others write it once more.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct ResultRecord {
  std::vector<std::string> cells;
  std::size_t line = 0;
};

/// Takes a text apart, one record after the other.
class Parser {
 public:
  Parser(const std::filesystem::path& file, std::string_view text) : file_(file), text_(text) {
    while (text_.substr(at_).starts_with(kByteOrderMark)) at_ += kByteOrderMark.size();
  }

  /// The next record that is not an empty line; false at the end of the text.
  bool next(ResultRecord& record) {
    while (at_ < text_.size() && take_line_break()) {
    }
    if (at_ >= text_.size()) return false;
    record.line = line_;
    record.cells.clear();
    do {
      record.cells.push_back(text_.substr(at_, 1) == "\"" ? quoted_cell() : plain_cell());
    } while (take(","));
    if (at_ < text_.size() && !take_line_break()) {
      fail(line_, "text after a closing quote; double the quotes inside a quoted cell");
    }
    return true;
  }

  [[noreturn]] void fail(std::size_t line, const std::string& what) const {
    throw Error("csv", file_.string(), "line " + std::to_string(line) + ": " + what);
  }

 private:
  bool take(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  bool take_line_break() {
    if (!take("\n") && !take("\r\n")) return false;
    ++line_;
    return true;
  }

  std::string plain_cell() {
    std::size_t end = std::min(text_.find_first_of(",\n", at_), text_.size());
    if (end > at_ && text_.substr(end - 1, 2) == "\r\n") --end;
    const std::size_t begin = std::exchange(at_, end);
    return std::string(text_.substr(begin, end - begin));
  }

  std::string quoted_cell() {
    const std::size_t first_line = line_;
    std::string cell;
    for (++at_;; ++at_) {
      if (at_ >= text_.size()) fail(first_line, "a quote is opened and never closed");
      if (take("\"") && !text_.substr(at_).starts_with('"')) return cell;
      if (text_[at_] == '\n') ++line_;
      cell += text_[at_];
    }
  }

  const std::filesystem::path& file_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

std::string read_text(const std::filesystem::path& file) {
  if (const std::string why = why_unreadable(file); !why.empty()) {
    throw Error("csv", file.string(), why);
  }
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// `on_bad_row(parser, record, cells of the header)` is called for a row of a different length.
template <typename OnBadRow>
CsvTable read_table(const std::filesystem::path& file, const OnBadRow& on_bad_row) {
  const std::string text = read_text(file);
  Parser parser(file, text);
  ResultRecord record;
  if (!parser.next(record)) throw Error("csv", file.string(), "is empty; a header is needed");

  CsvTable table{.file = file, .header = record.cells, .rows = {}, .lines = {}};
  while (parser.next(record)) {
    if (record.cells.size() != table.header.size()) {
      on_bad_row(parser, record, table.header.size());
      continue;
    }
    table.rows.push_back(std::move(record.cells));
    table.lines.push_back(record.line);
  }
  return table;
}

}  // namespace

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string cell = "\"";
  for (const char letter : text) {
    if (letter == '"') cell += '"';
    cell += letter;
  }
  return cell + '"';
}

std::string csv_line(const std::vector<std::string>& cells) {
  if (cells.size() == 1 && cells[0].empty()) return "\"\"\n";  // else it would be an empty line
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != &cells.front()) line += ',';
    line += csv_cell(cell);
  }
  return line + '\n';
}

std::ptrdiff_t CsvTable::find_column(std::string_view name) const {
  const auto found = std::ranges::find(header, name);
  return found == header.end() ? -1 : found - header.begin();
}

std::size_t CsvTable::column(std::string_view name) const {
  const std::ptrdiff_t index = find_column(name);
  if (index < 0) throw Error("csv", file.string(), "has no column '" + std::string(name) + "'");
  return static_cast<std::size_t>(index);
}

CsvTable read_csv(const std::filesystem::path& file) {
  return read_table(file, [](const Parser& parser, const ResultRecord& record, std::size_t cells) {
    parser.fail(record.line, "has " + std::to_string(record.cells.size()) +
                                 " cells, the header has " + std::to_string(cells));
  });
}

CsvTable read_csv(const std::filesystem::path& file, std::vector<std::size_t>& bad_lines) {
  return read_table(file, [&](const Parser&, const ResultRecord& record, std::size_t) {
    bad_lines.push_back(record.line);
  });
}

}  // namespace cxr
