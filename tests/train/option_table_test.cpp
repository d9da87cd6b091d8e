#include "train/option_table.h"

#include <gtest/gtest.h>

#include <set>

namespace cxr {
namespace {

/// What is said of options in which `wanted` has a value; empty where it is in range.
template <typename Options>
std::string error_with(const std::string& wanted, double number) {
  Options options;
  for_each_option(options, [&]<typename Value>(const OptionInfo& option, Value& value) {
    if (option.name != wanted) return;
    if constexpr (std::is_same_v<Value, std::optional<int>>) {
      value = static_cast<int>(number);
    } else if constexpr (std::is_arithmetic_v<Value>) {
      value = static_cast<Value>(number);
    }
  });
  try {
    require_in_range(options);
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

/// Every number of a table is checked against the range beside it. Returns how many there are.
template <typename Options>
int expect_ranges_are_checked() {
  int numbers = 0;
  const Options defaults;
  for_each_option(defaults, [&]<typename Value>(const OptionInfo& option, const Value&) {
    if (std::is_same_v<Value, bool> || HasNames<Value> || std::is_unsigned_v<Value>) return;
    ++numbers;
    const std::string start = std::string("training: --") + option.name + ": must be ";
    EXPECT_EQ(error_with<Options>(option.name, option.least), "") << option.name;
    EXPECT_EQ(error_with<Options>(option.name, option.most), "") << option.name;
    for (const double outside : {option.least - 32, option.most + 32}) {
      EXPECT_TRUE(error_with<Options>(option.name, outside).starts_with(start)) << option.name;
    }
  });
  return numbers;
}

TEST(OptionTable, EveryNumberIsCheckedAgainstItsRange) {
  EXPECT_GE(expect_ranges_are_checked<TrainingOptions>(), 8);
  EXPECT_EQ(expect_ranges_are_checked<SegmenterOptions>(), 2);
  EXPECT_EQ(expect_ranges_are_checked<ClassifierOptions>(), 4);
}

TEST(OptionTable, ErrorsNameTheOptionAndWhatIsAllowed) {
  EXPECT_EQ(error_with<TrainingOptions>("side", 100),
            "training: --side: must be a multiple of 32 from 64 to 1024");
  EXPECT_EQ(error_with<TrainingOptions>("epochs", 0),
            "training: --epochs: must be from 1 to 10000");
  EXPECT_EQ(error_with<TrainingOptions>("averaging", 1),
            "training: --averaging: must be from 0 to 0.99999");
}

TEST(OptionTable, NoNameIsThereTwice) {
  std::set<std::string> names;
  const auto add = [&](const OptionInfo& option, const auto&) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_NE(std::string(option.meaning), "");
  };
  const ClassifierOptions classifier;
  for_each_option(classifier.training, add);
  for_each_option(classifier, add);
  const SegmenterOptions segmenter;
  for_each_option(segmenter, add);
}

/// A resumed training must have all of it in common.
TEST(OptionTable, ADescriptionHasEveryValue) {
  ClassifierOptions options;
  options.enhance_side = 96;
  EXPECT_EQ(
      describe_options(options),
      " planes=all balance=none enhance-side=96 smallest-component=0.01 label-smoothing=0.05");
  const std::string training = describe_options(TrainingOptions{});
  for (const char* part : {" epochs=12", " seed=1", " rotation=15", " bfloat16=0"}) {
    EXPECT_NE(training.find(part), std::string::npos) << part << " in " << training;
  }
}

}  // namespace
}  // namespace cxr
