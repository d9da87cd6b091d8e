#include "cxr/train.h"

#include <gtest/gtest.h>
#include <torch/script.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "base/csv.h"
#include "cxr/error.h"
#include "cxr/network.h"
#include "draw/contours.h"
#include "network/architecture.h"
#include "network/network_input.h"
#include "network/tensor.h"
#include "support/look.h"
#include "support/phantom.h"
#include "support/temp_dir.h"
#include "support/tiny_networks.h"
#include "train/augment.h"
#include "train/lungs_cache.h"
#include "train/samples_sheet.h"

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
    labels << "image,label,split,source\n";
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
      labels << image << ',' << (i % 2 == 0 ? "clear" : "opacities") << ',' << split << ",s"
             << i % 4 << '\n';
    }
    test::write_tiny_setup(folder_.path());
  }

  TrainingOptions options(const std::string& manifest, const std::string& out) const {
    TrainingOptions options;
    options.manifests = {folder_ / manifest};
    options.out = folder_ / out;
    options.epochs = 2;
    options.batch_size = 3;
    options.side = 64;
    return options;
  }

  SegmenterOptions segmenter(const std::string& out) const {
    return {options("segmentation.csv", out), 0};
  }

  ClassifierOptions classifier(const std::string& out) const {
    ClassifierOptions options;
    options.training = this->options("classification.csv", out);
    options.segmenter = folder_ / "segmenter.pt";
    options.enhance_side = 80;
    return options;
  }

  /// Trains until the given epoch is over and then dies, as a job that is killed.
  static void train_and_die_after(int epoch, const SegmenterOptions& options) {
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
  train_segmenter(segmenter("s.pt"), listener);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_TRUE(reports[0].best);
  EXPECT_EQ(reports[0].metrics[0].first, "dice");
  EXPECT_EQ(reports[0].metrics[1].first, "dice_phantom");

  const Network network(folder_ / "s.pt", Contract::Kind::segmenter);
  EXPECT_EQ(network.contract().input.width, 64);
  const CsvTable log = read_csv(folder_ / "s.pt.csv");
  EXPECT_EQ(log.header, (std::vector<std::string>{"epoch", "seconds", "training_loss", "dice",
                                                  "dice_phantom", "validation_loss"}));
  EXPECT_EQ(log.rows.size(), 2U);
  EXPECT_FALSE(cv::imread((folder_ / "s.pt.png").string()).empty());
}

TEST_F(TrainTest, ClassifierLearnsTheManifestsLabelsOnTheSegmentersBoxes) {
  train_classifier(classifier("c.pt"), {});
  const Network network(folder_ / "c.pt", Contract::Kind::classifier);
  EXPECT_EQ(network.contract().classes, (std::vector<std::string>{"clear", "opacities"}));
  EXPECT_EQ(network.contract().enhance_side, 80);
  EXPECT_EQ(network.contract().input.resize, Resize::letterbox);
  EXPECT_EQ(read_csv(folder_ / "c.pt.lungs.csv").rows.size(), 8U);
}

TEST_F(TrainTest, LungsAreFoundOnceForASegmenter) {
  ClassifierOptions once = classifier("c.pt");
  once.training.epochs = 1;
  train_classifier(once, {});
  const CsvTable boxes = read_csv(folder_ / "c.pt.lungs.csv");
  // A marked row survives a second run of the same segmenter, and not one of another.
  std::ofstream marked(folder_ / "c.pt.lungs.csv");
  marked << csv_line(boxes.header);
  for (auto row : boxes.rows) {
    row[boxes.column("quality")] = "0.123";
    marked << csv_line(row);
  }
  marked.close();
  train_classifier(once, {});
  EXPECT_EQ(std::stod(read_csv(folder_ / "c.pt.lungs.csv").rows[0][boxes.column("quality")]),
            0.123);

  // However the manifest's path is written, an image is the same.
  once.training.manifests = {folder_ / "." / ".." / folder_.path().filename() /
                             "classification.csv"};
  train_classifier(once, {});
  EXPECT_EQ(std::stod(read_csv(folder_ / "c.pt.lungs.csv").rows[0][boxes.column("quality")]),
            0.123);
  EXPECT_EQ(read_csv(folder_ / "c.pt.lungs.csv").rows.size(), 8U);

  Contract other = test::tiny_contract(Contract::Kind::segmenter);
  other.version = "2";
  test::write_tiny_network(folder_ / "other.pt", other);
  once.segmenter = folder_ / "other.pt";
  train_classifier(once, {});
  EXPECT_NE(std::stod(read_csv(folder_ / "c.pt.lungs.csv").rows[0][boxes.column("quality")]),
            0.123);
}

TEST_F(TrainTest, LungsFollowTheSmallestComponent) {
  cv::Mat film(96, 96, CV_8UC1, cv::Scalar(255));
  cv::ellipse(film, {60, 60}, {20, 24}, 0, 0, 360, 100, cv::FILLED);
  cv::rectangle(film, {3, 3, 5, 5}, 100, cv::FILLED);
  LungsCache specks(folder_ / "lungs.csv", folder_ / "segmenter.pt", 0, Precision::float32);
  EXPECT_LT(specks.find({"film"}, {film})[0].box.box.x, 8);
  specks.save();
  EXPECT_LT(LungsCache(folder_ / "lungs.csv", folder_ / "segmenter.pt", 0, Precision::float32)
                .find({"film"}, {cv::Mat(96, 96, CV_8UC1, cv::Scalar(255))})[0]
                .box.box.x,
            8)
      << "found once";
  EXPECT_GT(LungsCache(folder_ / "lungs.csv", folder_ / "segmenter.pt", kSpeck, Precision::float32)
                .find({"film"}, {film})[0]
                .box.box.x,
            30)
      << "what was found otherwise is not used";
  EXPECT_NE(LungsCache(folder_ / "lungs.csv", folder_ / "segmenter.pt", 0, Precision::bfloat16)
                .segmenter(),
            specks.segmenter());

  ClassifierOptions options = classifier("c.pt");
  options.training.epochs = 1;
  options.smallest_component = 0;
  cv::imwrite((folder_ / "0.png").string(), film);
  train_classifier(options, {});
  const CsvTable lungs = read_csv(folder_ / "c.pt.lungs.csv");
  EXPECT_LT(std::stoi(lungs.rows[0][lungs.column("x")]), 8);
  options.training.resume = true;
  options.smallest_component = kSpeck;
  EXPECT_NE(error_of([&] { train_classifier(options, {}); }).find("other options"),
            std::string::npos);
}

TEST_F(TrainTest, AKilledTrainingResumesAsIfItHadNotBeenKilled) {
  SegmenterOptions whole = segmenter("whole.pt");
  whole.training.epochs = 3;
  whole.training.averaging = 0.9;
  train_segmenter(whole, {});

  SegmenterOptions killed = whole;
  killed.training.out = folder_ / "killed.pt";
  train_and_die_after(2, killed);
  killed.training.resume = true;
  int first_epoch = 0;
  TrainingListener listener;
  listener.epoch = [&](const EpochReport& report) {
    if (first_epoch == 0) first_epoch = report.epoch;
  };
  train_segmenter(killed, listener);
  EXPECT_EQ(first_epoch, 3);

  const auto wanted = outputs_of(whole.training.out);
  const auto got = outputs_of(killed.training.out);
  for (std::size_t i = 0; i < wanted.size(); ++i) ASSERT_NEAR(got[i], wanted[i], 1e-4F);
  // The model kept may be an earlier epoch's; the log tells of the resumed epoch, too.
  const CsvTable wanted_log = read_csv(folder_ / "whole.pt.csv");
  const CsvTable got_log = read_csv(folder_ / "killed.pt.csv");
  ASSERT_EQ(got_log.rows.size(), 3U);
  for (const char* figure : {"training_loss", "dice", "validation_loss"}) {
    const std::size_t at = wanted_log.column(figure);
    EXPECT_NEAR(std::stod(got_log.rows[2][at]), std::stod(wanted_log.rows[2][at]), 1e-4) << figure;
  }
}

TEST_F(TrainTest, TrainingPicturesAreShownBeforeTheFirstEpochWithTheirMasks) {
  SegmenterOptions options = segmenter("s.pt");
  const auto samples = [&] {
    TrainingListener listener;
    listener.progress = [](const std::string& what, std::size_t, std::size_t, const auto&) {
      if (what.starts_with("epoch")) throw std::runtime_error("seen enough");
    };
    EXPECT_THROW(train_segmenter(options, listener), std::runtime_error);
    return cv::imread((folder_ / "s.pt.samples.png").string());
  };
  const cv::Mat plain = samples();
  EXPECT_GT(test::pixels_of(plain, kTrueMask), 1000);

  options.training.augmentation.invert = 1;
  const cv::Mat negatives = samples();
  ASSERT_EQ(negatives.size(), plain.size());
  EXPECT_GT(test::farthest(negatives, plain), 100) << "they are augmented";

  options.negatives = 0.9;
  EXPECT_LT(test::pixels_of(samples(), kTrueMask), test::pixels_of(plain, kTrueMask) / 2)
      << "generated pictures have no lungs";

  options.negatives = 0;
  for_each_range(options.training.augmentation, [](auto, double& value, auto) { value = 0; });
  const cv::Mat unchanged = samples();
  options.gas = 1;
  EXPECT_GT(test::farthest(samples(), unchanged), 20) << "gas is drawn";
}

TEST_F(TrainTest, APictureOfTheNetworksInputIsWhatWasPutIn) {
  cv::Mat rgb(64, 64, CV_8UC3), bgr;
  cv::RNG(3).fill(rgb, cv::RNG::UNIFORM, 0, 256);
  NetworkInput input;
  input.width = input.height = 64;
  const NdArray array = to_network_input({rgb}, input);
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  EXPECT_LE(test::farthest(picture_of_input(as_tensor(array)[0], input), bgr), 1);
}

TEST_F(TrainTest, ASegmentersCasesAreThoseOfTheModelThatWasKept) {
  train_segmenter(segmenter("s.pt"), {});
  const CsvTable cases = read_csv(folder_ / "s.pt.cases.csv"), log = read_csv(folder_ / "s.pt.csv");
  EXPECT_EQ(cases.header, (std::vector<std::string>{"image", "source", "dice", "loss"}));
  ASSERT_EQ(cases.rows.size(), 2U);
  const std::size_t dice = cases.column("dice");
  const double worst = std::stod(cases.rows[0][dice]), best = std::stod(cases.rows[1][dice]);
  EXPECT_LE(worst, best);
  double kept = 0;
  for (const auto& row : log.rows) kept = std::max(kept, std::stod(row[log.column("dice")]));
  EXPECT_NEAR((worst + best) / 2, kept, 2e-3) << "weights are stored in half precision";
  const cv::Mat sheet = cv::imread((folder_ / "s.pt.cases.png").string());
  EXPECT_GT(test::pixels_of(sheet, kTrueMask), 500);
  EXPECT_GT(test::pixels_of(sheet, kPredictedMask), 100);
}

TEST_F(TrainTest, AClassifiersCasesAreToldFromTheWorstToTheBest) {
  std::vector<std::string> notes;
  TrainingListener listener;
  listener.note = [&](const std::string& note) { notes.push_back(note); };
  train_classifier(classifier("c.pt"), listener);
  EXPECT_FALSE(cv::imread((folder_ / "c.pt.samples.png").string()).empty());
  EXPECT_FALSE(cv::imread((folder_ / "c.pt.cases.png").string()).empty());
  const CsvTable cases = read_csv(folder_ / "c.pt.cases.csv");
  ASSERT_EQ(cases.rows.size(), 2U);
  std::vector<double> losses;
  for (const auto& row : cases.rows) {
    losses.push_back(std::stod(row[cases.column("loss")]));
    const double probability = std::stod(row[cases.column("probability_of_label")]);
    EXPECT_NEAR(-std::log(probability), losses.back(), 1e-3);
    const bool is_right = row[cases.column("label")] == row[cases.column("prediction")];
    EXPECT_EQ(is_right, probability > 0.5) << "of two classes";
    EXPECT_TRUE(fs::exists(row[cases.column("image")]));
  }
  EXPECT_GE(losses[0], losses[1]);
  ASSERT_FALSE(notes.empty());
  EXPECT_TRUE(test::contains(notes.back(), "worst")) << notes.back();
  EXPECT_TRUE(test::contains(notes.back(), fs::path(cases.rows[1][0]).filename().string()));
}

TEST_F(TrainTest, SheetsAreDrawnAgainByANewTrainingAndNotByAResumedOne) {
  const fs::path samples = folder_ / "s.pt.samples.png", cases = folder_ / "s.pt.cases.png";
  SegmenterOptions options = segmenter("s.pt");
  train_segmenter(options, {});
  const auto mark = [](const fs::path& file) { std::ofstream(file) << "of mine"; };
  mark(samples);
  mark(folder_ / ".cxr-1234.part");  // of a killed process
  train_and_die_after(1, options);
  EXPECT_GT(fs::file_size(samples), 1000U);
  EXPECT_FALSE(fs::exists(cases)) << "they were another model's";
  EXPECT_FALSE(fs::exists(folder_ / ".cxr-1234.part"));

  mark(samples);
  options.training.resume = true;
  train_segmenter(options, {});
  EXPECT_EQ(test::read_file(samples), "of mine");
  EXPECT_TRUE(fs::exists(cases));
  mark(cases);
  train_segmenter(options, {});
  EXPECT_EQ(test::read_file(cases), "of mine") << "nothing was left to do";
  fs::remove(cases);
  train_segmenter(options, {});
  EXPECT_TRUE(fs::exists(cases)) << "killed before they were written";
}

TEST_F(TrainTest, NeitherLogNorBoxesTakeTheManifestsPlace) {
  fs::rename(folder_ / "classification.csv", folder_ / "c.csv");
  ClassifierOptions once = classifier("c.pt");
  once.training.manifests = {folder_ / "c.csv"};
  once.training.epochs = 1;
  train_classifier(once, {});
  EXPECT_EQ(read_csv(folder_ / "c.csv").header[0], "image");
}

TEST_F(TrainTest, AModelThatCannotBeWrittenIsSaidBeforeAnythingIsRead) {
  std::ofstream(folder_ / "file");
  const SegmenterOptions nowhere = segmenter("file/s.pt");
  TrainingListener listener;
  listener.progress = [](auto&&...) { FAIL() << "work was done"; };
  const std::string error = error_of([&] { train_segmenter(nowhere, listener); });
  EXPECT_NE(error.find("/file"), std::string::npos) << error;
}

TEST_F(TrainTest, ResumingWithOtherOptionsIsRefused) {
  SegmenterOptions killed = segmenter("s.pt");
  train_and_die_after(1, killed);
  killed.training.resume = true;
  killed.training.epochs = 5;
  const std::string error = error_of([&] { train_segmenter(killed, {}); });
  EXPECT_NE(error.find("other options"), std::string::npos) << error;
  EXPECT_NE(error.find("epochs=5"), std::string::npos) << error;
}

TEST_F(TrainTest, ResumingAClassifierForAnotherCropIsRefused) {
  ClassifierOptions killed = classifier("c.pt");
  train_classifier(killed, {});
  killed.training.resume = true;
  killed.enhance_side = 96;
  const std::string error = error_of([&] { train_classifier(killed, {}); });
  EXPECT_NE(error.find("other options"), std::string::npos) << error;
  EXPECT_NE(error.find("enhance-side=96"), std::string::npos) << error;
}

TEST_F(TrainTest, InBfloat16BothNetworksComputeAlikeWithinItsPrecision) {
  // One step: what is compared was computed with the same weights.
  const auto first_loss = [](bool bfloat16, auto options, auto train) {
    TrainingListener listener;
    double loss = 0;
    listener.epoch = [&](const EpochReport& report) { loss = report.training_loss; };
    options.training.epochs = 1;
    options.training.batch_size = 6;
    options.training.bfloat16 = bfloat16;
    train(options, listener);
    return loss;
  };
  const double as_float = first_loss(false, segmenter("n.pt"), train_segmenter);
  const double as_bfloat = first_loss(true, segmenter("n.pt"), train_segmenter);
  EXPECT_NEAR(as_bfloat, as_float, 0.02);
  EXPECT_NE(as_bfloat, as_float);
  EXPECT_NEAR(first_loss(true, classifier("n.pt"), train_classifier),
              first_loss(false, classifier("n.pt"), train_classifier), 0.02);
}

TEST_F(TrainTest, TheSameSeedGivesTheSameModel) {
  SegmenterOptions first = segmenter("a.pt");
  SegmenterOptions second = segmenter("b.pt");
  first.training.epochs = second.training.epochs = 1;
  first.negatives = second.negatives = 0.5;
  train_segmenter(first, {});
  train_segmenter(second, {});
  EXPECT_EQ(outputs_of(first.training.out), outputs_of(second.training.out));
}

TEST_F(TrainTest, AHeldOutSourceIsReportedAndNotLearntFrom) {
  ClassifierOptions held_out = classifier("c.pt");
  held_out.training.epochs = 1;
  held_out.training.batch_size = 2;
  held_out.training.hold_out = {"s0", "s3"};
  std::vector<std::pair<std::string, double>> metrics;
  TrainingListener listener;
  std::size_t steps = 0;
  listener.progress = [&](const std::string& what, std::size_t, std::size_t total, auto&&) {
    if (what == "epoch 1/1") steps = total;
  };
  listener.epoch = [&](const EpochReport& report) { metrics = report.metrics; };
  // Training has six images, of s0 to s3, s0 and s1; validation one of s2 and one of s3.
  train_classifier(held_out, listener);
  EXPECT_EQ(steps, 1U);  // three images are left
  const auto held = std::ranges::find(metrics, "held_out_balanced_accuracy",
                                      &std::pair<std::string, double>::first);
  EXPECT_NE(held, metrics.end());
}

TEST_F(TrainTest, TheModelKeptIsTheBestWithinSources) {
  const auto metrics_of = [&](const ClassifierOptions& options) {
    std::vector<std::string> names;
    TrainingListener listener;
    listener.epoch = [&](const EpochReport& report) {
      names.clear();
      for (const auto& metric : report.metrics) names.push_back(metric.first);
    };
    train_classifier(options, listener);
    return names;
  };
  ClassifierOptions once = classifier("c.pt");
  once.training.epochs = 1;
  EXPECT_EQ(metrics_of(once).front(), "balanced_accuracy");  // no source has two labels
  std::ofstream labels(folder_ / "classification.csv");
  labels << "image,label,split,source\n";
  for (int i = 0; i < 8; ++i) {
    labels << i << ".png," << (i % 2 == 0 ? "clear" : "opacities")
           << (i < 4   ? ",train,s"
               : i < 6 ? ",train,t"
                       : ",val,s")
           << '\n';
  }
  labels.close();
  once.training.batch_size = 2;
  once.training.hold_out = {"t"};
  const auto names = metrics_of(once);
  EXPECT_EQ(names[0], "auroc");
  EXPECT_EQ(names[1], "auroc_s");
  for (const char* name : {"held_out_auroc", "held_out_auroc_t", "held_out_sensitivity_t_clear"}) {
    EXPECT_NE(std::ranges::find(names, name), names.end()) << name;
  }
}

TEST_F(TrainTest, WithoutAnyValidationImageLeftHoldingOutIsAnError) {
  ClassifierOptions held_out = classifier("c.pt");
  held_out.training.hold_out = {"s2", "s3"};
  EXPECT_NE(error_of([&] { train_classifier(held_out, {}); }).find("val"), std::string::npos);
}

TEST_F(TrainTest, FineTuningStartsFromTheGivenModel) {
  SegmenterOptions first = segmenter("first.pt");
  first.training.epochs = 1;
  train_segmenter(first, {});
  SegmenterOptions second = segmenter("second.pt");
  second.training.epochs = 1;
  second.training.seed = 2;
  second.training.init = first.training.out;
  second.training.learning_rate = 1e-12;  // stays where it starts
  train_segmenter(second, {});
  const auto before = named_tensors(torch::jit::load(first.training.out.string()));
  for (const auto& after : torch::jit::load(second.training.out.string()).named_parameters()) {
    EXPECT_TRUE(torch::allclose(before.at(after.name), after.value, 0, 1e-6)) << after.name;
  }
}

TEST_F(TrainTest, AnInitialShareIsMixedIntoTheModelButNotIntoTheTraining) {
  Contract contract = test::tiny_contract(Contract::Kind::segmenter);
  torch::manual_seed(5);
  const fs::path start = folder_ / "start.pt";
  save_network(make_network(contract), contract, start);
  using Weights = std::map<std::string, torch::Tensor>;
  const auto train_with = [&](double share, const std::string& name, Weights& after_one_epoch) {
    SegmenterOptions second = segmenter(name);
    second.training.seed = 2;
    second.training.averaging = 0.5;
    second.training.init = start;
    second.training.initial_share = share;
    double last_loss = 0;
    TrainingListener listener;
    listener.epoch = [&](const EpochReport& report) {
      if (report.epoch == 1) {
        after_one_epoch = named_tensors(torch::jit::load(second.training.out.string()));
      }
      last_loss = report.training_loss;
    };
    train_segmenter(second, listener);
    return last_loss;
  };
  Weights trained;
  Weights mixed;
  EXPECT_EQ(train_with(0, "trained.pt", trained), train_with(0.25, "mixed.pt", mixed));
  double moved = 0;
  for (auto& [name, stored] : named_tensors(torch::jit::load(start.string()))) {
    if (!stored.is_floating_point()) continue;
    const torch::Tensor initial = stored.to(torch::kFloat);
    const torch::Tensor other = trained.at(name).to(torch::kFloat);
    EXPECT_TRUE(torch::allclose(mixed.at(name).to(torch::kFloat), 0.25 * initial + 0.75 * other,
                                2e-3, 1e-4))
        << name;
    moved = std::max(moved, (other - initial).abs().max().item<double>());
  }
  EXPECT_GT(moved, 0.01);
}

TEST_F(TrainTest, FineTuningFromWhatIsNoModelIsAnErrorThatNamesIt) {
  SegmenterOptions wrong = segmenter("s.pt");
  wrong.training.init = folder_ / "segmentation.csv";
  const std::string no_model = error_of([&] { train_segmenter(wrong, {}); });
  EXPECT_NE(no_model.find("segmentation.csv"), std::string::npos) << no_model;
  wrong.training.init = folder_ / "classifier.pt";  // the tiny one shares no layer
  const std::string other = error_of([&] { train_segmenter(wrong, {}); });
  EXPECT_NE(other.find("classifier.pt"), std::string::npos) << other;
}

TEST_F(TrainTest, ADivergingTrainingStopsAndKeepsTheBestModel) {
  SegmenterOptions first = segmenter("s.pt");
  train_segmenter(first, {});
  const auto kept = outputs_of(first.training.out);
  const torch::jit::Module broken = torch::jit::load(first.training.out.string());
  for (const torch::Tensor& parameter : broken.parameters()) parameter.detach().fill_(NAN);
  broken.save((folder_ / "broken.pt").string());
  first.training.init = folder_ / "broken.pt";
  const std::string error = error_of([&] { train_segmenter(first, {}); });
  EXPECT_NE(error.find("not finite in epoch 1/2"), std::string::npos) << error;
  EXPECT_NE(error.find("--learning-rate"), std::string::npos) << error;
  EXPECT_EQ(outputs_of(first.training.out), kept);
}

TEST_F(TrainTest, EveryChoiceOfTheClassifierTrainsAndIsInTheContract) {
  ClassifierOptions all = classifier("c.pt");
  all.training.manifests = {folder_ / "classification.csv", folder_ / "classification.csv"};
  all.training.side = 128;
  all.training.first_side = 64;
  all.training.images_per_epoch = 6;
  all.training.averaging = 0.5;
  for_each_range(all.training.augmentation,
                 [](const char*, double& value, const char*) { value = std::max(value, 0.3); });
  all.planes = Planes::clahe;
  all.film_side = 80;
  all.balance = Balance::label_and_source;
  std::vector<EpochReport> reports;
  TrainingListener listener;
  listener.epoch = [&](const EpochReport& report) { reports.push_back(report); };
  train_classifier(all, listener);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_TRUE(std::isfinite(reports[1].training_loss));
  const auto& metrics = reports[1].metrics;
  EXPECT_TRUE(std::ranges::any_of(metrics, [](const auto& metric) {
    return metric.first == "validation_loss" && metric.second > 0;
  }));
  const Contract contract = Network(folder_ / "c.pt", Contract::Kind::classifier).contract();
  EXPECT_EQ(contract.planes, Planes::clahe);
  EXPECT_EQ(contract.input.width, 128);
  EXPECT_EQ(contract.film_side, 80);
  EXPECT_NE(contract.temperature, 1.0F);
  EXPECT_EQ(contract.offsets.size(), 2U);
  EXPECT_EQ(contract.conformal, (std::vector{0.0F, 0.0F}));  // of so few films nothing is excluded
  EXPECT_TRUE(contract.calibrated_on.starts_with("4 films of s")) << contract.calibrated_on;
}

TEST_F(TrainTest, ADamagedCheckpointIsAnErrorThatNamesIt) {
  SegmenterOptions resumed = segmenter("s.pt");
  std::ofstream(folder_ / "s.pt.checkpoint") << "damaged";
  resumed.training.resume = true;
  const std::string error = error_of([&] { train_segmenter(resumed, {}); });
  EXPECT_NE(error.find("s.pt.checkpoint"), std::string::npos) << error;
}

TEST_F(TrainTest, OptionsOutOfRangeAreUsageErrors) {
  const auto refused = [&](auto change) {
    SegmenterOptions wrong = segmenter("s.pt");
    change(wrong.training);
    EXPECT_THROW(train_segmenter(wrong, {}), UsageError);
  };
  refused([](TrainingOptions& o) { o.epochs = 0; });
  refused([](TrainingOptions& o) { o.images_per_epoch = -1; });
  refused([](TrainingOptions& o) { o.batch_size = 1; });
  refused([](TrainingOptions& o) { o.side = 100; });
  refused([](TrainingOptions& o) { o.first_side = 96 + o.side; });
  refused([](TrainingOptions& o) { o.learning_rate = 0; });
  refused([](TrainingOptions& o) { o.weight_decay = -1; });
  refused([](TrainingOptions& o) { o.averaging = 1; });
  refused([](TrainingOptions& o) { o.initial_share = 0.5; });  // of which --init?
  refused([](TrainingOptions& o) { o.augmentation.noise = -0.1; });
  SegmenterOptions negatives = segmenter("s.pt");
  negatives.negatives = 1;
  EXPECT_THROW(train_segmenter(negatives, {}), UsageError);

  const auto classifier_refused = [&](auto change) {
    ClassifierOptions wrong = classifier("c.pt");
    change(wrong);
    EXPECT_THROW(train_classifier(wrong, {}), UsageError);
  };
  classifier_refused([](ClassifierOptions& o) { o.enhance_side = 16; });
  classifier_refused([](ClassifierOptions& o) { o.label_smoothing = 0.6; });
}

TEST_F(TrainTest, AMaskOfAnotherSizeOrWithoutWhiteIsNamedWithItsLine) {
  for (const cv::Mat& mask :
       {cv::Mat(50, 60, CV_8UC1, cv::Scalar(255)), cv::Mat(96, 96, CV_8UC1, cv::Scalar(1))}) {
    cv::imwrite((folder_ / "m3.png").string(), mask);
    const std::string error = error_of([&] { train_segmenter(segmenter("s.pt"), {}); });
    EXPECT_NE(error.find("m3.png"), std::string::npos) << error;
    EXPECT_NE(error.find("line 5"), std::string::npos) << error;
  }
}

TEST_F(TrainTest, FewerImagesThanABatchIsAnError) {
  SegmenterOptions large = segmenter("s.pt");
  large.training.batch_size = 7;
  const std::string error = error_of([&] { train_segmenter(large, {}); });
  EXPECT_NE(error.find("--batch-size"), std::string::npos) << error;
}

TEST(Augment, WithoutRangesNothingChanges) {
  Augmentation none;
  for_each_range(none, [](const char*, double& value, const char*) { value = 0; });
  cv::RNG rng(1);
  const cv::Mat map = random_affine(none, {0, 0, 80, 40}, {160, 20}, rng);
  const cv::Mat wanted = (cv::Mat_<double>(2, 3) << 2, 0, 0, 0, 0.5, 0);
  EXPECT_LT(cv::norm(map, wanted, cv::NORM_INF), 1e-9);
  const cv::Mat part = random_affine(none, {10, 20, 80, 40}, {160, 20}, rng);
  const cv::Mat moved = (cv::Mat_<double>(2, 3) << 2, 0, -20, 0, 0.5, -10);
  EXPECT_LT(cv::norm(part, moved, cv::NORM_INF), 1e-9);
  cv::Mat image(30, 30, CV_8UC1);
  cv::RNG(2).fill(image, cv::RNG::UNIFORM, 0, 256);
  EXPECT_EQ(cv::norm(random_tones(none, image, rng), image, cv::NORM_INF), 0);
}

/// What one range, all others being 0, makes of a picture, many times.
std::vector<cv::Mat> toned(const std::string& wanted, double size, const cv::Mat& image) {
  Augmentation one;
  bool is_known = false;
  for_each_range(one, [&](const std::string& name, double& value, const char*) {
    value = name == wanted ? size : 0;
    is_known = is_known || name == wanted;
  });
  EXPECT_TRUE(is_known) << wanted;
  std::vector<cv::Mat> pictures;
  cv::RNG rng(3);
  for (int i = 0; i < 40; ++i) pictures.push_back(random_tones(one, image, rng));
  return pictures;
}

double deviation(const cv::Mat& image) {
  cv::Scalar mean, deviation;
  cv::meanStdDev(image, mean, deviation);
  return deviation[0];
}

double roughness(const cv::Mat& image) {
  cv::Mat edges;
  cv::Laplacian(image, edges, CV_32F);
  return cv::norm(edges, cv::NORM_L1) / static_cast<double>(edges.total());
}

/// Each range does what it is named for, not just something, and at random; the ranges of the
/// shape and of the surroundings do nothing to the tones. A new range must be listed here.
TEST(Augment, EveryRangeOfTonesDoesWhatItsNameSays) {
  cv::Mat image(64, 64, CV_8UC1);
  cv::RNG(2).fill(image, cv::RNG::UNIFORM, 0, 256);
  cv::GaussianBlur(image, image, {}, 2);
  cv::normalize(image, image, 60, 190, cv::NORM_MINMAX);
  const double mean = cv::mean(image)[0], spread = deviation(image), rough = roughness(image);
  using Check = std::function<bool(const cv::Mat&)>;
  const std::map<std::string, std::pair<double, Check>> ranges = {
      {"gamma", {1, [&](const cv::Mat& m) { return std::abs(cv::mean(m)[0] - mean) > 10; }}},
      {"contrast",
       {0.5,
        [&](const cv::Mat& m) {
          return std::abs(deviation(m) / spread - 1) > 0.1 && std::abs(cv::mean(m)[0] - mean) < 8;
        }}},
      {"brightness",
       {0.2,
        [&](const cv::Mat& m) {
          return std::abs(cv::mean(m)[0] - mean) > 5 && std::abs(deviation(m) - spread) < 1;
        }}},
      {"invert",
       {1, [&](const cv::Mat& m) { return cv::norm(m, 255 - image, cv::NORM_INF) <= 1; }}},
      {"fade", {1, [&](const cv::Mat& m) { return deviation(m) < 0.55 * spread; }}},
      {"equalize", {1, [&](const cv::Mat& m) { return deviation(m) > 1.1 * spread; }}},
      {"blur", {3, [&](const cv::Mat& m) { return roughness(m) < 0.9 * rough; }}},
      {"sharpen", {1, [&](const cv::Mat& m) { return roughness(m) > 1.1 * rough; }}},
      {"resample", {2, [&](const cv::Mat& m) { return roughness(m) < 0.9 * rough; }}},
      {"noise", {0.1, [&](const cv::Mat& m) { return roughness(m) > 2 * rough; }}},
      {"jpeg",
       {1,
        [&](const cv::Mat& m) {
          const double change = cv::norm(m, image, cv::NORM_L1) / static_cast<double>(m.total());
          return change > 0.2 && change < 10;
        }}},
      {"corners", {1, [&](const cv::Mat& m) {
                     const cv::Rect middle(16, 0, 32,
                                           64);  // a corner is at most a quarter of the side
                     return cv::norm(m(middle), image(middle), cv::NORM_INF) == 0 &&
                            cv::norm(m, image, cv::NORM_INF) > 0;
                   }}}};
  const std::set<std::string> others = {"rotation", "scale",  "aspect",       "shear",
                                        "shift",    "mirror", "quarter-turn", "outside"};
  Augmentation all;
  for_each_range(all, [&](const std::string& name, double&, const char*) {
    if (others.contains(name)) {
      for (const cv::Mat& picture : toned(name, 1, image)) {
        EXPECT_EQ(cv::norm(picture, image, cv::NORM_INF), 0) << name;
      }
      return;
    }
    ASSERT_TRUE(ranges.contains(name)) << name << " is new: say what it does";
    const auto& [size, does_its_work] = ranges.at(name);
    const std::vector<cv::Mat> pictures = toned(name, size, image);
    for (const cv::Mat& picture : pictures) {
      EXPECT_EQ(picture.size(), image.size()) << name;
      EXPECT_EQ(picture.type(), CV_8UC1) << name;
    }
    // Of a random amount, some are too little to be seen.
    EXPECT_GE(std::ranges::count_if(pictures, does_its_work), 10)
        << name << " does not do its work";
    if (name == "invert") return;
    EXPECT_GT(cv::norm(pictures[0], pictures[1], cv::NORM_INF), 0) << name << " is not random";
  });
}

TEST(Augment, OutsideTheLungsAllChangesAndInsideNothingDoes) {
  cv::Mat image(120, 100, CV_8UC1);
  cv::RNG(2).fill(image, cv::RNG::UNIFORM, 40, 200);
  cv::Mat lungs(image.size(), CV_8UC1, cv::Scalar(0));
  cv::ellipse(lungs, {30, 60}, {15, 40}, 0, 0, 360, 255, cv::FILLED);
  cv::Mat inner;
  cv::erode(lungs, inner, cv::Mat::ones(3, 3, CV_8UC1));
  const cv::Rect far_away(65, 0, 35, 120);
  Augmentation outside;
  outside.outside = 1;
  cv::RNG rng(5);
  int changed = 0;
  for (int i = 0; i < 50; ++i) {
    const cv::Mat seen = random_outside(outside, image, lungs, rng);
    ASSERT_EQ(seen.type(), CV_8UC1);
    EXPECT_LE(cv::norm(seen, image, cv::NORM_L1, inner) / cv::countNonZero(inner), 2);
    if (cv::norm(seen(far_away), image(far_away), cv::NORM_L1) / far_away.area() > 5) ++changed;
  }
  EXPECT_GE(changed, 40);
  const cv::Mat none(image.size(), CV_8UC1, cv::Scalar(0));
  EXPECT_EQ(cv::norm(random_outside(outside, image, none, rng), image, cv::NORM_INF), 0);
  outside.outside = 0;
  EXPECT_EQ(cv::norm(random_outside(outside, image, lungs, rng), image, cv::NORM_INF), 0);
}

/// Gas is dark and below the diaphragm; the lungs above it stay as they are, to the pixel.
TEST(Augment, GasIsDarkAndBelowTheLungs) {
  cv::Mat image(120, 100, CV_8UC1, cv::Scalar(180));
  cv::Mat lungs(image.size(), CV_8UC1, cv::Scalar(0));
  cv::ellipse(lungs, {25, 45}, {16, 40}, 0, 0, 360, 255, cv::FILLED);
  cv::ellipse(lungs, {75, 45}, {16, 40}, 0, 0, 360, 255, cv::FILLED);
  image.setTo(60, lungs);
  const cv::Rect above(0, 0, 100, 25), patients_left(50, 60, 50, 60);
  cv::RNG rng(5);
  int changed = 0, left = 0;
  for (int i = 0; i < 100; ++i) {
    const cv::Mat seen = random_gas(1, image, lungs, rng);
    ASSERT_EQ(seen.type(), CV_8UC1);
    EXPECT_EQ(cv::norm(seen, image, cv::NORM_INF, lungs), 0);
    EXPECT_EQ(cv::norm(seen(above), image(above), cv::NORM_INF), 0);
    const cv::Mat darker = image - seen;  // saturated: 0 where the picture is brighter
    EXPECT_EQ(cv::norm(darker, cv::NORM_L1), cv::norm(seen, image, cv::NORM_L1));
    changed += cv::norm(darker, cv::NORM_INF) > 40;
    left += cv::norm(darker(patients_left), cv::NORM_INF) > 40;
  }
  EXPECT_GE(changed, 70);
  EXPECT_GT(left, changed / 2);
  const cv::Mat none(image.size(), CV_8UC1, cv::Scalar(0));
  EXPECT_EQ(cv::norm(random_gas(1, image, none, rng), image, cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(random_gas(0, image, lungs, rng), image, cv::NORM_INF), 0);
}

TEST(Augment, KeepsTheMiddleOfThePictureInThePicture) {
  cv::RNG rng(4);
  for (int i = 0; i < 200; ++i) {
    const cv::Mat map = random_affine(Augmentation{}, {0, 0, 100, 100}, {64, 64}, rng);
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
