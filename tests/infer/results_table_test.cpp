#include "infer/results_table.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_dir.h"

namespace cxr {
namespace {

/// One that is unsure counts with its most probable class, as if it had been forced.
TEST(ResultsTable, RowsWithoutAPredictionHaveOneOnlyWhereTheyAreUnsure) {
  const test::TempDir folder;
  std::ofstream(folder / "results.csv")
      << "Image,Prediction,Confidence,Estimated Quality,Status,Error,P(A),P(B)\n"
      << "/data/x/a.png,B,0.6,0.9,ok,,0.4,0.6\n"
      << "/data/x/b.png,,,0,unsure,,0.3,0.7\n"
      << "/data/x/c.png,,,,error,read: c.png: is empty,,\n";
  ResultsTable table(folder / "results.csv");
  EXPECT_EQ(table.find("x/a.png").prediction, "B");
  EXPECT_EQ(table.find("b.png").prediction, "B");
  EXPECT_EQ(table.find("/data/x/c.png").error, "read: c.png: is empty");
  EXPECT_TRUE(table.unused().empty());
}

}  // namespace
}  // namespace cxr
