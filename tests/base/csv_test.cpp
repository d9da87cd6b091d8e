#include "base/csv.h"

#include <gtest/gtest.h>

#include <fstream>

#include "cxr/error.h"
#include "support/temp_dir.h"

namespace cxr {
namespace {

using Cells = std::vector<std::string>;

class CsvTest : public testing::Test {
 protected:
  CsvTable read(const std::string& text) {
    std::ofstream(file_, std::ios::binary) << text;
    return read_csv(file_);
  }
  std::string error_of(const std::string& text) {
    try {
      read(text);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  test::TempDir folder_;
  std::filesystem::path file_ = folder_ / "table.csv";
  std::string where_ = "csv: " + file_.string() + ": ";
};

TEST(CsvCellTest, OnlyCellsThatNeedQuotesGetThem) {
  EXPECT_EQ(csv_cell("plain name.png"), "plain name.png");
  EXPECT_EQ(csv_cell(""), "");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("say \"ah\""), "\"say \"\"ah\"\"\"");
  EXPECT_EQ(csv_cell("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_cell("end\r"), "\"end\r\"");
  EXPECT_EQ(csv_line({"a", "b,c", ""}), "a,\"b,c\",\n");
}

TEST_F(CsvTest, WhatIsWrittenIsReadBack) {
  const std::vector<Cells> rows = {{"a,b", "say \"ah\"", "\""},
                                   {"two\nlines", "mac\rline", "dos\r\nline"},
                                   {"", " space ", "Röntgen 胸部"},
                                   {"\"\"", "'", "tab\t"},
                                   {"", "", ""},
                                   {"ends with\r", ",", "\n"}};
  std::string text = csv_line({"x", "y", "z"});
  for (const Cells& row : rows) text += csv_line(row);
  EXPECT_EQ(read(text).rows, rows);
}

TEST_F(CsvTest, EmptyCellAloneInItsRowIsNoEmptyLine) {
  EXPECT_EQ(read(csv_line({"x"}) + csv_line({""}) + csv_line({"1"})).rows,
            (std::vector<Cells>{{""}, {"1"}}));
}

TEST_F(CsvTest, LineEndsByteOrderMarkAndEmptyLinesMakeNoDifference) {
  for (const char* text :
       {"a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "\xEF\xBB\xBF\x61,b\n1,2\n3,4",
        "\xEF\xBB\xBF\xEF\xBB\xBF\x61,b\n1,2\n3,4", "\n\na,b\n\n1,2\r\n\r\n3,4\n\n\n",
        "\"a\",\"b\"\n\"1\",2\n3,\"4\""}) {
    SCOPED_TRACE(text);
    const CsvTable table = read(text);
    EXPECT_EQ(table.header, (Cells{"a", "b"}));
    EXPECT_EQ(table.rows, (std::vector<Cells>{{"1", "2"}, {"3", "4"}}));
  }
}

TEST_F(CsvTest, RowsKnowTheLineTheyBeginOn) {
  EXPECT_EQ(read("a,b\n\n\"1\n1\",2\r\n3,4\n").lines, (std::vector<std::size_t>{3, 5}));
}

TEST_F(CsvTest, ColumnsAreFoundByName) {
  const CsvTable table = read("image,label\nx,y\n");
  EXPECT_EQ(table.column("label"), 1U);
  EXPECT_EQ(table.find_column("image"), 0);
  EXPECT_EQ(table.find_column("mask"), -1);
  try {
    table.column("mask");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), where_ + "has no column 'mask'");
  }
}

TEST_F(CsvTest, ErrorsNameFileAndLine) {
  EXPECT_EQ(error_of("a,b\n1,2\n\n1,2,3\n"), where_ + "line 4: has 3 cells, the header has 2");
  EXPECT_EQ(error_of("a,b\n1\n"), where_ + "line 2: has 1 cells, the header has 2");
  EXPECT_EQ(error_of("a,b\n1,\"2\n3,4\n"), where_ + "line 2: a quote is opened and never closed");
  EXPECT_EQ(error_of("a,b\n1,\"2\"x\n").substr(0, where_.size() + 12), where_ + "line 2: text");
  for (const char* text : {"", "\n\r\n", "\xEF\xBB\xBF"}) {
    EXPECT_EQ(error_of(text), where_ + "is empty; a header is needed");
  }
}

TEST_F(CsvTest, FileThatCannotBeOpenedIsAnError) {
  EXPECT_THROW(read_csv(folder_ / "missing.csv"), Error);
  EXPECT_THROW(read_csv(folder_.path()), Error);
}

}  // namespace
}  // namespace cxr
