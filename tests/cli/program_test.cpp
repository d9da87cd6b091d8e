#include <gtest/gtest.h>

#include <cstdlib>

#include "support/look.h"
#include "support/run_program.h"
#include "support/temp_dir.h"
#include "support/tiny_networks.h"

namespace cxr::test {
namespace {

Outcome run_cxr(const std::string& program, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string(CXR_PROGRAMS) + "/" + program);
  return run_program(arguments);
}

// What a mistyped option was meant for is missing then, too; that must not be what is reported.
TEST(Program, AMistypedOptionIsNamedWithTheClosestOne) {
  const Outcome infer = run_cxr("cxr-infer", {"--xraypath", ".", "--outptu", "x"});
  EXPECT_EQ(infer.status, 2);
  EXPECT_TRUE(contains(infer.err, "--outptu: unknown option; did you mean --output?")) << infer.err;
  const Outcome train = run_cxr("cxr-train", {"segmenter", "--dta=x", "--out", "y"});
  EXPECT_EQ(train.status, 2);
  EXPECT_TRUE(contains(train.err, "--dta: unknown option; did you mean --data?")) << train.err;
  const Outcome evaluate =
      run_cxr("cxr-evaluate", {"segmentation", "--data", "x", "--out", "y", "--boostrap", "5"});
  EXPECT_EQ(evaluate.status, 2);
  EXPECT_TRUE(contains(evaluate.err, "did you mean --bootstrap?")) << evaluate.err;
}

TEST(Program, AnUnknownOptionWithoutACloseOneIsNamed) {
  const Outcome outcome = run_cxr("cxr-infer", {".", "--frobnicate"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(contains(outcome.err, "--frobnicate: unknown option\n")) << outcome.err;
}

TEST(Program, AMistypedCommandIsNamedWithTheClosestOne) {
  const Outcome train = run_cxr("cxr-train", {"segmentor", "--data", "x", "--out", "y"});
  EXPECT_EQ(train.status, 2);
  EXPECT_TRUE(contains(train.err, "segmentor: unknown command; did you mean segmenter?"))
      << train.err;
  const Outcome evaluate = run_cxr("cxr-evaluate", {"everything"});
  EXPECT_TRUE(
      contains(evaluate.err, "everything: unknown command; commands: classification, segmentation"))
      << evaluate.err;
  EXPECT_TRUE(contains(run_cxr("cxr-train", {"segmenter", "more"}).err, "more: unexpected"));
}

// Without a command, its options are unknown, too; they must not be what is reported.
TEST(Program, AMistypedCommandAfterItsOptionsIsNamed) {
  const Outcome train = run_cxr("cxr-train", {"--out", "x", "clasifier"});
  EXPECT_EQ(train.status, 2);
  EXPECT_TRUE(contains(train.err, "clasifier: unknown command; did you mean classifier?"))
      << train.err;
  const Outcome none = run_cxr("cxr-evaluate", {"--data", "x"});
  EXPECT_EQ(none.status, 2);
  EXPECT_TRUE(contains(none.err, "a command is required: classification or segmentation"))
      << none.err;
}

TEST(Program, HelpAndVersionAreNoErrors) {
  EXPECT_EQ(run_cxr("cxr-train", {"--help"}).status, 0);
  EXPECT_EQ(run_cxr("cxr-infer", {"--version"}).status, 0);
}

TEST(Program, SaveLeavesThePathAfterItAlone) {
  const TempDir folder;
  const std::string config = write_tiny_setup(folder.path());
  const Outcome outcome = run_cxr("cxr-infer", {"--config", config, "--output", folder / "out",
                                                "--save", "panels", "film.png", "--print-config"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

/// A mistyped variable must not be ignored.
TEST(Program, AVariableThatIsNoKeyIsAnError) {
  const TempDir folder;
  const std::string config = write_tiny_setup(folder.path());
  ::setenv("CXR_HEATMAP_CMPA", "viridis", 1);
  const Outcome outcome = run_cxr("cxr-infer", {"--config", config, "--print-config"});
  ::unsetenv("CXR_HEATMAP_CMPA");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(
      contains(outcome.err, "CXR_HEATMAP_CMPA: unknown variable; did you mean CXR_HEATMAP_CMAP?"))
      << outcome.err;
  EXPECT_EQ(run_cxr("cxr-infer", {"--config", config, "--print-config"}).status, 0);
}

}  // namespace
}  // namespace cxr::test
