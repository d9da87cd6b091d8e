#include "infer/result_writer.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "base/utf8.h"

namespace cxr {
namespace {

/// The widths of the texts before a word in the lines of a table for people.
std::set<std::size_t> columns_of(const std::string& word, const std::vector<std::string>& names) {
  std::ostringstream table;
  ResultWriter writer(table, TableFormat::table, {"Normal"}, false);
  std::size_t widest = 0;
  for (const std::string& name : names) widest = std::max(widest, display_width(name));
  writer.write_header(widest);
  for (const std::string& name : names) {
    Result result;
    result.name = name;
    result.prediction = "Normal";
    result.probabilities = {1};
    result.lungs = {{0, 0, 8, 8}, 0.9};
    result.image_size = {8, 8};
    result.lungs_trusted = true;
    writer.write({result, ""});
  }
  std::istringstream lines(table.str());
  std::string line;
  std::getline(lines, line);
  std::set<std::size_t> columns;
  while (std::getline(lines, line)) columns.insert(display_width(line.substr(0, line.find(word))));
  return columns;
}

TEST(ResultWriter, ColumnsStandBelowEachOtherWhateverTheLetters) {
  EXPECT_EQ(columns_of("Normal", {"film.png", "胸部写真.png", "Ele\u0301ve.png", "Länge.png"}),
            std::set<std::size_t>{14});
  std::string wide, odd = "a";
  for (int i = 0; i < 40; ++i) {
    wide += "胸";
    odd += "部";
  }
  EXPECT_EQ(columns_of("Normal", {"film.png", wide, odd + "b"}), std::set<std::size_t>{42})
      << "too long a name";
}

}  // namespace
}  // namespace cxr
