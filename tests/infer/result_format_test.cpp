#include "infer/result_format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace cxr {
namespace {

const std::vector<std::string> kClasses{"COVID-19", "Normal", "Pneumonia"};

Result judged() {
  Result result;
  result.name = "film.png";
  result.prediction = "Normal";
  result.probabilities = {0.2F, 0.5F, 0.3F};
  result.predicted = 1;
  result.lungs = {{1, 2, 3, 4}, 0.9};
  result.lungs_trusted = true;
  result.image_size = {10, 20};
  return result;
}

TEST(ResultFormat, NewColumnsComeLastAndTheFirstFourAreTheOriginals) {
  const auto columns = result_columns(kClasses);
  EXPECT_EQ(std::vector(columns.begin(), columns.begin() + 4),
            (std::vector<std::string>{"Image", "Prediction", "Confidence", "Estimated Quality"}));
  EXPECT_EQ(columns.back(), "File");
  EXPECT_EQ(result_cells(judged(), kClasses).size(), columns.size());
}

/// A set of no class is not the same as no set, in JSON; a table cannot tell them apart.
TEST(ResultFormat, ThePredictionSetIsInItsColumnAndInJson) {
  Result result = judged();
  const auto columns = result_columns(kClasses);
  const auto column =
      static_cast<std::size_t>(std::ranges::find(columns, "Prediction Set") - columns.begin());
  EXPECT_EQ(result_cells(result, kClasses).at(column), "");
  EXPECT_FALSE(to_json(result, kClasses).contains("prediction_set"));
  EXPECT_FALSE(result_from_json(to_json(result, kClasses), kClasses).prediction_set.has_value());
  for (const std::vector<std::string>& set :
       {std::vector<std::string>{}, {"Normal"}, {"Normal", "Pneumonia"}}) {
    result.prediction_set = set;
    const char* cell = set.empty() ? "" : set.size() == 1 ? "Normal" : "Normal|Pneumonia";
    EXPECT_EQ(result_cells(result, kClasses).at(column), cell);
    EXPECT_EQ(result_from_json(to_json(result, kClasses), kClasses).prediction_set, set);
  }
}

/// A resumed run reads its rows from the journal, which has microseconds.
TEST(ResultFormat, ARowReadFromTheJournalIsTheSameRow) {
  Result result = judged();
  result.milliseconds = {9.7478, 0.00052, 0.00052, 0.00052, 0.00052};
  EXPECT_EQ(result_cells(result_from_json(to_json(result, kClasses), kClasses), kClasses),
            result_cells(result, kClasses));
}

TEST(ResultFormat, TheNoteSaysThatANegativeWasInvertedBesideOthers) {
  Result result = judged();
  EXPECT_EQ(result_note(result), "");
  result.inverted = true;
  EXPECT_EQ(result_note(result), "negative image; inverted");
  EXPECT_TRUE(result_from_json(to_json(result, kClasses), kClasses).inverted);
  result.lungs_trusted = false;
  EXPECT_EQ(result_note(result), "negative image; inverted; lungs unsure; whole image used");
  EXPECT_EQ(to_json(result, kClasses)["warnings"].size(), 2U);
}

}  // namespace
}  // namespace cxr
