#include "source_table.h"

#include "base/utf8.h"
#include "cxr/error.h"

namespace cxr {
namespace {

/// Each byte of ISO-8859-1 is the code point of its value.
std::string from_latin1(const std::string& text) {
  std::string utf8;
  for (const char letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    if (code < 0x80) {
      utf8 += letter;
    } else {
      utf8 += static_cast<char>(0xC0U | (code >> 6U));
      utf8 += static_cast<char>(0x80U | (code & 0x3FU));
    }
  }
  return utf8;
}

std::string trimmed(const std::string& text) {
  const char* spaces = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(spaces);
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

}  // namespace

SourceTable::SourceTable(const std::filesystem::path& file, const std::string& source,
                         const std::vector<std::string>& columns, Plan& plan) {
  if (!std::filesystem::is_regular_file(file)) {
    throw UsageError("dataset", file.string(), "no such file");
  }
  std::vector<std::size_t> bad_lines;
  table_ = read_csv(file, bad_lines);
  for (const std::string& column : columns) table_.column(column);
  for (const std::size_t line : bad_lines) {
    plan.complain(source, file.string() + " line " + std::to_string(line), "damaged row");
  }
}

std::string SourceTable::cell(std::size_t row, const std::string& column) const {
  const std::string cell = trimmed(table_.rows[row][table_.column(column)]);
  if (cell == "nan") return "";
  return to_utf8(cell) == cell ? cell : from_latin1(cell);
}

std::string SourceTable::place(std::size_t row) const {
  return table_.file.string() + " line " + std::to_string(table_.lines[row]);
}

}  // namespace cxr
