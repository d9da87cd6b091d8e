// The lines of Python and R that the documentation shows, on real results.

#include "support/output_program.h"

namespace cxr::test {
namespace {

class TableReaders : public OutputProgram {
 protected:
  /// Runs the documentation's lines in `language` beside a folder `results`, whose film has a
  /// formula for a name and was not read.
  Outcome run_example(const std::string& interpreter, const std::string& language) const {
    write_images(3);
    write_file(images_ / "=broken, or not.png", "text");
    EXPECT_EQ(write_output().status, 4);
    fs::rename(output_, folder_ / "results");
    const std::string page = read_file(fs::path(CXR_SOURCE_DIR) / "src" / "infer" / "README.md");
    const std::string fence = "```" + language + "\n";
    const std::size_t begin = page.find(fence) + fence.size();
    write_file(folder_ / "example", page.substr(begin, page.find("```", begin) - begin));
    RunOptions options;
    options.directory = folder_.path();
    return run_program({interpreter, folder_ / "example"}, options);
  }
};

TEST_F(TableReaders, PandasReadsTheResults) {
  const std::string python = "/usr/bin/python3";
  if (run_program({python, "-c", "import pandas"}).status != 0) GTEST_SKIP() << "pandas is missing";
  const Outcome outcome = run_example(python, "python");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "count") && contains(outcome.out, "lung_box")) << outcome.out;
}

TEST_F(TableReaders, RReadsTheResults) {
  const std::string r = "/usr/bin/Rscript";
  if (run_program({r, "-e", "library(jsonlite)"}).status != 0) GTEST_SKIP() << "R is missing";
  const Outcome outcome = run_example(r, "r");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "Prediction")) << outcome.out;
}

}  // namespace
}  // namespace cxr::test
