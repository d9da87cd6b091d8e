#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cxr {

/// One cell as RFC 4180 writes it: quoted where it holds a comma, quote or line break.
std::string csv_cell(std::string_view text);

/// One line of cells, with the line break.
std::string csv_line(const std::vector<std::string>& cells);

/// A table with a header, read from a CSV file (RFC 4180; LF or CRLF; a UTF-8 byte-order mark is
/// skipped, and so are empty lines).
struct CsvTable {
  std::filesystem::path file;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  ///< each as long as the header
  std::vector<std::size_t> lines;              ///< line of the file (from 1) where each row begins

  /// Index of a column. Throws Error naming the file and the column where there is none.
  std::size_t column(std::string_view name) const;
  /// Index of a column, or -1 where there is none.
  std::ptrdiff_t find_column(std::string_view name) const;
};

/// Throws Error naming file and line: not readable, no header, a row of a different length, a
/// quote that is never closed.
CsvTable read_csv(const std::filesystem::path& file);

/// The same for tables of other people: a row of a different length is left out, and its line
/// number added to `bad_lines`.
CsvTable read_csv(const std::filesystem::path& file, std::vector<std::size_t>& bad_lines);

}  // namespace cxr
