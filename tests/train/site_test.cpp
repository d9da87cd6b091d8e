#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "base/sha256.h"
#include "cxr/error.h"
#include "cxr/pipeline.h"
#include "cxr/train.h"
#include "support/look.h"
#include "support/temp_dir.h"
#include "support/tiny_networks.h"

namespace cxr {
namespace {

/// Films of a hospital whose classes are told by the size of a bright disc, and tiny networks whose
/// classifier knows nothing of that.
class SiteTest : public testing::Test {
 protected:
  SiteTest() {
    test::write_tiny_setup(folder_.path());
    std::ofstream manifest(folder_ / "site.csv");
    manifest << "image,label,patient,source,split\n";
    for (int i = 0; i < 45; ++i) {
      cv::Mat film(128, 128, CV_8UC1);
      cv::RNG rng(static_cast<std::uint64_t>(i + 1));
      rng.fill(film, cv::RNG::UNIFORM, 180, 220);
      cv::ellipse(film, {64, 64}, {40, 50}, 0, 0, 360, 100, cv::FILLED);
      cv::circle(film, {64, 64}, 4 + 12 * (i % 3), 255, cv::FILLED);
      const std::string image = std::to_string(i) + ".png";
      cv::imwrite((folder_ / image).string(), film);
      manifest << image << ',' << kClasses[static_cast<std::size_t>(i % 3)] << ",p" << i / 2
               << (i < 30 ? ",a,val\n" : ",b,val\n");
    }
  }

  SiteOptions options() const {
    return {.model = folder_ / "classifier.pt",
            .segmenter = folder_ / "segmenter.pt",
            .data = folder_ / "site.csv",
            .split = "",
            .sources = {},
            .out = folder_ / "new.pt"};
  }

  std::vector<Analysis> process(const std::filesystem::path& model) const {
    PipelineOptions pipeline;
    pipeline.segmenter.file = folder_ / "segmenter.pt";
    pipeline.classifier.file = model;
    std::vector<Input> inputs;
    for (int i = 0; i < 12; ++i) {
      const std::string image = std::to_string(i) + ".png";
      inputs.push_back({folder_ / image, image});
    }
    return Pipeline(pipeline).process(inputs, {});
  }

  Contract contract_of(const std::string& file) const {
    return Network(folder_ / file, Contract::Kind::classifier).contract();
  }

  void write_manifest(const std::string& text) const {
    std::ofstream(folder_ / "site.csv") << text;
  }

  static std::string error_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  inline static const std::vector<std::string> kClasses{"COVID-19", "Normal", "Pneumonia"};
  test::TempDir folder_;
};

TEST_F(SiteTest, CalibrationChangesTheContractAndNothingElse) {
  SiteOptions site = options();
  site.sources = {"a"};
  calibrate_classifier({site, {}}, {});
  const Contract contract = contract_of("new.pt");
  EXPECT_EQ(contract.offsets.size(), 3U);
  EXPECT_EQ(contract.conformal.size(), 3U);
  EXPECT_EQ(contract.calibrated_on, "30 films of a, manifest " + sha256(folder_ / "site.csv"));
  EXPECT_EQ(contract.enhance_side, contract_of("classifier.pt").enhance_side);
  const auto before = process(folder_ / "classifier.pt"), after = process(site.out);
  for (std::size_t i = 0; i < before.size(); ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(after[i].intermediates.logits[c], before[i].intermediates.logits[c], 1e-5);
    }
    EXPECT_TRUE(after[i].result.prediction_set.has_value());
  }
}

// The pipeline sees the lungs that cxr-infer will see with the same setting.
TEST_F(SiteTest, LungsFollowTheSmallestComponent) {
  for (int i = 0; i < 45; ++i) {
    const std::string file = (folder_ / (std::to_string(i) + ".png")).string();
    cv::Mat film = cv::imread(file, cv::IMREAD_GRAYSCALE);
    cv::rectangle(film, {2, 2, 6, 6}, 100, cv::FILLED);  // lung to the tiny segmenter; below 1 %
    cv::imwrite(file, film);
  }
  const auto offset_with = [&](double smallest_component) {
    SiteOptions site = options();
    site.smallest_component = smallest_component;
    calibrate_classifier({site, {}}, {});
    return contract_of("new.pt").offsets[0];
  };
  EXPECT_EQ(offset_with(kSpeck), offset_with(kSpeck));
  EXPECT_NE(offset_with(kSpeck), offset_with(0));
}

TEST_F(SiteTest, EachFoldJudgesItsOwnSources) {
  adapt_classifier({options(), false}, {});
  const auto skilled = folder_ / "skilled.pt";
  std::filesystem::rename(folder_ / "new.pt", skilled);
  const auto temperature_with = [&](std::vector<HeldOutFold> folds) {
    calibrate_classifier({options(), std::move(folds)}, {});
    return contract_of("new.pt").temperature;
  };
  const auto plain = options().model;
  const float of_b = temperature_with({{plain, {"b"}}});
  EXPECT_TRUE(contract_of("new.pt").calibrated_on.starts_with(
      "45 films of a, b, temperature by 15 films of b, held out, manifest "))
      << contract_of("new.pt").calibrated_on;
  EXPECT_NEAR(temperature_with({{plain, {"b"}}, {plain, {"b"}}}), of_b, 0.01F * of_b);
  EXPECT_GT(std::abs(temperature_with({{skilled, {"b"}}}) - of_b), 0.1);
}

TEST_F(SiteTest, AClassWithoutFilmsIsSaidAndNeverExcluded) {
  std::string text = "image,label\n";
  for (int i = 0; i < 45; ++i) {
    if (i % 3 != 0)
      text += std::to_string(i) + ".png," + kClasses[static_cast<std::size_t>(i % 3)] + "\n";
  }
  write_manifest(text);
  std::string note;
  TrainingListener listener;
  listener.note = [&](const std::string& said) { note = said; };
  calibrate_classifier({options(), {}}, listener);
  EXPECT_NE(note.find("no films of COVID-19"), std::string::npos) << note;
  EXPECT_EQ(contract_of("new.pt").conformal[0], 0);
  EXPECT_NEAR(contract_of("new.pt").offsets[0], 0, 1e-6);
  const std::string error = error_of([&] { adapt_classifier({options(), false}, {}); });
  EXPECT_NE(error.find("too few patients with COVID-19: 0"), std::string::npos) << error;
  adapt_classifier({options(), true}, {});
  EXPECT_NE(contract_of("new.pt").adapted_to.find("COVID-19 0"), std::string::npos);
}

TEST_F(SiteTest, BadRowsAreListedTogether) {
  std::ofstream(folder_ / "text.png") << "text";
  write_manifest("image,label\n0.png,Normal\ngone.png,Normal\n1.png,Flu\n");
  const std::string error = error_of([&] { calibrate_classifier({options(), {}}, {}); });
  for (const char* words : {"2 bad rows", "line 3: image: ", "line 4: label 'Flu'"}) {
    EXPECT_NE(error.find(words), std::string::npos) << error;
  }
  write_manifest("image,label\n0.png,Normal\ntext.png,Normal\n");
  const std::string unreadable = error_of([&] { calibrate_classifier({options(), {}}, {}); });
  EXPECT_NE(unreadable.find("line 3: "), std::string::npos) << unreadable;
  SiteOptions none = options();
  none.sources = {"elsewhere"};
  EXPECT_NE(error_of([&] {
              calibrate_classifier({none, {}}, {});
            }).find("no row"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "new.pt"));
}

TEST_F(SiteTest, AHospitalThatShowsItsClassesIsLearntAndSaidInContractAndPage) {
  adapt_classifier({options(), false}, {});
  const Contract contract = contract_of("new.pt");
  EXPECT_EQ(contract.adapted_from, sha256(folder_ / "classifier.pt"));
  EXPECT_EQ(contract.adapted_to, "45 films (COVID-19 15, Normal 15, Pneumonia 15), manifest " +
                                     sha256(folder_ / "site.csv"));
  EXPECT_NE(test::read_file(folder_ / "new.pt.md").find("**The model was written**"),
            std::string::npos);
  const auto analyses = process(folder_ / "new.pt");
  int right = 0;
  for (std::size_t i = 0; i < analyses.size(); ++i) {
    if (analyses[i].result.prediction == kClasses[i % 3]) ++right;
  }
  EXPECT_GE(right, 11);
}

TEST_F(SiteTest, WithinChanceNoModelIsWrittenAndThePageSaysWhy) {
  std::string text = "image,label\n";
  for (int i = 0; i < 45; ++i)
    text += std::to_string(i / 3 * 3) + ".png," + kClasses[static_cast<std::size_t>(i % 3)] + "\n";
  write_manifest(text);
  // Calibrated before, so that there is nothing to gain but by skill.
  calibrate_classifier({options(), {}}, {});
  SiteOptions site = options();
  site.model = folder_ / "new.pt";
  site.out = folder_ / "adapted.pt";
  const std::string error = error_of([&] { adapt_classifier({site, false}, {}); });
  EXPECT_NE(error.find("no model was written"), std::string::npos) << error;
  EXPECT_FALSE(std::filesystem::exists(site.out));
  EXPECT_NE(test::read_file(folder_ / "adapted.pt.md").find("**No model was written**"),
            std::string::npos);
}

TEST_F(SiteTest, TooFewPatientsOfAClassAreRefused) {
  write_manifest(
      "image,label,patient\n0.png,COVID-19,a\n1.png,Normal,b\n2.png,Pneumonia,c\n3.png,COVID-19,"
      "a\n");
  const std::string error = error_of([&] { adapt_classifier({options(), false}, {}); });
  EXPECT_NE(error.find("too few patients with COVID-19: 1; each class needs 5"), std::string::npos)
      << error;
}

}  // namespace
}  // namespace cxr
