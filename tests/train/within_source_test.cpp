#include "train/within_source.h"

#include <gtest/gtest.h>

namespace cxr {
namespace {

/// Source `a` has classes 0 and 1, `b` class 2 alone, `c` all three.
JudgedFilms films() {
  JudgedFilms films{NdArray({9, 3}), {0, 0, 1, 1, 2, 0, 1, 1, 2}, {}};
  films.sources = {"a", "a", "a", "a", "b", "c", "c", "c", "c"};
  films.logits.values = {3, 1, 0,   // a: the difference of 0 and 1 is 2,
                         0, 1, 9,   // -1
                         1, 1, -9,  // 0
                         0, 3, 0,   // and -3: three of four pairs are in order
                         0, 0, 1,   //
                         5, 0, 0,   // c: 0 is told from both,
                         0, 1, 0,   // and of 1, one
                         0, 0, 2,   // as much of 2
                         0, 0, 2};  // as 2 itself
  return films;
}

TEST(WithinSource, AurocIsOfTwoClassesOfOneSource) {
  const NamedFigures figures = auroc_within_sources(films());
  ASSERT_EQ(figures.size(), 2U);
  EXPECT_EQ(figures[0].first, "a");
  EXPECT_DOUBLE_EQ(figures[0].second, 0.75);
  EXPECT_EQ(figures[1].first, "c");
  EXPECT_DOUBLE_EQ(figures[1].second, (1 + 1 + 0.75) / 3);
}

TEST(WithinSource, WhatOnlyTellsSourcesApartDoesNotRaiseIt) {
  JudgedFilms shifted = films();
  for (std::size_t i = 0; i < 4; ++i) shifted.logits.at(i)[0] += 100;
  EXPECT_EQ(auroc_within_sources(shifted), auroc_within_sources(films()));
}

TEST(WithinSource, SensitivityIsOfEachClassOfEachSource) {
  const NamedFigures wanted{{"a_x", 0.5}, {"a_y", 0.5}, {"b_z", 1},
                            {"c_x", 1},   {"c_y", 0.5}, {"c_z", 1}};
  EXPECT_EQ(sensitivity_within_sources(films(), {"x", "y", "z"}), wanted);
}

}  // namespace
}  // namespace cxr
