#include "cxr/train.h"

#include <gtest/gtest.h>

#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "augment.h"
#include "cxr/csv.h"
#include "cxr/error.h"
#include "cxr/network.h"
#include "support/phantom.h"
#include "support/temp_dir.h"
#include "support/tiny_networks.h"

namespace cxr {
namespace {

namespace fs = std::filesystem;

/// A data set of eight small phantoms for both networks, and options for a very short training.
class TrainTest : public testing::Test {
 protected:
  TrainTest() {
    std::ofstream masks(folder_ / "segmentation.csv");
    std::ofstream labels(folder_ / "classification.csv");
    masks << "image,mask,split,source,patient\n";
    labels << "image,label,split\n";
    for (unsigned i = 0; i < 8; ++i) {
      test::PhantomOptions options;
      options.size = {96, 96};
      options.seed = i + 1;
      options.opacities = i % 2 == 0 ? 0 : 6;
      const test::Phantom phantom = test::make_phantom(options);
      const std::string image = std::to_string(i) + ".png";
      cv::imwrite((folder_ / image).string(), phantom.image);
      cv::imwrite((folder_ / ("m" + image)).string(), phantom.lungs);
      const char* split = i < 6 ? "train" : "val";
      masks << image << ",m" << image << ',' << split << ",phantom,p" << i << '\n';
      labels << image << ',' << (i % 2 == 0 ? "clear" : "opacities") << ',' << split << '\n';
    }
    test::write_tiny_setup(folder_.path());
  }

  TrainingOptions options(const std::string& manifest, const std::string& out) const {
    TrainingOptions options;
    options.manifest = folder_ / manifest;
    options.out = folder_ / out;
    options.epochs = 2;
    options.batch_size = 3;
    options.side = 64;
    return options;
  }

  /// Trains until the given epoch is over and then dies, as a job that is killed.
  static void train_and_die_after(int epoch, const TrainingOptions& options) {
    TrainingListener listener;
    listener.epoch = [epoch](const EpochReport& report) {
      if (report.epoch == epoch) throw std::runtime_error("killed");
    };
    EXPECT_THROW(train_segmenter(options, listener), std::runtime_error);
  }

  test::TempDir folder_;
};

std::vector<float> outputs_of(const fs::path& model) {
  const Network network(model, Contract::Kind::segmenter);
  NdArray input({1, 3, 64, 64});
  for (std::size_t i = 0; i < input.values.size(); ++i) {
    input.values[i] = static_cast<float>(i % 17) / 8 - 1;
  }
  return network.forward(input).values;
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_F(TrainTest, SegmenterIsTrainedLoggedAndLoadable) {
  std::vector<EpochReport> reports;
  TrainingListener listener;
  listener.epoch = [&](const EpochReport& report) { reports.push_back(report); };
  train_segmenter(options("segmentation.csv", "s.pt"), listener);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_TRUE(reports[0].best);
  EXPECT_EQ(reports[0].metrics[0].first, "dice");
  EXPECT_EQ(reports[0].metrics[1].first, "dice_phantom");

  const Network network(folder_ / "s.pt", Contract::Kind::segmenter);
  EXPECT_EQ(network.contract().input.width, 64);
  const CsvTable log = read_csv(folder_ / "s.pt.csv");
  EXPECT_EQ(log.header, (std::vector<std::string>{"epoch", "seconds", "training_loss", "dice",
                                                  "dice_phantom"}));
  EXPECT_EQ(log.rows.size(), 2U);
}

TEST_F(TrainTest, ClassifierLearnsTheManifestsLabelsOnTheSegmentersBoxes) {
  const TrainingOptions classifier = options("classification.csv", "c.pt");
  train_classifier(classifier, folder_ / "segmenter.pt", 80, {});
  const Network network(folder_ / "c.pt", Contract::Kind::classifier);
  EXPECT_EQ(network.contract().classes, (std::vector<std::string>{"clear", "opacities"}));
  EXPECT_EQ(network.contract().enhance_side, 80);
  EXPECT_EQ(network.contract().input.resize, Resize::letterbox);
  EXPECT_EQ(read_csv(folder_ / "c.pt.boxes.csv").rows.size(), 8U);
}

TEST_F(TrainTest, BoxesAreComputedOnceForASegmenter) {
  TrainingOptions classifier = options("classification.csv", "c.pt");
  classifier.epochs = 1;
  train_classifier(classifier, folder_ / "segmenter.pt", 80, {});
  const CsvTable boxes = read_csv(folder_ / "c.pt.boxes.csv");
  // A marked box survives a second run of the same segmenter, and not one of another.
  std::ofstream marked(folder_ / "c.pt.boxes.csv");
  marked << csv_line(boxes.header);
  for (auto row : boxes.rows) {
    row[boxes.column("quality")] = "0.123";
    marked << csv_line(row);
  }
  marked.close();
  train_classifier(classifier, folder_ / "segmenter.pt", 80, {});
  EXPECT_EQ(std::stod(read_csv(folder_ / "c.pt.boxes.csv").rows[0][boxes.column("quality")]),
            0.123);

  Contract other = test::tiny_contract(Contract::Kind::segmenter);
  other.version = "2";
  test::write_tiny_network(folder_ / "other.pt", other);
  train_classifier(classifier, folder_ / "other.pt", 80, {});
  EXPECT_NE(std::stod(read_csv(folder_ / "c.pt.boxes.csv").rows[0][boxes.column("quality")]),
            0.123);
}

TEST_F(TrainTest, AKilledTrainingResumesAsIfItHadNotBeenKilled) {
  TrainingOptions whole = options("segmentation.csv", "whole.pt");
  whole.epochs = 3;
  train_segmenter(whole, {});

  TrainingOptions killed = whole;
  killed.out = folder_ / "killed.pt";
  train_and_die_after(2, killed);
  killed.resume = true;
  int first_epoch = 0;
  TrainingListener listener;
  listener.epoch = [&](const EpochReport& report) {
    if (first_epoch == 0) first_epoch = report.epoch;
  };
  train_segmenter(killed, listener);
  EXPECT_EQ(first_epoch, 3);

  const auto wanted = outputs_of(whole.out);
  const auto got = outputs_of(killed.out);
  for (std::size_t i = 0; i < wanted.size(); ++i) ASSERT_NEAR(got[i], wanted[i], 1e-4F);
  // The model kept may be an earlier epoch's; the log tells of the resumed epoch, too.
  const CsvTable wanted_log = read_csv(folder_ / "whole.pt.csv");
  const CsvTable got_log = read_csv(folder_ / "killed.pt.csv");
  ASSERT_EQ(got_log.rows.size(), 3U);
  for (const char* figure : {"training_loss", "dice"}) {
    const std::size_t at = wanted_log.column(figure);
    EXPECT_NEAR(std::stod(got_log.rows[2][at]), std::stod(wanted_log.rows[2][at]), 1e-4) << figure;
  }
}

TEST_F(TrainTest, NeitherLogNorBoxesTakeTheManifestsPlace) {
  fs::rename(folder_ / "classification.csv", folder_ / "c.csv");
  TrainingOptions once = options("c.csv", "c.pt");
  once.epochs = 1;
  train_classifier(once, folder_ / "segmenter.pt", 80, {});
  EXPECT_EQ(read_csv(folder_ / "c.csv").header[0], "image");
}

TEST_F(TrainTest, AModelThatCannotBeWrittenIsSaidBeforeAnythingIsRead) {
  TrainingOptions nowhere = options("segmentation.csv", "missing/s.pt");
  TrainingListener listener;
  listener.progress = [](auto&&...) { FAIL() << "work was done"; };
  const std::string error = error_of([&] { train_segmenter(nowhere, listener); });
  EXPECT_NE(error.find("missing/s.pt"), std::string::npos) << error;
}

TEST_F(TrainTest, ResumingWithOtherOptionsIsRefused) {
  TrainingOptions killed = options("segmentation.csv", "s.pt");
  train_and_die_after(1, killed);
  killed.resume = true;
  killed.epochs = 5;
  const std::string error = error_of([&] { train_segmenter(killed, {}); });
  EXPECT_NE(error.find("other options"), std::string::npos) << error;
  EXPECT_NE(error.find("epochs=5"), std::string::npos) << error;
}

TEST_F(TrainTest, ResumingAClassifierForAnotherCropIsRefused) {
  TrainingOptions killed = options("classification.csv", "c.pt");
  train_classifier(killed, folder_ / "segmenter.pt", 80, {});
  killed.resume = true;
  const std::string error =
      error_of([&] { train_classifier(killed, folder_ / "segmenter.pt", 96, {}); });
  EXPECT_NE(error.find("other options"), std::string::npos) << error;
  EXPECT_NE(error.find("enhance-side=96"), std::string::npos) << error;
}

TEST_F(TrainTest, InBfloat16BothNetworksComputeAlikeWithinItsPrecision) {
  const auto first_loss = [&](bool bfloat16, auto train) {
    TrainingListener listener;
    double loss = 0;
    listener.epoch = [&](const EpochReport& report) { loss = report.training_loss; };
    TrainingOptions once = options("segmentation.csv", "n.pt");
    once.epochs = 1;
    once.batch_size = 6;  // one step: what is compared was computed with the same weights
    once.bfloat16 = bfloat16;
    train(once, listener);
    return loss;
  };
  const auto classifier = [&](TrainingOptions once, const TrainingListener& listener) {
    once.manifest = folder_ / "classification.csv";
    train_classifier(once, folder_ / "segmenter.pt", 80, listener);
  };
  const double segmenter_loss = first_loss(false, train_segmenter);
  EXPECT_NEAR(first_loss(true, train_segmenter), segmenter_loss, 0.02);
  EXPECT_NE(first_loss(true, train_segmenter), segmenter_loss);
  EXPECT_NEAR(first_loss(true, classifier), first_loss(false, classifier), 0.02);
}

TEST_F(TrainTest, ADamagedCheckpointIsAnErrorThatNamesIt) {
  TrainingOptions resumed = options("segmentation.csv", "s.pt");
  std::ofstream(folder_ / "s.pt.checkpoint") << "damaged";
  resumed.resume = true;
  const std::string error = error_of([&] { train_segmenter(resumed, {}); });
  EXPECT_NE(error.find("s.pt.checkpoint"), std::string::npos) << error;
}

TEST_F(TrainTest, OptionsOutOfRangeAreUsageErrors) {
  const auto refused = [&](auto change) {
    TrainingOptions wrong = options("segmentation.csv", "s.pt");
    change(wrong);
    EXPECT_THROW(train_segmenter(wrong, {}), UsageError);
  };
  refused([](TrainingOptions& o) { o.epochs = 0; });
  refused([](TrainingOptions& o) { o.batch_size = 1; });
  refused([](TrainingOptions& o) { o.side = 100; });
  refused([](TrainingOptions& o) { o.learning_rate = 0; });
  refused([](TrainingOptions& o) { o.weight_decay = -1; });
}

TEST_F(TrainTest, AMaskOfAnotherSizeOrWithoutWhiteIsNamedWithItsLine) {
  for (const cv::Mat& mask :
       {cv::Mat(50, 60, CV_8UC1, cv::Scalar(255)), cv::Mat(96, 96, CV_8UC1, cv::Scalar(1))}) {
    cv::imwrite((folder_ / "m3.png").string(), mask);
    const std::string error =
        error_of([&] { train_segmenter(options("segmentation.csv", "s.pt"), {}); });
    EXPECT_NE(error.find("m3.png"), std::string::npos) << error;
    EXPECT_NE(error.find("line 5"), std::string::npos) << error;
  }
}

TEST_F(TrainTest, FewerImagesThanABatchIsAnError) {
  TrainingOptions large = options("segmentation.csv", "s.pt");
  large.batch_size = 7;
  const std::string error = error_of([&] { train_segmenter(large, {}); });
  EXPECT_NE(error.find("--batch-size"), std::string::npos) << error;
}

TEST(Augment, WithoutRangesNothingChanges) {
  const Augmentation none{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  cv::RNG rng(1);
  const cv::Mat map = random_affine(none, {80, 40}, {160, 20}, rng);
  const cv::Mat wanted = (cv::Mat_<double>(2, 3) << 2, 0, 0, 0, 0.5, 0);
  EXPECT_LT(cv::norm(map, wanted, cv::NORM_INF), 1e-9);
  cv::Mat image(30, 30, CV_8UC1);
  cv::RNG(2).fill(image, cv::RNG::UNIFORM, 0, 256);
  EXPECT_EQ(cv::norm(random_tones(none, image, rng), image, cv::NORM_INF), 0);
}

TEST(Augment, KeepsTheMiddleOfThePictureInThePicture) {
  cv::RNG rng(4);
  for (int i = 0; i < 200; ++i) {
    const cv::Mat map = random_affine(Augmentation{}, {100, 100}, {64, 64}, rng);
    const cv::Mat middle = map * (cv::Mat_<double>(3, 1) << 50, 50, 1);
    EXPECT_NEAR(middle.at<double>(0), 32, 6.5);
    EXPECT_NEAR(middle.at<double>(1), 32, 6.5);
  }
}

/// Like seeds must not give like pictures, or a batch holds one picture many times.
TEST(Augment, NeighboursInABatchAreTurnedIndependently) {
  const auto draw = [](std::uint64_t seed, std::size_t image) {
    cv::RNG rng = example_rng(seed, image);
    return rng.uniform(-1.0, 1.0);
  };
  double product = 0;
  double step = 0;
  constexpr int kImages = 2000;
  for (std::size_t i = 0; i < kImages; ++i) {
    product += draw(7, i) * draw(7, i + 1) / kImages;
    step += std::abs(draw(7, i) - draw(7, i + 1)) / kImages;
  }
  EXPECT_NEAR(product, 0, 0.03);     // of independent draws: 0 within 4 standard errors
  EXPECT_NEAR(step, 2.0 / 3, 0.05);  // likewise two thirds
  EXPECT_EQ(draw(7, 3), draw(7, 3));
  EXPECT_NE(draw(7, 3), draw(8, 3));
}

TEST(Augment, TheSameSeedGivesTheSamePicture) {
  cv::Mat image(64, 64, CV_8UC1);
  cv::RNG(2).fill(image, cv::RNG::UNIFORM, 0, 256);
  cv::RNG a(9), b(9), c(10);
  const cv::Mat first = random_tones({}, image, a);
  EXPECT_EQ(cv::norm(first, random_tones({}, image, b), cv::NORM_INF), 0);
  EXPECT_GT(cv::norm(first, random_tones({}, image, c), cv::NORM_INF), 0);
}

}  // namespace
}  // namespace cxr
